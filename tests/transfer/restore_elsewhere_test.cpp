// Making trees where the kernel, the file system or the user can do less than usual, and in folders that cannot be replaced.
#include <cerrno>
#include <filesystem>
#include <functional>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/transfer/restore.hpp"
#include "schema/error.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"
#include "tests/transfer/trees.hpp"

namespace ingot::restore_elsewhere_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

constexpr const char* no_mounts = "this user may not mount";
constexpr int flags_of_renameat2 = 4;

class Elsewhere : public testing::Test {
 protected:
  TestFolder box;
  const std::string source = box / "source";
  const std::string destination = box / "out";
  std::string bytes;

  void SetUp() override {
    ASSERT_EQ(chmod(box.path().c_str(), 0777), 0);
    fs::create_directories(source + "/closed/in");
    make_file(source + "/closed/in/a", "a");
    make_file(source + "/b", "bytes");
    fs::create_hard_link(source + "/closed/in/a", source + "/d");
    fs::create_symlink("b", source + "/link");
    set_mtime(source, 1'700'000'000);
    bytes = canonical_bytes(source);
  }

  static std::string text_of_failure(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) { return fmt::format("fault {}: {}", static_cast<int>(error.fault()), error.text()); }
    return "";
  }
  static std::string fault(Fault fault) { return fmt::format("fault {}: ", static_cast<int>(fault)); }
};

TEST_F(Elsewhere, without_a_rename_that_refuses_to_replace_trees_and_files_come_all_the_same) {
  for (const bool links : {true, false}) {
    const std::string tree = destination + (links ? "-links" : "-none");
    EXPECT_EQ(in_child([&] {
                refuse_call(SYS_renameat2, EINVAL, flags_of_renameat2);
                transfer::FileRestorer restorer(tree + "-file");
                restorer.write("content");
                transfer::TreeRestorer whole(tree);
                whole.write(bytes);
                if (!links) refuse_call(SYS_linkat, EPERM);
                restorer.commit();
                whole.commit();
                return std::string("made");
              }),
              "made");
    EXPECT_TRUE(canonical_bytes(tree) == bytes);
    EXPECT_EQ(read_text(tree + "-file"), "content");
  }
}

TEST_F(Elsewhere, without_a_rename_that_refuses_to_replace_nothing_that_came_meanwhile_is_replaced) {
  for (const bool links : {true, false}) {
    const std::string text = in_child([&] {
      refuse_call(SYS_renameat2, EINVAL, flags_of_renameat2);
      if (!links) refuse_call(SYS_linkat, EPERM);
      transfer::FileRestorer restorer(destination);
      restorer.write("content");
      make_file(destination, "came meanwhile");
      return text_of_failure([&] { restorer.commit(); });
    });
    EXPECT_THAT(text, testing::AllOf(HasSubstr(fault(Fault::local)), HasSubstr("File exists")));
    EXPECT_EQ(read_text(destination), "came meanwhile");
    io::PosixFiles files;
    make_file(box / "new", "new");
    EXPECT_EQ(in_child([&] {
                refuse_call(SYS_renameat2, EINVAL, flags_of_renameat2);
                if (!links) refuse_call(SYS_linkat, EPERM);
                return fmt::format("{} {}", files.rename_new(box / "new", destination),
                                   files.rename_new(box / "new", box / "free"));
              }),
              "false true")
        << "the store renames by the same rule";
    fs::remove(box / "free");
    fs::remove(destination);
  }
}

/// sshfs, mergerfs and encfs say the same of this rename.
TEST_F(Elsewhere, a_real_fuse_file_system_takes_trees_and_files) {
  const std::string text = in_child([&] {
    if (!have_own_mounts()) return std::string(no_mounts);
    fs::create_directories(box / "below");
    fs::create_directories(box / "fuse");
    // Nothing is cached: a file that was just linked would show its old ctime for a second, as if it changed while it is read.
    const Ran mounted = run({.arguments = {"bindfs", "-o", "attr_timeout=0,entry_timeout=0", box / "below", box / "fuse"},
                             .folder = {},
                             .environment = {}});
    if (mounted.exit != 0) return "bindfs does not start here: " + mounted.err;
    restore_tree(bytes, box / "fuse/tree");
    transfer::FileRestorer restorer(box / "fuse/file");
    restorer.write("content");
    restorer.commit();
    const bool same = canonical_bytes(box / "fuse/tree") == bytes && read_text(box / "fuse/file") == "content";
    umount2((box / "fuse").c_str(), MNT_DETACH);  // or its server lives on
    return std::string(same ? "whole" : "other bytes");
  });
  if (text == no_mounts || text.starts_with("bindfs does not start")) GTEST_SKIP() << text;
  EXPECT_EQ(text, "whole");
}

