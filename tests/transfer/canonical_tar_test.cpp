// The bytes of the canonical tar: the same everywhere, and readable by others.
#include "reconciler/transfer/canonical_tar.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "reconciler/io/hash.hpp"
#include "schema/error.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"
#include "tests/transfer/trees.hpp"

namespace ingot::canonical_tar_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;
using testing::Not;

class CanonicalTar : public testing::Test {
 protected:
  TestFolder box;
  const std::string tree = box.path() + "/tree";
  void SetUp() override { fs::create_directory(tree); }

  std::string failure(const std::vector<std::string>& exclude = {}) const {
    return failure_of([&] { canonical_bytes(tree, exclude); });
  }
  template <class Work>
  static std::string failure_of(Work work) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::incomplete);
      return error.text();
    }
    return "";
  }
};

std::map<std::string, std::string> golden_digests() {
  std::map<std::string, std::string> digests;
  std::ifstream page(std::string(INGOT_SOURCE_DIR) + "/schema/canonical-tar.md");
  const std::regex row("\\| `([a-z]+)` \\| `(sha256:[0-9a-f]{64})` \\|");
  std::smatch found;
  for (std::string line; std::getline(page, line);) {
    if (std::regex_search(line, found, row)) digests[found[1]] = found[2];
  }
  return digests;
}

TEST_F(CanonicalTar, has_the_digests_that_the_format_page_states) {
  const auto digests = golden_digests();
  const auto trees = golden_trees();
  ASSERT_EQ(trees.size(), 4U);
  EXPECT_EQ(digests.size(), trees.size());
  for (const auto& [name, described] : trees) {
    EXPECT_EQ(io::sha256(tar_of(described)).text(), digests.contains(name) ? digests.at(name) : "no digest") << name;
  }
}

TEST_F(CanonicalTar, of_a_golden_tree_on_disk_has_the_same_digest) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give the owners of the golden trees";
  for (const auto& [name, described] : golden_trees()) {
    const std::string path = box.path() + "/" + name;
    fs::create_directory(path);
    make_tree(described, path);
    const std::string bytes = canonical_bytes(path);
    EXPECT_TRUE(bytes == tar_of(described)) << name;
    restore_tree(bytes, path + "-back");
    EXPECT_TRUE(canonical_bytes(path + "-back") == bytes) << name;
    EXPECT_EQ(listing(path), listing(path + "-back"));
  }
}

TEST_F(CanonicalTar, is_opened_by_gnu_tar_as_it_was) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give the owners of the golden trees";
  for (const auto& [name, described] : golden_trees()) {
    const std::string path = box.path() + "/" + name;
    fs::create_directory(path);
    make_tree(described, path);
    write_text(path + ".tar", canonical_bytes(path));
    const std::string out = path + "-tar";
    fs::create_directory(out);
    const Ran ran = run(
        {.arguments = {"tar", "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "-xpf", path + ".tar", "-C", out},
         .folder = {},
         .environment = {{"LC_ALL", "C.UTF-8"}}});
    EXPECT_EQ(ran.exit, 0) << name << ran.err;
    EXPECT_EQ(listing(path), listing(out)) << name;
    const std::string show = "getfattr -R -h -d -m - -e hex . | sort";
    EXPECT_EQ(run({.arguments = {"sh", "-c", show}, .folder = path, .environment = {}}).out,
              run({.arguments = {"sh", "-c", show}, .folder = out, .environment = {}}).out)
        << name;
    EXPECT_EQ(run({.arguments = {"diff", "-r", "--no-dereference", path, out}, .folder = {}, .environment = {}}).exit, 0);
  }
}

TEST_F(CanonicalTar, lists_its_members_sorted_by_their_bytes) {
  fs::create_directories(tree + "/a/deep");
  for (const char* name : {"a-b", "a.conf", "a0", "B", "b", "a/x", "a/deep/y"}) make_file(tree + "/" + name, name);
  write_text(box.path() + "/x.tar", canonical_bytes(tree));
  const Ran names = run({.arguments = {"tar", "-tf", box.path() + "/x.tar"}, .folder = {}, .environment = {}});
  EXPECT_EQ(names.out, "./\n./B\n./a-b\n./a.conf\n./a/\n./a/deep/\n./a/deep/y\n./a/x\n./a0\n./b\n");
}

