// The link moves by one rename, and only a link is ever replaced.
#include "reconciler/exports/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/error.hpp"
#include "tests/exports/exporting.hpp"
#include "tests/support/process.hpp"

namespace ingot::link_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

class Link : public testing::Test, protected Exporting {
 protected:
  Link() { fs::create_directories(to); }
  std::string target() const {
    const auto found = exports::link_at(to, "current");
    return std::holds_alternative<exports::LinkTarget>(found) ? std::get<exports::LinkTarget>(found).text : "none";
  }
};

TEST_F(Link, is_made_moved_and_removed) {
  EXPECT_EQ(target(), "none");
  exports::point_link(to, "current", "a");
  EXPECT_EQ(target(), "a");
  exports::point_link(to, "current", "b");
  EXPECT_EQ(target(), "b");
  exports::remove_link(to, "current");
  EXPECT_EQ(target(), "none");
  exports::remove_link(to, "current");
  EXPECT_TRUE(fs::is_empty(to));
}

TEST_F(Link, never_takes_the_place_of_anything_else) {
  fs::create_directory(to + "/current");
  EXPECT_EQ(std::get<exports::Unfit>(exports::link_at(to, "current")).why, "is a folder");
  for (const auto act : {+[](const std::string& to) { exports::point_link(to, "current", "a"); },
                         +[](const std::string& to) { exports::remove_link(to, "current"); }}) {
    try {
      act(to);
      FAIL() << "nothing was refused";
    } catch (const Error& error) { EXPECT_EQ(error.code(), Code::in_the_way); }
  }
  EXPECT_TRUE(fs::is_directory(to + "/current"));
}

TEST_F(Link, clears_away_what_a_dead_run_left) {
  fs::create_symlink("a", to + "/current.ingot-partial-0123abcd");
  fs::create_symlink("a", to + "/other.ingot-partial-0123abcd");
  exports::point_link(to, "current", "b");
  EXPECT_FALSE(fs::is_symlink(to + "/current.ingot-partial-0123abcd"));
  EXPECT_TRUE(fs::is_symlink(to + "/other.ingot-partial-0123abcd"));
}

TEST_F(Link, of_a_folder_that_is_gone_is_absent) {
  EXPECT_TRUE(std::holds_alternative<exports::Absent>(exports::link_at(to + "/gone", "current")));
  EXPECT_THROW(exports::point_link(to + "/gone", "current", "a"), Error);
}

}  // namespace
}  // namespace ingot::link_test
