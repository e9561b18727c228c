// An export is there whole or not at all, and nothing that stood there before is touched.
#include "reconciler/exports/put_image.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/exports/link.hpp"
#include "reconciler/exports/take_away.hpp"
#include "schema/error.hpp"
#include "tests/exports/exporting.hpp"
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
  what.access.mode = 0700;
  exports::Facts remembered;
  exports::change_access(what, [&](const exports::Facts& seen) { remembered = seen; });
  EXPECT_EQ(remembered, facts("a"));
  EXPECT_THAT(remembered.top, HasSubstr("0700"));
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

/// R29: at every instant the link leads to a whole image.
TEST_F(PutImage, R29_a_reader_in_a_loop_never_sees_a_broken_link_or_a_part) {
  const std::string bytes[] = {tree("even"), tree("odd")};
  put(order("i0"), bytes[0]);
  exports::point_link(to, "current", "i0");
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> reads = 0, bad = 0;
  std::thread reader([&] {
    while (!done || reads == 0) {
      const int home = ::open((to + "/current").c_str(), O_RDONLY | O_DIRECTORY);
      const int program = home < 0 ? -1 : ::openat(home, "bin/run", O_RDONLY);
      char text[8]{};
      const bool whole = program >= 0 && ::read(program, text, sizeof text) >= 3 && ::faccessat(home, "log/alert", F_OK, 0) == 0;
      ++reads;
      // A reader that was stopped between two steps may find its folder removed meanwhile: then it finds the next one.
      int tries = whole ? 0 : 5;
      while (tries > 0 && ::access((to + "/current/bin/run").c_str(), R_OK) != 0) --tries;
      if (!whole && tries == 0) ++bad;
      if (program >= 0) ::close(program);
      if (home >= 0) ::close(home);
    }
  });
  for (int run = 1; run <= 200; ++run) {
    put(order("i" + std::to_string(run)), bytes[run % 2]);
    exports::point_link(to, "current", "i" + std::to_string(run));
    exports::take_away(to, "i" + std::to_string(run - 1));
  }
  done = true;
  reader.join();
  EXPECT_GT(reads, 0U);
  EXPECT_EQ(bad, 0U);
  EXPECT_THAT(names(), UnorderedElementsAre("current", "i200"));
}

}  // namespace
}  // namespace ingot::put_image_test
