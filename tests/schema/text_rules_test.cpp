#include "schema/text/text_rules.hpp"

#include <gtest/gtest.h>

namespace ingot::text_rules_test {
namespace {

TEST(text_rules, read_percentages) {
  EXPECT_EQ(parse_percent("5 %"), 5.0);
  EXPECT_EQ(parse_percent("2.5%"), 2.5);
  EXPECT_EQ(parse_percent("100 %"), 100.0);
  EXPECT_EQ(parse_percent("0 %"), 0.0);
  for (const char* bad :
       {"", "%", " %", "5", "5  %", "-1 %", "101 %", "100.1 %", "1e1 %", ".5 %", "5. %", "nan %", "inf %", "0x5 %", "5 % "})
    EXPECT_EQ(parse_percent(bad), std::nullopt) << bad;
}

TEST(text_rules, join_paths_to_the_folder_of_their_file) {
  EXPECT_EQ(joined_path("", "store/"), "store");
  EXPECT_EQ(joined_path("sites/", "./store"), "sites/store");
  EXPECT_EQ(joined_path("sites/", "../store"), "sites/../store") << "a folder may be a link";
  EXPECT_EQ(joined_path("sites/", "/var/store//"), "/var/store");
  EXPECT_EQ(joined_path("sites/", "/"), "/");
  EXPECT_EQ(joined_path("sites/", "."), "sites/.");
  EXPECT_EQ(folder_of("a/b/c.toml"), "a/b/");
  EXPECT_EQ(folder_of("c.toml"), "");
}

TEST(text_rules, compare_paths_by_reading) {
  EXPECT_EQ(plain_path("./a//b/../c/"), "a/c");
  EXPECT_EQ(plain_path("../a"), "../a");
  EXPECT_EQ(plain_path("../../a/../.."), "../../..");
  EXPECT_EQ(plain_path("/../a"), "/a");
  EXPECT_EQ(plain_path(""), "");
}

TEST(text_rules, know_templates) {
  for (const char* good : {"{name}", "{peer}-{name}", "x.{name}.y", "{name}{name}"})
    EXPECT_EQ(why_not_a_template(good), std::nullopt) << good;
  for (const char* bad : {"", "x", "{peer}", "{name}/", "{ name }", "{name}-{x}", ".{name}", "-{name}", "{{name}}", "{name} "})
    EXPECT_TRUE(why_not_a_template(bad)) << bad;
}

TEST(text_rules, know_variables_without_showing_them) {
  EXPECT_EQ(why_not_a_variable("FPPS2_TOKEN"), std::nullopt);
  for (const char* bad : {"", "2X", "A-B", "$A", "A=B"})
    EXPECT_EQ(why_not_a_variable(bad), "is not the name of an environment variable") << bad;
}

TEST(text_rules, bound_globs_paths_and_labels) {
  EXPECT_EQ(why_not_a_glob(std::string(longest_glob, '*')), std::nullopt);
  EXPECT_TRUE(why_not_a_glob(std::string(longest_glob + 1, '*')));
  EXPECT_EQ(why_not_a_path(std::string(longest_path, 'x')), std::nullopt);
  EXPECT_TRUE(why_not_a_path(std::string(longest_path + 1, 'x')));
  EXPECT_EQ(why_not_a_label_name(std::string(longest_label_name, 'x')), std::nullopt);
  EXPECT_TRUE(why_not_a_label_name(std::string(longest_label_name + 1, 'x')));
}

}  // namespace
}  // namespace ingot::text_rules_test