TEST_F(CanonicalTar, does_not_depend_on_the_order_in_which_a_tree_was_made) {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("n" + std::to_string(i * 7919 % 1000));
  const auto make = [&](const std::string& path, mode_t mask) {
    const mode_t before = umask(mask);
    fs::create_directories(path + "/sub");
    for (const auto& name : names) make_file(path + "/sub/" + name, name, 0640, 1'700'000'000, static_cast<long>(mask));
    umask(before);
    for (const auto& folder : {path + "/sub", path}) {
      chmod(folder.c_str(), 0755);
      set_mtime(folder, 1'700'000'000, static_cast<long>(mask));
    }
  };
  make(box.path() + "/one", 0);
  std::reverse(names.begin(), names.end());
  make(box.path() + "/other", 077);
  EXPECT_EQ(canonical_digest(box.path() + "/one"), canonical_digest(box.path() + "/other"));
}

TEST_F(CanonicalTar, ignores_what_machines_differ_in) {
  make_file(tree + "/a", "a", 0644, 1'700'000'000, 1);
  set_mtime(tree, 1'700'000'000, 5);
  const Digest before = canonical_digest(tree);
  set_mtime(tree + "/a", 1'700'000'000, 999'999'999);
  set_mtime(tree, 1'700'000'000, 999'999'999);
  EXPECT_EQ(run({.arguments = {"setfattr", "-n", "user.note", "-v", "x", tree + "/a"}, .folder = {}, .environment = {}}).exit, 0);
  EXPECT_EQ(canonical_digest(tree), before);
  chmod((tree + "/a").c_str(), 0645);
  EXPECT_NE(canonical_digest(tree), before);
}

TEST_F(CanonicalTar, of_a_file_is_its_bytes) {
  make_file(box.path() + "/f", std::string(3'000'000, 'z') + "end");
  EXPECT_EQ(canonical_bytes(box.path() + "/f"), std::string(3'000'000, 'z') + "end");
  EXPECT_EQ(transfer::survey_source({.path = box.path() + "/f"}).kind, ImageKind::file);
  EXPECT_EQ(transfer::survey_source({.path = box.path() + "/f"}).bytes, 3'000'003U);
}

TEST_F(CanonicalTar, names_every_member_that_it_cannot_keep_in_one_go) {
  mkfifo((tree + "/pipe").c_str(), 0644);
  const int made = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const fs::path here = fs::current_path();
  fs::current_path(tree);  // a socket's name is short
  std::string("sock").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  fs::current_path(here);
  close(made);
  make_file(tree + "/good", "good");
  for (const std::string& text : {failure(), failure_of([&] { transfer::survey_source({.path = tree}); })}) {
    EXPECT_THAT(text, HasSubstr("\"./pipe\" is a FIFO"));
    EXPECT_THAT(text, HasSubstr("\"./sock\" is a socket"));
    EXPECT_THAT(text, Not(HasSubstr("good")));
  }
  EXPECT_EQ(failure({"pipe", "sock"}), "");
}

TEST_F(CanonicalTar, refuses_a_device_by_name) {
  if (geteuid() != 0 || mknod((tree + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0)
    GTEST_SKIP() << "only root can make a device";
  EXPECT_THAT(failure(), HasSubstr("\"./null\" is a device"));
}

TEST_F(CanonicalTar, names_fifty_members_and_counts_the_rest) {
  for (int i = 0; i < 60; ++i) mkfifo((tree + "/p" + std::to_string(i)).c_str(), 0644);
  EXPECT_THAT(failure(), HasSubstr("and 10 more"));
}

TEST_F(CanonicalTar, names_every_member_that_it_cannot_read) {
  fs::create_directory(tree + "/closed");
  for (const char* name : {"a", "b", "c"}) make_file(tree + "/" + name, name, name[0] == 'c' ? 0644 : 0);
  chmod((tree + "/closed").c_str(), 0);
  const std::string text = as_nobody(tree, [](const std::string& path) {
    transfer::survey_source({.path = path});
    return std::string("fine");
  });
  EXPECT_THAT(text, HasSubstr("\"./a\" cannot be read: Permission denied"));
  EXPECT_THAT(text, HasSubstr("\"./b\" cannot be read"));
  EXPECT_THAT(text, HasSubstr("\"./closed/\" cannot be opened"));
  EXPECT_THAT(text, Not(HasSubstr("\"./c\"")));
  EXPECT_THAT(as_nobody(tree, [](const std::string& path) { return std::to_string(canonical_bytes(path).size()); }),
              HasSubstr("\"./b\" cannot be read"));
}

TEST_F(CanonicalTar, refuses_a_source_that_is_a_link_or_missing_or_special) {
  fs::create_directory_symlink(tree, box.path() + "/link");
  mkfifo((box.path() + "/pipe").c_str(), 0644);
  EXPECT_THAT(failure_of([&] { canonical_bytes(box.path() + "/link"); }), HasSubstr("is a symbolic link"));
  EXPECT_THAT(failure_of([&] { canonical_bytes(box.path() + "/link/"); }), HasSubstr("is a symbolic link"));
  EXPECT_THAT(failure_of([&] { transfer::survey_source({.path = box.path() + "/none"}); }), HasSubstr("is not there"));
  EXPECT_THAT(failure_of([&] { canonical_bytes(box.path() + "/pipe"); }), HasSubstr("is a FIFO"));
}

TEST_F(CanonicalTar, leaves_out_what_the_globs_name_and_all_below_it) {
  fs::create_directories(tree + "/log/deep");
  fs::create_directories(tree + "/keep");
  for (const char* name : {"log/a", "log/deep/b", "keep/run.pid", "keep/file"}) make_file(tree + "/" + name, name);
  write_text(box.path() + "/x.tar", canonical_bytes(tree, {"log", "*.pid"}));
  EXPECT_EQ(run({.arguments = {"tar", "-tf", box.path() + "/x.tar"}, .folder = {}, .environment = {}}).out,
            "./\n./keep/\n./keep/file\n");
  write_text(box.path() + "/y.tar", canonical_bytes(tree, {"log/**"}));
  EXPECT_THAT(run({.arguments = {"tar", "-tf", box.path() + "/y.tar"}, .folder = {}, .environment = {}}).out,
              HasSubstr("./log/\n"));
}

TEST_F(CanonicalTar, takes_the_next_name_for_the_first_if_a_group_of_hard_links_loses_its_first) {
  make_file(tree + "/a", "shared");
  fs::create_hard_link(tree + "/a", tree + "/b");
  fs::create_hard_link(tree + "/a", tree + "/c");
  restore_tree(canonical_bytes(tree, {"a"}), box.path() + "/back");
  EXPECT_FALSE(fs::exists(box.path() + "/back/a"));
  EXPECT_EQ(read_text(box.path() + "/back/b"), "shared");
  EXPECT_TRUE(fs::equivalent(box.path() + "/back/b", box.path() + "/back/c"));
}

/// Does something to the tree in the middle of the big file's bytes.
std::string failure_when(const std::string& tree, const std::function<void()>& meanwhile,
                         const std::vector<std::string>& exclude = {}) {
  bool done = false;
  try {
    transfer::write_canonical(
        {.path = tree, .exclude = exclude},
        [&](std::string_view bytes) {
          if (bytes.size() < 100'000 || done) return;
          done = true;
          meanwhile();
        },
        nullptr);
  } catch (const Error& error) { return error.text(); }
  return "";
}

TEST_F(CanonicalTar, notices_a_member_that_changes_while_it_is_read) {
  const std::string big = tree + "/big";
  const auto begin = [&] {
    make_file(big, std::string(5'000'000, 'b'));
    make_file(tree + "/later", "later");
  };
  begin();
  EXPECT_EQ(failure_when(tree, [] {}), "");
  EXPECT_THAT(failure_when(tree, [&] { std::ofstream(big, std::ios::app) << "more"; }),
              HasSubstr("\"./big\" changed while it was read"));
  begin();
  EXPECT_THAT(failure_when(tree, [&] { fs::resize_file(big, 4'000'000); }), HasSubstr("\"./big\" changed while it was read"));
  begin();
  EXPECT_THAT(failure_when(tree, [&] { std::fstream(big).put('X'); }), HasSubstr("\"./big\" changed while it was read"));
  begin();
  EXPECT_THAT(failure_when(tree,
                           [&] {
                             fs::remove(tree + "/later");
                             fs::create_symlink("/etc/passwd", tree + "/later");
                           }),
              HasSubstr("\"./later\" changed while it was read"));
  fs::remove(tree + "/later");
  begin();
  EXPECT_THAT(failure_when(tree, [&] { make_file(tree + "/new", "new"); }), HasSubstr("\"./\" changed while it was read"));
}

TEST_F(CanonicalTar, takes_trees_whose_paths_are_longer_than_a_path_may_be) {
  const std::string name(60, 'd');
  const auto make_deep = [&](int levels) {
    int at = open(tree.c_str(), O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < levels; ++i) {
      mkdirat(at, name.c_str(), 0755);
      const int next = openat(at, name.c_str(), O_RDONLY | O_DIRECTORY);
      close(at);
      at = next;
    }
    const int file = openat(at, "f", O_WRONLY | O_CREAT, 0644);
    EXPECT_EQ(write(file, "deep", 4), 4);
    close(file);
    close(at);
  };
  make_deep(200);
  const std::string bytes = canonical_bytes(tree);
  restore_tree(bytes, box.path() + "/back");
  EXPECT_TRUE(canonical_bytes(box.path() + "/back") == bytes);
  make_deep(300);
  EXPECT_THAT(failure(), HasSubstr("deeper than 256 folders"));
}

TEST_F(CanonicalTar, survey_has_a_stamp_of_names_sizes_and_times) {
  make_file(tree + "/a", "12345");
  make_file(tree + "/b", "67");
  const transfer::SourceSurvey first = transfer::survey_source({.path = tree});
  EXPECT_EQ(first.files, 2U);
  EXPECT_EQ(first.bytes, 7U);
  const auto is_as_it_was_first = [&] { return transfer::is_as_it_was(transfer::survey_source({.path = tree}), first.stamp); };
  EXPECT_TRUE(is_as_it_was_first());
  set_mtime(tree + "/a", 1'700'000'000, 7);
  EXPECT_FALSE(is_as_it_was_first());
  set_mtime(tree + "/a", 1'700'000'000, 0);
  EXPECT_TRUE(is_as_it_was_first());
  const long seconds = static_cast<long>(fs::last_write_time(tree).time_since_epoch().count());
  fs::rename(tree + "/b", tree + "/c");
  EXPECT_FALSE(is_as_it_was_first()) << seconds;
}

TEST_F(CanonicalTar, survey_of_a_top_that_changed_and_changed_back_is_as_it_was) {
  make_file(tree + "/a", "12345");
  const transfer::SourceSurvey first = transfer::survey_source({.path = tree});
  EXPECT_EQ(transfer::members_under_same_top(tree, first.stamp), 3U) << "the source, its root as a member, and the file";
  make_file(tree + "/a", "54321");
  EXPECT_TRUE(transfer::members_under_same_top(tree, first.stamp)) << "nothing in the folder itself changed";
  const auto mtime = fs::last_write_time(tree);
  make_file(tree + "/b", "");
  fs::remove(tree + "/b");
  fs::last_write_time(tree, mtime);
  EXPECT_FALSE(transfer::members_under_same_top(tree, first.stamp));
  EXPECT_TRUE(transfer::is_as_it_was(transfer::survey_source({.path = tree}), first.stamp));
  EXPECT_FALSE(transfer::members_under_same_top(box.path() + "/none", first.stamp));
  for (const char* none : {"", "sha256:00", "sha256:00 x 1", "sha256:00 3"})
    EXPECT_FALSE(transfer::members_under_same_top(tree, none));
}

TEST_F(CanonicalTar, tells_progress_in_bytes_of_files) {
  make_file(tree + "/a", std::string(2'500'000, 'a'));
  make_file(tree + "/b", "67");
  std::uint64_t last = 0;
  transfer::write_canonical(
      {.path = tree}, [](std::string_view) {},
      [&](std::uint64_t done) {
        EXPECT_GT(done, last);
        last = done;
      });
  EXPECT_EQ(last, transfer::survey_source({.path = tree}).bytes);
}

TEST_F(CanonicalTar, header_of_a_huge_file_keeps_its_size_in_a_record) {
  transfer::TarMember member{.path = "./a",
                             .kind = transfer::MemberKind::file,
                             .mode = 0644,
                             .uid = 0,
                             .gid = 0,
                             .mtime = 0,
                             .size = 8'589'934'591,
                             .target = {},
                             .access_acl = {},
                             .default_acl = {},
                             .capability = {}};
  EXPECT_EQ(transfer::encode_member(member).size(), 512U);
  EXPECT_EQ(transfer::encode_member(member).substr(124, 12), std::string("77777777777\0", 12));
  ++member.size;
  EXPECT_EQ(transfer::encode_member(member).size(), 1536U);
  EXPECT_EQ(transfer::encode_member(member).substr(512, 19), "19 size=8589934592\n");
}

}  // namespace
}  // namespace ingot::canonical_tar_test
