// What tells an export from one that was changed.
#include "reconciler/exports/facts.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/exports/exporting.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"

namespace ingot::facts_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

class FactsOfExport : public testing::Test, protected Exporting {
 protected:
  const std::string home = to + "/a";
  /// Whether the export looks other than before `change`.
  bool shows(const std::function<void()>& change, const std::vector<std::string>& changes = {}) const {
    fs::remove_all(home);
    exports::Order what = order("a");
    what.changes = changes;
    const exports::Facts before = put(what, tree("one"));
    change();
    const auto after = exports::facts_of(home, changes);
    return !std::holds_alternative<exports::Facts>(after) || std::get<exports::Facts>(after) != before;
  }
};

TEST_F(FactsOfExport, show_every_change_of_a_member) {
  EXPECT_FALSE(shows([] {}));
  EXPECT_TRUE(shows([&] { write_text(home + "/bin/run", "two"); })) << "time";
  EXPECT_TRUE(shows([&] { make_file(home + "/bin/run", "longer", 0755); })) << "size";
  EXPECT_TRUE(shows([&] { fs::permissions(home + "/bin/run", fs::perms::owner_all); })) << "mode";
  EXPECT_TRUE(shows([&] { fs::remove(home + "/log/alert"); })) << "gone";
  EXPECT_TRUE(shows([&] { write_text(home + "/log/new", ""); })) << "new";
  EXPECT_TRUE(shows([&] {
    fs::remove(home + "/start");
    fs::create_symlink("bin", home + "/start");
  })) << "link";
  EXPECT_TRUE(shows([&] {
    fs::remove(home + "/log/alert");
    fs::create_directory(home + "/log/alert");
  })) << "kind";
}

TEST_F(FactsOfExport, do_not_count_what_may_change) {
  const std::vector<std::string> changes{"log/**", "*.pid"};
  const auto work = [&] {
    write_text(home + "/log/alert", "more");
    write_text(home + "/log/new", "more");
    write_text(home + "/db.pid", "17");
  };
  EXPECT_FALSE(shows(work, changes));
  EXPECT_TRUE(shows(work));
  EXPECT_TRUE(shows([&] { write_text(home + "/bin/run", "two"); }, changes));
  EXPECT_TRUE(shows([&] { write_text(home + "/bin/new", "two"); }, changes));
}

TEST_F(FactsOfExport, tell_a_change_at_the_top_without_looking_below) {
  put_tree("a");
  const auto before = exports::top_of(home, false);
  write_text(home + "/bin/run", "two");
  EXPECT_EQ(exports::top_of(home, false), before);
  write_text(home + "/new", "");
  EXPECT_NE(exports::top_of(home, false), before);
  EXPECT_TRUE(std::holds_alternative<exports::Absent>(exports::top_of(to + "/b", false)));
}

TEST_F(FactsOfExport, are_none_of_what_no_export_can_be) {
  put_tree("a");
  fs::create_symlink("a", to + "/link");
  EXPECT_EQ(std::get<exports::Unfit>(exports::top_of(to + "/link", false)).why, "is a symbolic link");
  EXPECT_EQ(std::get<exports::Unfit>(exports::facts_of(to + "/link", {})).why, "is a symbolic link");
  ASSERT_EQ(mkfifo((home + "/bin/pipe").c_str(), 0600), 0);
  EXPECT_THAT(std::get<exports::Unfit>(exports::facts_of(home, {})).why, HasSubstr("is a FIFO"));
}

TEST_F(FactsOfExport, see_what_is_mounted_in_it) {
  put_tree("a");
  for (const std::vector<std::string>& changes : {std::vector<std::string>(), {"log", "log/**"}, {"log/**"}}) {
    const std::string said = in_child([&]() -> std::string {
      if (!have_own_mounts() || !mount_memory(home + "/log")) return "this user may not mount";
      const auto found = exports::facts_of(home, changes);
      return std::holds_alternative<exports::Unfit>(found) ? std::get<exports::Unfit>(found).why : "nothing seen";
    });
    if (said == "this user may not mount") GTEST_SKIP() << said;
    EXPECT_THAT(said, HasSubstr("mounted on \"./log\""));
  }
}

TEST_F(FactsOfExport, count_only_the_kind_if_everything_may_change) {
  fs::create_directories(to);
  const std::string disk = to + "/disk";
  make_file(disk, "bytes", 0640);
  for (const char* glob : {"*", "**"}) {
    const std::vector<std::string> changes{glob};
    const auto facts = std::get<exports::Facts>(exports::facts_of(disk, changes));
    const exports::Remembered as_made{
        .folder = to, .name = "disk", .top = facts.top, .listing = facts.listing, .changes = changes};
    make_file(disk, "other bytes", 0600);
    EXPECT_EQ(exports::compare(as_made, true).likeness, exports::Likeness::whole);
    fs::remove(disk);
    fs::create_directory(disk);
    EXPECT_EQ(exports::compare(as_made, true).likeness, exports::Likeness::changed) << "a folder is no file";
    fs::remove(disk);
    make_file(disk, "bytes", 0640);
  }
}

TEST_F(FactsOfExport, tell_which_of_owner_and_mode_changed) {
  const exports::Facts facts = put_tree("a");
  const exports::Remembered as_made{.folder = to, .name = "a", .top = facts.top, .listing = facts.listing, .changes = {}};
  fs::permissions(home, fs::perms(0711));
  EXPECT_THAT(exports::compare(as_made, false).why, HasSubstr("has mode 0711 now, not 0"));
}

TEST_F(FactsOfExport, are_compared_with_what_was_remembered) {
  const exports::Facts facts = put_tree("a");
  const exports::Remembered as_made{.folder = to, .name = "a", .top = facts.top, .listing = facts.listing, .changes = {}};
  using exports::Likeness;
  const auto likeness = [&](bool members) { return exports::compare(as_made, members).likeness; };
  EXPECT_EQ(likeness(true), Likeness::whole);
  write_text(home + "/bin/run", "two");
  EXPECT_EQ(likeness(false), Likeness::whole) << "the top alone was looked at";
  EXPECT_EQ(likeness(true), Likeness::changed);
  EXPECT_EQ(exports::compare(as_made, true).why, "is not as it was exported");
  fs::rename(home, to + "/a.ingot-partial-0123abcd");
  EXPECT_EQ(likeness(true), Likeness::left_over);
  fs::remove_all(to + "/a.ingot-partial-0123abcd");
  EXPECT_EQ(likeness(true), Likeness::gone);
  fs::create_symlink("b", home);
  EXPECT_EQ(exports::compare(as_made, false).why, "is a symbolic link");
}

TEST_F(FactsOfExport, tell_what_was_half_given_from_what_took_its_place) {
  put_tree("a");
  exports::Remembered half{.folder = to, .name = "a", .top = exports::half_given_top(home), .listing = {}, .changes = {}};
  using exports::Likeness;
  EXPECT_EQ(exports::compare(half, true).likeness, Likeness::half_given);
  fs::permissions(home, fs::perms::owner_all);
  EXPECT_EQ(exports::compare(half, true).likeness, Likeness::half_given) << "the mode was being given";
  fs::rename(home, to + "/was");
  fs::create_directory(home);
  EXPECT_EQ(exports::compare(half, true).likeness, Likeness::changed);
  EXPECT_THAT(exports::compare(half, true).why, HasSubstr("another one"));
  half.top = "";
  EXPECT_EQ(exports::compare(half, true).likeness, Likeness::half_given) << "as earlier versions remembered it";
}

}  // namespace
}  // namespace ingot::facts_test
