// Where root may export: below listed folders, and where nobody else can write.
#include "reconciler/exports/host_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::host_rules_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

/// A broken rule.
auto says(const std::string& text) {
  return testing::Optional(testing::AllOf(testing::Field(&exports::Objection::why, HasSubstr(text)),
                                          testing::Field(&exports::Objection::unwalkable, false)));
}

TEST(HostRules, a_path_lies_below_a_listed_folder_or_is_refused) {
  const TestFolder folder;
  fs::create_directories(folder / "gold/db");
  fs::create_directories(folder / "golden");
  const std::vector<std::string> listed{folder / "gold"};
  EXPECT_FALSE(exports::why_not_below(folder / "gold", listed, "export_to"));
  EXPECT_FALSE(exports::why_not_below(folder / "gold/db/new", listed, "export_to"));
  EXPECT_THAT(exports::why_not_below(folder / "golden", listed, "export_to"), says("[guard] export_to"));
  EXPECT_TRUE(exports::why_not_below(folder / "gold/../golden", listed, "export_to"));
  EXPECT_TRUE(exports::why_not_below(folder / "gold", {}, "export_to"));
}

TEST(HostRules, a_link_leads_out_of_no_listed_folder) {
  const TestFolder folder;
  fs::create_directories(folder / "gold");
  fs::create_directories(folder / "elsewhere");
  fs::create_directory_symlink(folder / "elsewhere", folder / "gold/out");
  EXPECT_TRUE(exports::why_not_below(folder / "gold/out", {folder / "gold"}, "export_to"));
  EXPECT_TRUE(exports::why_not_below(folder / "gold/out/new", {folder / "gold"}, "export_to"));
}

TEST(HostRules, others_can_write_where_a_folder_above_is_theirs_or_open) {
  const TestFolder folder;
  fs::create_directories(folder / "open/gold");
  ASSERT_EQ(chmod((folder / "open").c_str(), 0777), 0);
  EXPECT_THAT(exports::why_others_can_write(folder / "open/gold", true), says("/open"));
  ASSERT_EQ(chmod((folder / "open").c_str(), 01777), 0);
  EXPECT_FALSE(exports::why_others_can_write(folder / "open/gold/new", true));
  EXPECT_THAT(exports::why_others_can_write(folder / "open/gold", false), says("mode"));
  if (geteuid() != 0) GTEST_SKIP() << "only root may give a folder away";
  ASSERT_EQ(chmod((folder / "open").c_str(), 0755), 0);
  ASSERT_EQ(chown((folder / "open").c_str(), 54321, 54321), 0);
  EXPECT_THAT(exports::why_others_can_write(folder / "open/gold", true), says("belongs to 54321"));
}

TEST(HostRules, a_link_that_leads_to_nothing_yet_leads_out_all_the_same) {
  const TestFolder folder;
  fs::create_directories(folder / "gold");
  fs::create_symlink(folder / "elsewhere/new", folder / "gold/out");
  fs::create_symlink("../relative", folder / "gold/up");
  EXPECT_TRUE(exports::why_not_below(folder / "gold/out", {folder / "gold"}, "export_to"));
  EXPECT_TRUE(exports::why_not_below(folder / "gold/up/new", {folder / "gold"}, "export_to"));
  EXPECT_FALSE(exports::why_not_below(folder / "gold/out", {folder / "elsewhere"}, "export_to"));
}

TEST(HostRules, a_path_that_cannot_be_walked_is_refused) {
  const TestFolder folder;
  write_text(folder / "file", "");
  fs::create_symlink("loop", folder / "loop");
  const auto cannot_be_told = testing::Optional(testing::Field(&exports::Objection::unwalkable, true));
  for (const std::string& path : {folder / "file/new", folder / "loop", folder / "loop/new"}) {
    EXPECT_THAT(exports::why_not_below(path, {"/"}, "export_to"), cannot_be_told) << path;
    EXPECT_THAT(exports::why_not_below(folder.path(), {path}, "export_to"), cannot_be_told) << "it may lie there: " << path;
    EXPECT_FALSE(exports::why_not_below(folder.path(), {path, "/"}, "export_to")) << "it lies in another one";
    EXPECT_THAT(exports::why_others_can_write(path, true), cannot_be_told) << path;
  }
}

TEST(HostRules, a_path_that_cannot_be_walked_lies_neither_inside_nor_outside) {
  const TestFolder folder;
  fs::create_directories(folder / "gold/db");
  write_text(folder / "file", "");
  fs::create_symlink("loop", folder / "loop");
  EXPECT_TRUE(exports::lies_in(folder / "gold/db", folder / "gold").inside);
  EXPECT_FALSE(exports::lies_in(folder / "gold", folder / "gold/db").inside);
  EXPECT_EQ(exports::lies_in(folder / "gold", folder / "gold/db").why, "");
  for (const std::string& path : {folder / "file/new", folder / "loop"}) {
    EXPECT_THAT(exports::real_path(path).why, HasSubstr("cannot be")) << path;
    EXPECT_THAT(exports::lies_in(path, folder / "gold").why, HasSubstr("cannot be")) << path;
    EXPECT_THAT(exports::lies_in(folder / "gold", path).why, HasSubstr("cannot be")) << path;
  }
  EXPECT_EQ(exports::real_path(folder / "gold/new").why, "") << "what is not there yet can be made";
}

TEST(HostRules, others_can_write_where_a_link_on_the_way_leads_through_their_folder) {
  const TestFolder folder;
  fs::create_directories(folder / "real/gold");
  fs::create_directories(folder / "open");
  fs::create_symlink(folder / "real", folder / "open/second");
  fs::create_symlink(folder / "open/second", folder / "first");
  EXPECT_FALSE(exports::why_others_can_write(folder / "first/gold", true));
  ASSERT_EQ(chmod((folder / "open").c_str(), 0777), 0);
  EXPECT_THAT(exports::why_others_can_write(folder / "first/gold", true), says("/open\""))
      << "neither the path nor the real path names that folder";
  ASSERT_EQ(chmod((folder / "open").c_str(), 01777), 0);
  EXPECT_FALSE(exports::why_others_can_write(folder / "first/gold", true)) << "the link in it is this user's";
  if (geteuid() != 0) GTEST_SKIP() << "only root may give a link away";
  ASSERT_EQ(lchown((folder / "open/second").c_str(), 54321, 54321), 0);
  EXPECT_THAT(exports::why_others_can_write(folder / "first/gold", true), says("second\" belongs to 54321"));
}

TEST(HostRules, an_absolute_path_is_plain) {
  EXPECT_EQ(exports::absolute_path("/a/./b/../c/"), "/a/c");
  EXPECT_EQ(exports::absolute_path("x"), fs::current_path().string() + "/x");
}

}  // namespace
}  // namespace ingot::host_rules_test