TEST_F(Elsewhere, a_mount_point_is_filled_in_place) {
  const std::string text = in_child([&] {
    if (!have_own_mounts()) return std::string(no_mounts);
    fs::create_directories(destination);
    if (!mount_memory(destination)) return std::string(no_mounts);
    fs::create_directory(destination + "/lost+found");
    fs::create_directory(destination + "/.ingot-partial-0123abcd");  // of an extract that was killed
    struct stat before {};
    struct stat after {};
    stat(destination.c_str(), &before);
    const std::string refused = text_of_failure([&] {
      transfer::TreeRestorer restorer(destination);
      restorer.write(bytes.substr(0, bytes.size() / 2));
    });
    const auto left = std::distance(fs::directory_iterator(destination), fs::directory_iterator());
    restore_tree(bytes, destination);
    stat(destination.c_str(), &after);
    fs::remove(destination + "/lost+found");
    set_mtime(destination, 1'700'000'000);
    return fmt::format("{}left {}, same folder {}, whole {}", refused, left, before.st_ino == after.st_ino,
                       canonical_bytes(destination) == bytes);
  });
  if (text == no_mounts) GTEST_SKIP() << text;
  EXPECT_EQ(text, "left 1, same folder true, whole true");
}

TEST_F(Elsewhere, a_bind_mount_of_the_same_file_system_is_a_mount_point_too) {
  const std::string text = in_child([&] {
    if (!have_own_mounts()) return std::string(no_mounts);
    fs::create_directories(destination);
    fs::create_directories(box / "volume");
    if (!mount_on(box / "volume", destination)) return std::string(no_mounts);
    restore_tree(bytes, destination);
    make_file(box / "file", "");
    make_file(box / "bound", "");
    if (!mount_on(box / "bound", box / "file")) return std::string(no_mounts);
    return text_of_failure([&] { transfer::FileRestorer{box / "file"}; });
  });
  if (text == no_mounts) GTEST_SKIP() << text;
  EXPECT_THAT(text, testing::AllOf(HasSubstr(fault(Fault::usage)), HasSubstr("is a mount point")));
  EXPECT_TRUE(canonical_bytes(box / "volume") == bytes);
}

TEST_F(Elsewhere, an_own_folder_in_one_of_roots_is_filled_in_place) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make a folder of another user's";
  fs::create_directories(box / "roots/mine");
  ASSERT_EQ(chown((box / "roots/mine").c_str(), 65534, 65534), 0);
  for (const mode_t mode : {0755U, 0711U, 01777U}) {
    ASSERT_EQ(chmod((box / "roots").c_str(), mode), 0);
    const std::string text = in_child([&] {
      become_nobody();
      restore_tree(bytes, box / "roots/mine");
      return text_of_failure([&] { restore_tree(bytes, box / "roots/mine"); });
    });
    EXPECT_THAT(text, testing::AllOf(HasSubstr(fault(Fault::usage)), HasSubstr("is not empty")));
    EXPECT_EQ(read_text(box / "roots/mine/b"), "bytes");
    EXPECT_EQ(std::distance(fs::directory_iterator(box / "roots"), fs::directory_iterator()), 1);
    for (const auto& entry : fs::directory_iterator(box / "roots/mine")) fs::remove_all(entry);
  }
}

TEST_F(Elsewhere, an_own_folder_whose_members_may_not_be_written_is_filled_in_place_too) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make a folder of another user's";
  fs::create_directories(box / "roots/mine");
  ASSERT_EQ(chown((box / "roots/mine").c_str(), 65534, 65534), 0);
  ASSERT_EQ(chmod((source + "/closed").c_str(), 0555), 0);
  const std::string closed = canonical_bytes(source);
  EXPECT_EQ(in_child([&] {
              become_nobody();
              restore_tree(closed, box / "roots/mine");
              struct stat status {};
              stat((box / "roots/mine/closed").c_str(), &status);
              return fmt::format("{:o}", status.st_mode & 07777U);
            }),
            "555");
}

TEST_F(Elsewhere, the_working_folder_is_filled_in_place) {
  fs::create_directories(destination);
  EXPECT_EQ(in_child([&] {
              fs::current_path(destination);
              restore_tree(bytes, ".");
              return read_text("b");
            }),
            "bytes")
      << "a shell that stands there sees the tree";
  EXPECT_TRUE(canonical_bytes(destination) == bytes);
}

