// Owners as this host knows them, and what they cost a file.
#include "reconciler/exports/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/error.hpp"
#include "tests/exports/exporting.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"

namespace ingot::access_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

TEST(OwnerIds, are_found_by_name_and_by_number) {
  const auto root = exports::OwnerIds{.user = 0, .group = 0};
  EXPECT_EQ(std::get<exports::OwnerIds>(exports::owner_ids("root")), root);
  EXPECT_EQ(std::get<exports::OwnerIds>(exports::owner_ids("root:root")), root);
  EXPECT_EQ(std::get<exports::OwnerIds>(exports::owner_ids("54321:54322")), (exports::OwnerIds{.user = 54321, .group = 54322}));
}

TEST(OwnerIds, are_none_of_a_user_or_group_that_this_host_lacks) {
  EXPECT_THAT(std::get<std::string>(exports::owner_ids("no-such-user")), HasSubstr("no user \"no-such-user\""));
  EXPECT_THAT(std::get<std::string>(exports::owner_ids("root:no-such-group")), HasSubstr("no group \"no-such-group\""));
  EXPECT_THAT(std::get<std::string>(exports::owner_ids("4294967295")), HasSubstr("no user"));
}

class GivenOwner : public testing::Test, protected Exporting {};

TEST_F(GivenOwner, is_that_of_every_member_and_takes_set_id_bits_away) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  const std::string bytes = tree("one");
  fs::permissions(outer / "source/bin/run", fs::perms::set_uid | fs::perms::owner_all);
  exports::Order what = order("a");
  what.access.owner = exports::OwnerIds{.user = 54321, .group = 54322};
  const exports::Facts remembered = put(what, canonical_bytes(outer / "source"));
  struct stat status {};
  for (const std::string member : {"", "/bin", "/bin/run", "/log/alert", "/start"}) {
    ASSERT_EQ(lstat((to + "/a" + member).c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 54321U) << member;
    EXPECT_EQ(status.st_gid, 54322U) << member;
    EXPECT_EQ(status.st_mode & S_ISUID, 0U) << member;
  }
  EXPECT_EQ(remembered, facts("a"));
}

TEST_F(GivenOwner, is_not_given_to_what_may_change_when_an_export_gets_another) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  exports::Order what = order("a");
  what.changes = {"log/**"};
  what.access.owner = exports::OwnerIds{.user = 54321, .group = 54322};
  put(what, tree("one"));
  // Whoever may write there can give a foreign file a name in it.
  make_file(outer / "foreign", "root's");
  fs::create_hard_link(outer / "foreign", to + "/a/log/mine");
  what.access.owner = exports::OwnerIds{.user = 54323, .group = 54323};
  exports::change_access(what, [](const exports::Facts&) {});
  struct stat status {};
  ASSERT_EQ(stat((outer / "foreign").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U);
  ASSERT_EQ(stat((to + "/a/bin/run").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 54323U);
  ASSERT_EQ(stat((to + "/a/log").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 54323U);
}

TEST_F(GivenOwner, does_not_go_into_what_is_mounted) {
  put_tree("a");
  make_file(outer / "theirs", "theirs");
  const std::string said = in_child([&]() -> std::string {
    if (!have_own_mounts() || !mount_memory(to + "/a/log")) return "skip";
    make_file(to + "/a/log/theirs", "theirs");
    std::string text = "no error";
    try {
      exports::give_access(to + "/a", {.owner = exports::OwnerIds{.user = 54321, .group = 54322}});
    } catch (const Error& error) { text = error.text(); }
    struct stat status {};
    for (const char* const name : {"/a/log/theirs", "/a/log", "/a/bin/run"}) {
      if (stat((to + name).c_str(), &status) != 0 || status.st_uid != 0) text += std::string(", and gave away ") + name;
    }
    return text;
  });
  if (said == "skip") GTEST_SKIP() << "this user may not mount";
  EXPECT_THAT(said, testing::MatchesRegex(".* has something mounted on \"./log/?\""));
}

TEST_F(GivenOwner, can_change_a_mode_that_forbids_to_open_it) {
  put_tree("a");
  ASSERT_EQ(chmod((to + "/a").c_str(), 0311), 0);
  ASSERT_EQ(chmod(outer.path().c_str(), 0777), 0);
  const std::string said = in_child([&]() -> std::string {
    if (chown((to + "/a").c_str(), 65534, 65534) != 0 || !become_nobody()) return "skip";
    exports::give_access(to + "/a", {.mode = 0750});
    struct stat status {};
    if (stat((to + "/a").c_str(), &status) != 0 || (status.st_mode & 07777U) != 0750U) return "another mode";
    exports::give_access(to + "/a", {.mode = 0311});
    return "it gave a mode that nobody but root can look behind";
  });
  if (said == "skip") GTEST_SKIP() << "only root may give files away";
  EXPECT_THAT(said, HasSubstr("with mode 0311 its owner cannot read"));
}

TEST(OwnerIds, are_those_of_a_group_with_thousands_of_members) {
  const TestFolder folder;
  std::string groups = "root:x:0:\nhuge:x:54399:";
  for (int i = 0; i < 40'000; ++i) groups += (i == 0 ? "user" : ",user") + std::to_string(i);
  write_text(folder / "group", groups + "\n");
  const std::string said = in_child([&]() -> std::string {
    if (!have_own_mounts() || !mount_on(folder / "group", "/etc/group")) return "skip";
    const auto found = exports::owner_ids("root:huge");
    if (const auto* why = std::get_if<std::string>(&found)) return *why;
    return std::to_string(std::get<exports::OwnerIds>(found).group);
  });
  if (said == "skip") GTEST_SKIP() << "this user may not mount";
  EXPECT_EQ(said, "54399");
}

}  // namespace
}  // namespace ingot::access_test
