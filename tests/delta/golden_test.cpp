// The golden deltas of schema/delta.md: every reader reads them for ever.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <zstd.h>

#include "tests/delta/images.hpp"

namespace ingot::delta_golden_test {
namespace {

using namespace delta_testing;

struct Vector {
  std::string name;
  std::string base;
  std::string result;
};

std::vector<Vector> vectors() {
  std::string steps(256, '\0');
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = static_cast<char>(i * 7 % 251);
  std::string changed = steps;
  changed[100] = static_cast<char>(changed[100] + 1);
  changed.insert(200, "new bytes in between");
  return {{"empty", "", ""}, {"new", "", "golden\n"}, {"same", steps, steps}, {"changed", steps, changed}};
}

std::string hex_of(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
    text += i % 32 == 31 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return text;
}

std::string bytes_of(const std::string& hex) {
  std::istringstream words(hex);
  std::string bytes;
  for (std::string word; words >> word;) bytes += static_cast<char>(std::stoi(word, nullptr, 16));
  return bytes;
}

std::string path_of(const std::string& name) { return std::string(INGOT_SOURCE_DIR) + "/tests/delta/golden/" + name + ".hex"; }

TEST(GoldenDeltas, are_read_as_what_they_were_made_of) {
  for (const Vector& vector : vectors()) {
    if (std::getenv("INGOT_ACCEPT") != nullptr) {
      std::ofstream(path_of(vector.name)) << hex_of(make(vector.base, vector.result));
    }
    std::ostringstream text;
    text << std::ifstream(path_of(vector.name)).rdbuf();
    EXPECT_EQ(apply_delta(vector.base, bytes_of(text.str())), vector.result) << vector.name;
    const bool same_packer = std::string(ZSTD_versionString()) == "1.5.4";
    EXPECT_TRUE(!same_packer || hex_of(make(vector.base, vector.result)) == text.str()) << vector.name;
  }
}

}  // namespace
}  // namespace ingot::delta_golden_test
