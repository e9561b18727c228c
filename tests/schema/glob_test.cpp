#include "schema/text/glob.hpp"

#include <string>

#include <fnmatch.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ingot::glob_test {
namespace {

TEST(glob, matches_names) {
  EXPECT_TRUE(glob_matches("*-debug", "db19-debug"));
  EXPECT_TRUE(glob_matches("19.*", "19.24.0"));
  EXPECT_TRUE(glob_matches("db[0-9]?", "db19"));
  EXPECT_FALSE(glob_matches("db[!0-9]*", "db19"));
  EXPECT_FALSE(glob_matches("db", "db19"));
  EXPECT_TRUE(glob_matches("", ""));
}

TEST(glob, matches_paths) {
  EXPECT_TRUE(path_glob_matches("*.pid", "a/b/c.pid"));
  EXPECT_TRUE(path_glob_matches("log/**", "log/a/b"));
  EXPECT_FALSE(path_glob_matches("log/**", "log"));
  EXPECT_FALSE(path_glob_matches("log/*", "log/a/b"));
  EXPECT_TRUE(path_glob_matches("**/tmp", "tmp"));
  EXPECT_TRUE(path_glob_matches("**/tmp", "a/b/tmp"));
  EXPECT_FALSE(path_glob_matches("**/tmp", "a/btmp"));
  EXPECT_TRUE(path_glob_matches("a/**/z", "a/z"));
  EXPECT_TRUE(path_glob_matches("a/**/z", "a/b/c/z"));
  EXPECT_FALSE(path_glob_matches("a/**/z", "b/a/z"));
}

TEST(glob, a_pattern_that_only_looks_like_one_has_a_fault) {
  for (const char* whole : {"", "*", "db[0-9]?", "[!a-z]*", "[]]", "[]a]", "[!]a]", "[*]", "[[]", "[\\]", "a-b", "]", "[a-]"}) {
    EXPECT_EQ(glob_fault(whole), std::nullopt) << whole;
  }
  for (const char* faulty : {"[", "a[", "[]", "[!]", "[a", "[a-z]*[", "[z-a]", "a\\", "\\*", "[a]\\d"}) {
    EXPECT_NE(glob_fault(faulty), std::nullopt) << faulty;
  }
}

TEST(glob, takes_no_time_for_hostile_patterns) {
  std::string pattern, text(20'000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", text));
}

RC_GTEST_PROP(glob, agrees_with_fnmatch_on_names, ()) {
  const auto pattern = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '*', '?'));
  const auto text = *rc::gen::container<std::string>(rc::gen::element('a', 'b'));
  RC_ASSERT(glob_matches(pattern, text) == (fnmatch(pattern.c_str(), text.c_str(), 0) == 0));
}

}  // namespace
}  // namespace ingot::glob_test
