// Every case file of tests/plan/cases: manifest, state and catalogs make the plan that it says.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/plan_case.hpp"
#include "tests/support/plan_text.hpp"

namespace ingot::case_test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> case_files() {
  std::vector<fs::path> files;
  for (const auto& one : fs::directory_iterator(INGOT_SOURCE_DIR "/tests/plan/cases")) {
    if (one.path().extension() == ".case") files.push_back(one.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Cases : public testing::TestWithParam<fs::path> {};

TEST_P(Cases, makes_the_plan_that_the_case_says) {
  const auto one = testing_support::read_case(read(GetParam()));
  const std::string text =
      testing_support::plan_text(plan::make_plan(one.manifest, one.snapshot, one.observed, one.options), one.snapshot);
  const char* accept = std::getenv("INGOT_ACCEPT");
  if (accept && std::string_view(accept) == "1" && text != one.expected) {
    std::ofstream(GetParam(), std::ios::binary) << one.before_plan << text;
    GTEST_SKIP() << "accepted a new plan in " << GetParam();
  }
  EXPECT_EQ(text, one.expected) << GetParam() << ": " << one.what;
}

INSTANTIATE_TEST_SUITE_P(plan, Cases, testing::ValuesIn(case_files()), [](const auto& one) { return one.param.stem().string(); });

}  // namespace
}  // namespace ingot::case_test