TEST_F(Elsewhere, what_killed_extracts_left_goes_and_what_others_work_on_stays) {
  fs::create_directories(destination + ".ingot-partial-0123abcd/deep");
  fs::create_directories(destination + ".ingot-partial-76543210");
  fs::create_directories(destination + ".ingot-partial-notours0");
  const int used = open((destination + ".ingot-partial-76543210").c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(used, LOCK_EX), 0);
  {
    transfer::TreeRestorer working(destination);
    working.write(bytes);
    restore_tree(bytes, destination);
    EXPECT_THROW(working.commit(), Error) << "the other one was quicker";
  }
  close(used);
  EXPECT_TRUE(canonical_bytes(destination) == bytes);
  EXPECT_FALSE(fs::exists(destination + ".ingot-partial-0123abcd"));
  EXPECT_TRUE(fs::exists(destination + ".ingot-partial-76543210"));
  EXPECT_TRUE(fs::exists(destination + ".ingot-partial-notours0"));
}

TEST_F(Elsewhere, a_folder_that_an_interrupted_extract_half_filled_is_refused_as_such) {
  fs::create_directories(destination + "/.ingot-partial-0123abcd/b");
  make_file(destination + "/a", "was moved up already");
  EXPECT_THAT(text_of_failure([&] { restore_tree(bytes, destination); }),
              testing::AllOf(HasSubstr(fault(Fault::usage)), HasSubstr("interrupted extract")));
  EXPECT_EQ(read_text(destination + "/a"), "was moved up already");
}

TEST_F(Elsewhere, two_names_that_are_one_to_the_file_system_are_a_fault_of_this_machine) {
  // As on a file system that ignores case: the name is taken, but not by a member of just that name.
  const std::string text = in_child([&] {
    transfer::TreeRestorer restorer(destination);
    refuse_call(SYS_symlinkat, EEXIST);
    return text_of_failure([&] { restorer.write(bytes); });
  });
  EXPECT_THAT(text, testing::AllOf(HasSubstr(fault(Fault::local)), HasSubstr("\"./link\""), HasSubstr("the same as")));
}

TEST_F(Elsewhere, a_hard_link_to_a_file_in_a_folder_that_its_owner_cannot_search) {
  ASSERT_EQ(chmod((source + "/closed").c_str(), 0600), 0);
  ASSERT_EQ(chmod((source + "/closed/in").c_str(), 0), 0);
  const std::string closed = canonical_bytes(source);
  EXPECT_EQ(in_child([&] {
              if (!become_nobody()) return std::string("this user cannot become another");
              restore_tree(closed, destination);
              return std::string("made");
            }),
            "made");
  struct stat status {};
  ASSERT_EQ(stat((destination + "/closed/in").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0U);
  EXPECT_TRUE(fs::equivalent(destination + "/closed/in/a", destination + "/d"));
}

TEST_F(Elsewhere, a_hard_link_that_cannot_be_made_here_is_no_fault_of_the_image) {
  for (const long call : {SYS_linkat, SYS_openat}) {
    const std::string text = in_child([&] {
      transfer::TreeRestorer restorer(destination);
      if (call == SYS_linkat) refuse_call(call, EPERM);
      return text_of_failure([&] {
        for (std::size_t at = 0; at < bytes.size(); at += 512) {
          if (call == SYS_openat && bytes.compare(at, 4, "./d\0", 4) == 0) refuse_call(call, EACCES);
          restorer.write(std::string_view(bytes).substr(at, 512));
        }
      });
    });
    EXPECT_THAT(text, testing::AllOf(HasSubstr(fault(Fault::local)), HasSubstr("\"./d\"")));
  }
}

TEST_F(Elsewhere, what_the_file_system_cannot_keep_is_counted_and_the_tree_comes) {
  const std::string owner = fmt::format("{} {}", geteuid(), getegid());
  DescribedTree tree = golden_trees().at("attributes");
  for (auto& each : tree) {
    each.member.uid = geteuid();
    each.member.gid = getegid();
  }
  const std::string text = in_child([&] {
    transfer::TreeRestorer restorer(destination);
    refuse_call(SYS_fsetxattr, EOPNOTSUPP);
    refuse_call(SYS_utimensat, EPERM);
    restorer.write(tar_of(tree));
    const transfer::LeftOut left_out = restorer.commit();
    struct stat status {};
    stat((destination + "/b").c_str(), &status);
    return fmt::format("acls {}, capabilities {}, times {}, mode {:o}", left_out.count(transfer::Property::acl),
                       left_out.count(transfer::Property::capability), left_out.count(transfer::Property::time) == tree.size(),
                       status.st_mode & 07777U);
  });
  EXPECT_EQ(text, "acls 2, capabilities 1, times true, mode 644")
      << "the group's own entry says r--; the mask alone would give it more";
}

}  // namespace
}  // namespace ingot::restore_elsewhere_test
