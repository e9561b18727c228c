// Owners as this host knows them, and what they cost a file.
#include "reconciler/exports/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/exports/exporting.hpp"

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

}  // namespace
}  // namespace ingot::access_test
