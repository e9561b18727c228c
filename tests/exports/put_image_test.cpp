// An export is there whole or not at all, and nothing that stood there before is touched.
#include "reconciler/exports/put_image.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reconciler/exports/link.hpp"
#include "reconciler/exports/take_away.hpp"
#include "reconciler/transfer/descriptor.hpp"
#include "schema/error.hpp"
#include "tests/exports/exporting.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"

namespace ingot::put_image_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class PutImage : public testing::Test, protected Exporting {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    if (!fs::exists(to)) return found;
    for (const auto& entry : fs::directory_iterator(to)) found.push_back(entry.path().filename().string());
    return found;
  }
  std::string refusal(const std::string& name) const {
    try {
      put_tree(name);
    } catch (const Error& error) { return std::string(text_of(error.code())); }
    return "";
  }
};

TEST_F(PutImage, unpacks_a_tree_and_tells_the_facts_that_it_has_afterwards) {
  const exports::Facts remembered = put_tree("db19_24");
  EXPECT_EQ(read_text(to + "/db19_24/bin/run"), "one");
  EXPECT_EQ(remembered, facts("db19_24"));
  EXPECT_THAT(names(), UnorderedElementsAre("db19_24"));
}

TEST_F(PutImage, unpacks_a_file_under_the_name_of_the_image) {
  exports::Order what = order("rocky9.qcow2");
  what.kind = ImageKind::file;
  const exports::Facts remembered = put(what, std::string(100'000, 'x'));
  EXPECT_EQ(read_text(to + "/rocky9.qcow2"), std::string(100'000, 'x'));
  EXPECT_EQ(remembered, facts("rocky9.qcow2"));
}

TEST_F(PutImage, remembers_before_the_export_gets_its_name) {
  bool was_there = true;
  exports::put_image(order("a"), bytes_of(tree("one")), [&](const exports::Facts&) { was_there = fs::exists(to + "/a"); });
  EXPECT_FALSE(was_there);
  EXPECT_TRUE(fs::exists(to + "/a"));
}

TEST_F(PutImage, leaves_nothing_if_it_cannot_be_remembered) {
  const auto cannot = [](const exports::Facts&) { throw Error(Fault::local, "the state is full"); };
  EXPECT_THROW(exports::put_image(order("a"), bytes_of(tree("one")), cannot), Error);
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(PutImage, leaves_nothing_if_the_bytes_are_not_whole) {
  const auto half = [&](const std::function<void(std::string_view)>& out) {
    out(std::string_view(tree("one")).substr(0, 1000));
    throw Error(Fault::local, "damaged");
  };
  EXPECT_THROW(exports::put_image(order("a"), half, [](const exports::Facts&) {}), Error);
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(PutImage, touches_nothing_that_stands_there) {
  fs::create_directories(to + "/empty");
  write_text(to + "/file", "mine");
  fs::create_directory(to + "/full");
  write_text(to + "/full/own", "mine");
  fs::create_symlink("full", to + "/link");
  const std::string before = listing(to);
  for (const std::string name : {"empty", "file", "full", "link"}) EXPECT_EQ(refusal(name), "in-the-way") << name;
  EXPECT_EQ(listing(to), before);
}

TEST_F(PutImage, clears_away_what_a_dead_export_left_and_nothing_else) {
  fs::create_directories(to + "/a.ingot-partial-0123abcd/bin");
  fs::create_directories(to + "/a.ingot-partial-mine");
  fs::create_directories(to + "/b.ingot-partial-0123abcd");
  put_tree("a");
  EXPECT_THAT(names(), UnorderedElementsAre("a", "a.ingot-partial-mine", "b.ingot-partial-0123abcd"));
}

TEST_F(PutImage, gives_the_mode_of_the_manifest_to_the_top_alone) {
  exports::Order what = order("a");
  what.access.mode = 0750;
  const exports::Facts remembered = put(what, tree("one"));
  struct stat status {};
  ASSERT_EQ(stat((to + "/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0750U);
  ASSERT_EQ(stat((to + "/a/bin").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
  EXPECT_EQ(remembered, facts("a"));
}

TEST_F(PutImage, changes_the_mode_of_an_export_and_tells_its_new_facts) {
  put_tree("a");
  exports::Order what = order("a");
  exports::Facts remembered;
  for (const mode_t mode : {0700U, 0550U, 0755U}) {
    what.access.mode = mode;
    exports::change_access(what, [&](const exports::Facts& seen) { remembered = seen; });
    EXPECT_EQ(remembered, facts("a"));
    EXPECT_THAT(remembered.top, HasSubstr(fmt::format("{:04o}", mode)));
  }
}

/// What it tells is durable: a power cut must not bring the old mode back after the new one was remembered.
TEST_F(PutImage, tells_the_facts_of_a_changed_mode_only_once_they_are_synced) {
  put_tree("a");
  const std::string said = in_child([&]() -> std::string {
    refuse_call(SYS_syncfs, EIO);
    exports::Order what = order("a");
    what.access.mode = 0700;
    exports::change_access(what, [](const exports::Facts&) {});
    return "it told them unsynced";
  });
  EXPECT_THAT(said, HasSubstr("cannot sync"));
}

/// Mounts `what` below the export "a" or on it, tries to remove the export, and says what became of both.
std::string removal_with_mount(const Exporting& exporting, const std::function<bool(const std::string& home)>& mount) {
  const std::string home = exporting.to + "/a", disk = exporting.outer / "disk";
  fs::create_directories(disk);
  write_text(disk + "/precious", "theirs");
  return in_child([&]() -> std::string {
    if (!have_own_mounts() || !mount(home)) return "skip";
    std::string said = "it was removed";
    try {
      exports::take_away(exporting.to, "a");
    } catch (const Error& error) { said = error.text(); }
    if (!fs::exists(disk + "/precious")) said += ", and what is mounted lost its files";
    if (!fs::exists(home)) said += ", and it was moved";
    return said;
  });
}

TEST_F(PutImage, removes_nothing_while_something_is_mounted_there) {
  put_tree("a");
  const std::string disk = outer / "disk";
  const std::function<bool(const std::string&)> mounts[] = {
      [&](const std::string& home) { return mount_on(disk, home + "/log"); },
      [&](const std::string& home) { return mount_on(disk, home); },
      [&](const std::string& home) { return mount_on(disk + "/precious", home + "/log/alert"); }};
  for (const auto& mount : mounts) {
    const std::string said = removal_with_mount(*this, mount);
    if (said == "skip") GTEST_SKIP() << "this user may not mount";
    EXPECT_THAT(said, testing::MatchesRegex("cannot remove \".*/a\": something is mounted on \".*/a[a-z/]*\""));
  }
  EXPECT_EQ(read_text(to + "/a/bin/run"), "one");
}

TEST_F(PutImage, takes_an_export_away_with_all_that_is_in_it) {
  put_tree("a");
  put_tree("b");
  fs::permissions(to + "/a/bin", fs::perms::none);
  exports::take_away(to, "a");
  EXPECT_THAT(names(), UnorderedElementsAre("b"));
  exports::take_away(to, "a");
  exports::take_away(outer / "never", "a");
}

TEST_F(PutImage, goes_on_with_a_removal_that_was_cut_short) {
  put_tree("a");
  fs::rename(to + "/a", to + "/a.ingot-partial-0123abcd");
  EXPECT_TRUE(exports::has_left_overs(to, "a"));
  EXPECT_FALSE(exports::has_left_overs(to, "b"));
  exports::take_away(to, "a");
  EXPECT_FALSE(exports::has_left_overs(to, "a"));
  EXPECT_THAT(names(), UnorderedElementsAre());
}

/// Reads an export by its link, again and again, on a thread of its own.
class LinkReader {
 public:
  LinkReader(std::string link, std::vector<std::string> contents)
      : link_(std::move(link)), contents_(std::move(contents)), thread_([this] {
          while (!done_) {
            if (std::string why = why_not_whole(); first_fault_.empty()) first_fault_ = std::move(why);
            ++reads_;
          }
        }) {}
  ~LinkReader() { stop(); }
  /// Returns once a read that began after this call has ended: then no read uses what the link said before.
  void wait_for_a_new_read() const {
    for (const std::uint64_t before = reads_; reads_ < before + 2;) std::this_thread::yield();
  }
  /// What the first bad read found; "" if there was none.
  std::string stop() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
    return first_fault_;
  }

 private:
  std::string why_not_whole() const {
    const transfer::Descriptor home(::open(link_.c_str(), O_RDONLY | O_DIRECTORY));
    if (!home) return "the link leads to nothing";
    const transfer::Descriptor program(::openat(home.get(), "bin/run", O_RDONLY));
    if (!program) return "it has no program";
    char bytes[16]{};
    const ssize_t length = ::read(program.get(), bytes, sizeof bytes);
    const std::string content(bytes, length < 0 ? 0 : static_cast<std::size_t>(length));
    if (std::find(contents_.begin(), contents_.end(), content) == contents_.end()) return "its program is \"" + content + "\"";
    if (::faccessat(home.get(), "log/alert", F_OK, 0) != 0) return "it has no log";
    return ::faccessat(home.get(), "start", X_OK, 0) == 0 ? "" : "its link leads to nothing";
  }

  std::string link_;
  std::vector<std::string> contents_;
  std::atomic<bool> done_ = false;
  std::atomic<std::uint64_t> reads_ = 0;
  std::string first_fault_;  ///< of the thread, until it ends
  std::thread thread_;
};

/// R29: at every instant the link leads to a whole image. Every read counts: an export is removed only after the reads that may
/// have begun while the link still led there.
TEST_F(PutImage, R29_a_reader_in_a_loop_never_sees_a_broken_link_or_a_part) {
  const std::string bytes[] = {tree("even"), tree("odd")};
  put(order("i0"), bytes[0]);
  exports::point_link(to, "current", "i0");
  LinkReader reader(to + "/current", {"even", "odd"});
  for (int run = 1; run <= 200; ++run) {
    put(order("i" + std::to_string(run)), bytes[run % 2]);
    exports::point_link(to, "current", "i" + std::to_string(run));
    reader.wait_for_a_new_read();
    exports::take_away(to, "i" + std::to_string(run - 1));
  }
  EXPECT_EQ(reader.stop(), "");
  EXPECT_THAT(names(), UnorderedElementsAre("current", "i200"));
}

/// The same reader finds what R29 forbids.
TEST_F(PutImage, R29_the_reader_would_see_a_part_and_a_link_that_leads_to_nothing) {
  put_tree("i0", "even");
  exports::point_link(to, "current", "i0");
  {
    LinkReader reader(to + "/current", {"even"});
    exports::point_link(to, "current", "i1");
    reader.wait_for_a_new_read();
    put_tree("i1", "even");
    EXPECT_EQ(reader.stop(), "the link leads to nothing");
  }
  LinkReader reader(to + "/current", {"even"});
  reader.wait_for_a_new_read();
  fs::remove(to + "/i1/log/alert");
  reader.wait_for_a_new_read();
  EXPECT_EQ(reader.stop(), "it has no log");
}

class AsUnpacked : public testing::Test, protected Exporting {
 protected:
  const std::string home = to + "/a";
  exports::Order what = order("a");
  /// Whether the export still counts as what its image gives, after `change`.
  bool counts_after(const std::function<void()>& change) {
    fs::remove_all(home);
    const std::string bytes = tree("one");
    put(what, bytes);
    change();
    const bool counts = exports::is_as_unpacked(what, bytes_of(bytes));
    std::size_t names = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(to)) ++names;
    EXPECT_EQ(names, 1U) << "it leaves nothing";
    return counts;
  }
  void keep_times(const std::string& path, const std::function<void()>& change) const {
    struct stat before {};
    ASSERT_EQ(lstat(path.c_str(), &before), 0);
    change();
    const timespec times[2]{before.st_atim, before.st_mtim};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
};

TEST_F(AsUnpacked, is_what_nobody_changed) {
  EXPECT_TRUE(counts_after([] {}));
  what.access.mode = 0750;
  EXPECT_TRUE(counts_after([] {}));
  exports::Order file = order("f");
  file.kind = ImageKind::file;
  put(file, "bytes");
  EXPECT_TRUE(exports::is_as_unpacked(file, bytes_of("bytes")));
  EXPECT_FALSE(exports::is_as_unpacked(file, bytes_of("other")));
  EXPECT_FALSE(exports::is_as_unpacked(order("gone"), bytes_of(tree("one"))));
}

TEST_F(AsUnpacked, is_nothing_whose_bytes_mode_owner_or_links_are_others) {
  EXPECT_FALSE(counts_after([&] { keep_times(home + "/bin/run", [&] { write_text(home + "/bin/run", "two"); }); })) << "bytes";
  EXPECT_FALSE(counts_after([&] { fs::permissions(home, fs::perms::owner_all); })) << "mode of the top";
  EXPECT_FALSE(counts_after([&] { fs::permissions(home + "/bin/run", fs::perms::owner_all); })) << "mode";
  EXPECT_FALSE(counts_after([&] {
    keep_times(home, [&] {
      keep_times(home + "/start", [&] {
        fs::remove(home + "/start");
        fs::create_symlink("bin/rux", home + "/start");
      });
    });
  })) << "target of a link";
  EXPECT_FALSE(counts_after([&] {
    keep_times(home + "/log", [&] { fs::create_hard_link(home + "/bin/run", home + "/log/run"); });
  })) << "one more name";
  EXPECT_FALSE(counts_after([&] { fs::last_write_time(home + "/bin/run", fs::file_time_type::clock::now()); }))
      << "time of a file";
  EXPECT_FALSE(counts_after([&] {
    keep_times(home + "/bin/run", [&] {
      Running acl({.arguments = {"setfacl", "-m", "u:nobody:r", home + "/bin/run"}, .folder = "", .environment = {}},
                  outer / "log");
      EXPECT_EQ(acl.wait(), 0);
    });
  })) << "ACL";
  if (geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  EXPECT_FALSE(counts_after([&] { ASSERT_EQ(chown((home + "/bin/run").c_str(), 54321, 54322), 0); })) << "owner of a member";
  EXPECT_FALSE(counts_after([&] { ASSERT_EQ(chown(home.c_str(), 54321, 54322), 0); })) << "owner of the top";
}

TEST_F(AsUnpacked, does_not_look_at_what_may_change) {
  what.changes = {"log/**"};
  EXPECT_TRUE(counts_after([&] { write_text(home + "/log/alert", "more"); }));
  EXPECT_FALSE(counts_after([&] { write_text(home + "/bin/run", "two"); }));
}

}  // namespace
}  // namespace ingot::put_image_test
