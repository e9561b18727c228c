// Every manifest of manifests/bad against the problems beside it. INGOT_ACCEPT=1 writes them anew.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/schema/map_files.hpp"

namespace ingot::manifest_bad_test {
namespace {

const std::filesystem::path folder = std::filesystem::path(INGOT_SOURCE_DIR) / "tests/schema/manifests/bad";

std::vector<std::string> bad_manifests() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BadManifest : public testing::TestWithParam<std::string> {};

/// The first line of a .problems file says what the JSON Schema makes of the manifest; check_manifest_schema.py holds it to that.
TEST_P(BadManifest, has_exactly_the_problems_beside_it) {
  const std::filesystem::path beside = folder / (GetParam() + ".problems");
  const std::string written = test::text_of_file(beside);
  const std::string schema_line = written.starts_with("# ") ? written.substr(0, written.find('\n') + 1) : "# schema refuses it\n";
  const auto parsed = parse_manifest(GetParam() + ".toml", test::map_files(test::files_below(folder)));
  ASSERT_TRUE(std::holds_alternative<Problems>(parsed)) << "it is taken for a good one";
  const std::string found = schema_line + test::lines_of(std::get<Problems>(parsed));
  if (std::getenv("INGOT_ACCEPT") != nullptr) {
    std::ofstream(beside, std::ios::binary) << found;
    GTEST_SKIP() << "written anew";
  }
  EXPECT_EQ(found, written);
}

TEST_P(BadManifest, never_shows_a_secret) {
  EXPECT_EQ(test::text_of_file(folder / (GetParam() + ".problems")).find("do-not-show-me"), std::string::npos);
}

TEST_P(BadManifest, has_places_in_its_files_and_advice_for_every_problem) {
  const auto files = test::files_below(folder);
  const auto parsed = parse_manifest(GetParam() + ".toml", test::map_files(files));
  for (const Problem& problem : std::get<Problems>(parsed)) {
    ASSERT_TRUE(files.contains(problem.file)) << problem.file;
    const std::string& text = files.at(problem.file);
    EXPECT_GE(problem.line, 1);
    EXPECT_LE(problem.line, std::count(text.begin(), text.end(), '\n') + 1) << problem.line_text();
    EXPECT_GE(problem.column, 1);
    EXPECT_FALSE(problem.code.empty());
    EXPECT_FALSE(problem.text.empty());
    EXPECT_FALSE(problem.mend.empty()) << problem.line_text();
  }
}

std::string as_test_name(const testing::TestParamInfo<std::string>& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(manifests, BadManifest, testing::ValuesIn(bad_manifests()), as_test_name);

TEST(bad_manifests, reach_every_code_of_problem) {
  std::set<std::string> codes;
  for (const std::string& name : bad_manifests()) {
    const auto parsed = parse_manifest(name + ".toml", test::map_files(test::files_below(folder)));
    for (const Problem& problem : std::get<Problems>(parsed)) codes.insert(problem.code);
  }
  // The bounds (too-large, too-deep, too-many, more) are in manifest_hostile_test.
  const std::set<std::string> expected{"bad-card",      "bad-name",      "bad-value",      "builtin-type",   "cycle",
                                       "duplicate",     "duplicate-key", "exclusive-keys", "missing-key",    "name-in-use",
                                       "own-place",     "root-only",     "same-root",      "selector",       "syntax",
                                       "unknown-image", "unknown-key",   "unknown-peer",   "unknown-series", "unknown-type",
                                       "unreadable",    "wrong-type"};
  EXPECT_EQ(codes, expected);
}

}  // namespace
}  // namespace ingot::manifest_bad_test
