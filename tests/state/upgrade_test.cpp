// From an older format to a newer one. The product has one format so far: the second one here is the test's own.
#include "state/upgrade.hpp"

#include <filesystem>

#include <sys/stat.h>

#include "schema/error.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot {
namespace {

namespace fs = std::filesystem;

const Upgrades to_two{{2, "ALTER TABLE image ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'; UPDATE image SET colour = 'green'"}};

class upgrading : public StateTest {
 protected:
  upgrading() {
    add(own_row("a"));
    before = state.snapshot();
    const State gone = std::move(state);
  }
  Snapshot before;
  std::string backup = backup_path(path, 1);
};

TEST_F(upgrading, brings_an_old_state_to_the_new_format_after_a_backup) {
  {
    Database database(path, OpenMode::read_write);
    upgrade(database, to_two);
    EXPECT_EQ(recognise(database, to_two), 2);
    EXPECT_EQ(database.number("SELECT count(*) FROM image WHERE colour = 'green'"), 1);
    EXPECT_EQ(database.number("PRAGMA foreign_keys"), 1);
  }
  struct stat status {};
  ASSERT_EQ(stat(backup.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const State old = State::open(backup, Access::read_only);
  EXPECT_EQ(old.snapshot().images, before.images);
  EXPECT_EQ(old.lineage(), lineage);
  old.check();
  EXPECT_FALSE(fs::exists(backup + ".new"));
}

TEST_F(upgrading, does_nothing_to_a_state_of_the_newest_format) {
  const auto bytes = bytes_of(path);
  {
    Database database(path, OpenMode::read_write);
    upgrade(database, {});
  }
  EXPECT_EQ(bytes_of(path), bytes);
  EXPECT_FALSE(fs::exists(backup));
}

TEST_F(upgrading, does_every_step_in_order_and_in_one_go) {
  Database database(path, OpenMode::read_write);
  auto steps = to_two;
  steps.push_back({3, "ALTER TABLE image RENAME COLUMN colour TO color"});
  upgrade(database, steps);
  EXPECT_EQ(recognise(database, steps), 3);
  EXPECT_EQ(database.number("SELECT count(*) FROM image WHERE color = 'green'"), 1);
}

TEST_F(upgrading, leaves_the_state_as_it_was_when_a_step_fails) {
  Database database(path, OpenMode::read_write);
  auto steps = to_two;
  steps.push_back({3, "UPDATE image SET nothing = 1"});
  try {
    upgrade(database, steps);
    ADD_FAILURE() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    ASSERT_FALSE(error.doing().empty());
    EXPECT_EQ(error.doing().front(), "upgrading the state to format 3");
  }
  EXPECT_EQ(recognise(database, {}), 1);
  EXPECT_THROW(database.number("SELECT count(*) FROM image WHERE colour = 'green'"), Error);
  // The next attempt keeps the first backup.
  upgrade(database, to_two);
  EXPECT_TRUE(fs::exists(backup));
  EXPECT_TRUE(fs::exists(backup + ".2"));
}

TEST_F(upgrading, refuses_a_step_that_breaks_references) {
  Database database(path, OpenMode::read_write);
  EXPECT_THROW(upgrade(database, {{2, "DELETE FROM object"}}), Error);
  EXPECT_EQ(database.number("SELECT count(*) FROM object"), 1);
  EXPECT_EQ(recognise(database, {}), 1);
}

TEST_F(upgrading, needs_no_more_than_the_folder_and_says_so) {
  fs::create_directory(backup);
  fs::create_directory(backup + ".2.new");
  Database database(path, OpenMode::read_write);
  try {
    upgrade(database, to_two);
    ADD_FAILURE() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    EXPECT_EQ(error.doing().front(), "backing up the state before an upgrade");
  }
  EXPECT_EQ(recognise(database, {}), 1);
}

}  // namespace
}  // namespace ingot
