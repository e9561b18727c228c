// Counts of what a test really tried, for tests/figures: a file a test, replaced by its next run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace ingot::testing_support {

/// `what` as it stands in the table, such as "power cuts in a model of the disk". Needs INGOT_FIGURES, a folder.
inline void figure(const std::string& test, std::uint64_t count, const std::string& what) {
  std::filesystem::create_directories(INGOT_FIGURES);
  std::ofstream(std::string(INGOT_FIGURES) + "/" + test + ".txt") << count << " " << what << "\n";
}

}  // namespace ingot::testing_support
