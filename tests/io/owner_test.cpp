#include "reconciler/io/disk/owner.hpp"

#include <cerrno>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/hash.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::owner_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t somebody = 65'534;

struct owner : testing::Test {
  testing_support::TestFolder folder;
  std::string file = folder / "file";
  void SetUp() override {
    io::PosixFiles files;
    files.open(file, io::OpenFor::create_new)->close();
  }
};

TEST_F(owner, is_of_the_file_or_of_the_nearest_folder_that_is_there) {
  EXPECT_EQ(io::owner_of(file)->user, ::geteuid());
  const auto above = io::owner_of(folder / "gone/deeper/file");
  ASSERT_TRUE(above);
  EXPECT_EQ(above->path, folder.path());
  EXPECT_EQ(io::user_name(0), "root");
  EXPECT_EQ(io::user_name(123'456'789), "123456789");
  EXPECT_EQ(io::foreign_owner_text(file), "");
}

TEST_F(owner, an_error_of_access_says_whose_the_file_is) {
  EXPECT_THAT(io::file_error("open", file, EACCES).mend(),
              HasSubstr(::geteuid() == 0 ? "root has no access without a capability" : "give this user access"));
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
  ASSERT_EQ(::chown(file.c_str(), somebody, somebody), 0);
  EXPECT_THAT(io::file_error("open", file, EACCES).mend(), AllOf(HasSubstr("belongs to " + io::user_name(somebody)),
                                                                 HasSubstr("this runs as root"), HasSubstr("chown root ")));
}

TEST_F(owner, nobody_is_told_to_give_away_the_folder_above) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  ASSERT_EQ(::chown(folder.path().c_str(), somebody, somebody), 0);
  const std::string said = io::foreign_owner_text(folder / "gone/file");
  ASSERT_EQ(::chown(folder.path().c_str(), 0, 0), 0);
  EXPECT_THAT(said, AllOf(HasSubstr("\"" + folder.path() + "\" belongs to"), HasSubstr("run it as " + io::user_name(somebody)),
                          Not(HasSubstr("chown"))));
}

TEST_F(owner, nobody_is_told_to_give_away_a_folder_of_the_host) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const std::string said = testing_support::in_child(
      []() -> std::string { return testing_support::become_nobody() ? io::foreign_owner_text("/nowhere/home/file") : "skip"; });
  EXPECT_THAT(said, AllOf(HasSubstr("\"/\" belongs to root"), HasSubstr("name another folder"), Not(HasSubstr("chown"))));
}

TEST_F(owner, a_floor_that_cannot_be_read_is_not_called_damaged) {
  io::PosixFiles files;
  const ServerId peer{io::sha256("peer")};
  io::PeerMemory(files, folder.path())
      .raise_floor({.id = peer, .epoch = 1, .serial = 7, .head = io::sha256("7"), .root_version = 1, .issued = Time(Seconds(9))},
                   "head");
  testing_support::FaultFiles unreadable;  // what a run of root left, seen by another user
  unreadable.only = "read ";
  unreadable.fail_at = 1;
  unreadable.error = EACCES;
  unreadable.for_ever = true;
  io::PeerMemory memory(unreadable, folder.path());
  EXPECT_EQ(memory.floor(peer)->serial, 6U) << "its number still counts";
  EXPECT_THAT(memory.trouble().value_or(""),
              AllOf(HasSubstr("cannot be read"), HasSubstr("Permission denied"), HasSubstr("access"), Not(HasSubstr("damaged"))));
}

}  // namespace
}  // namespace ingot::owner_test
