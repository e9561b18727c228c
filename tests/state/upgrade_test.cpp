// From an older format to a newer one: from every format that the product has had, and to one that is the test's own.
#include "state/upgrade.hpp"
#include "state/engine/sqlite.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "schema/error.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot::upgrade_test {
namespace {

namespace fs = std::filesystem;

const int newest = state::newest_format(state::product_upgrades());
const state::Upgrades to_next{
    {newest + 1, "ALTER TABLE image ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'; UPDATE image SET colour = 'green'"}};

class upgrading : public StateTest {
 protected:
  upgrading() {
    add(own_row("a"));
    before = state.snapshot();
    const state::State gone = std::move(state);
  }
  state::Snapshot before;
  std::string backup = state::backup_path(path, newest);
};

TEST_F(upgrading, brings_an_old_state_to_the_new_format_after_a_backup) {
  {
    state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
    state::upgrade(database, to_next);
    EXPECT_EQ(state::recognise(database, to_next), newest + 1);
    EXPECT_EQ(database.number("SELECT count(*) FROM image WHERE colour = 'green'"), 1);
    EXPECT_EQ(database.number("PRAGMA foreign_keys"), 1);
  }
  struct stat status {};
  ASSERT_EQ(stat(backup.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const state::State old = state::State::open(backup, state::Access::read_only);
  EXPECT_EQ(old.snapshot().images, before.images);
  EXPECT_EQ(old.lineage(), lineage);
  old.check();
  EXPECT_FALSE(fs::exists(backup + ".new"));
}

TEST_F(upgrading, does_nothing_to_a_state_of_the_newest_format) {
  const auto bytes = bytes_of(path);
  {
    state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
    state::upgrade(database, state::product_upgrades());
  }
  EXPECT_EQ(bytes_of(path), bytes);
  EXPECT_FALSE(fs::exists(backup));
}

TEST_F(upgrading, does_every_step_in_order_and_in_one_go) {
  state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
  auto steps = to_next;
  steps.push_back({newest + 2, "ALTER TABLE image RENAME COLUMN colour TO color"});
  state::upgrade(database, steps);
  EXPECT_EQ(state::recognise(database, steps), newest + 2);
  EXPECT_EQ(database.number("SELECT count(*) FROM image WHERE color = 'green'"), 1);
}

TEST_F(upgrading, leaves_the_state_as_it_was_when_a_step_fails) {
  state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
  auto steps = to_next;
  steps.push_back({newest + 2, "UPDATE image SET nothing = 1"});
  try {
    state::upgrade(database, steps);
    ADD_FAILURE() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    ASSERT_FALSE(error.doing().empty());
    EXPECT_EQ(error.doing().front(), "upgrading the state to format " + std::to_string(newest + 2));
  }
  EXPECT_EQ(state::recognise(database, state::product_upgrades()), newest);
  EXPECT_THROW(database.number("SELECT count(*) FROM image WHERE colour = 'green'"), Error);
  // The next attempt keeps the first backup.
  state::upgrade(database, to_next);
  EXPECT_TRUE(fs::exists(backup));
  EXPECT_TRUE(fs::exists(backup + ".2"));
}

TEST_F(upgrading, refuses_a_step_that_breaks_references) {
  state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
  EXPECT_THROW(state::upgrade(database, {{newest + 1, "DELETE FROM object"}}), Error);
  EXPECT_EQ(database.number("SELECT count(*) FROM object"), 1);
  EXPECT_EQ(state::recognise(database, state::product_upgrades()), newest);
}

TEST_F(upgrading, needs_no_more_than_the_folder_and_says_so) {
  fs::create_directory(backup);
  fs::create_directory(backup + ".2.new");
  state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
  try {
    state::upgrade(database, to_next);
    ADD_FAILURE() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    EXPECT_EQ(error.doing().front(), "backing up the state before an upgrade");
  }
  EXPECT_EQ(state::recognise(database, state::product_upgrades()), newest);
}

/// Every column of every table, and every index.
std::vector<std::string> shape_of(const std::string& path) {
  state::Database database(state::open_sqlite(path, state::OpenMode::read_only));
  std::vector<std::string> shape;
  state::Statement rows = database.query(
      "SELECT m.type || ' ' || m.name || ' ' || coalesce(c.cid || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' "
      "|| coalesce(c.dflt_value, ''), '')"
      " FROM sqlite_schema m LEFT JOIN pragma_table_info(m.name) c WHERE m.name NOT LIKE 'sqlite_%' ORDER BY 1");
  while (rows.step()) shape.push_back(rows.next<std::string>());
  return shape;
}

TEST_F(upgrading, who_only_reads_reads_every_older_format_and_changes_nothing) {
  for (int format = state::first_format; format < newest; ++format) {
    const std::string old = folder / fmt::format("format-{}.db", format);
    {
      write_bytes(old, "");
      state::Database database(state::open_sqlite(old, state::OpenMode::read_write));
      database.run_script(bytes_of(fmt::format("{}/tests/state/old/format-{}.sql", INGOT_SOURCE_DIR, format)).c_str());
    }
    const auto bytes = bytes_of(old);
    {
      state::State state = state::State::open(old, state::Access::read_only);
      EXPECT_EQ(state.images_total(), 1U);
      EXPECT_EQ(state.snapshot().images.size(), 1U);
      EXPECT_EQ(state.runs(9).size(), 1U);
      state.check();
      EXPECT_ANY_THROW(state.begin_run({})) << "it is for reading";
    }
    EXPECT_EQ(bytes_of(old), bytes);
    EXPECT_FALSE(fs::exists(state::backup_path(old, format)));
  }
}

TEST_F(upgrading, brings_a_state_of_every_older_format_to_what_a_fresh_one_is) {
  for (int format = state::first_format; format < newest; ++format) {
    const std::string old = folder / fmt::format("format-{}.db", format);
    {
      write_bytes(old, "");
      state::Database database(state::open_sqlite(old, state::OpenMode::read_write));
      database.run_script(bytes_of(fmt::format("{}/tests/state/old/format-{}.sql", INGOT_SOURCE_DIR, format)).c_str());
      ASSERT_EQ(state::recognise(database, state::product_upgrades()), format);
    }
    const state::State upgraded = state::State::open(old, state::Access::read_write);
    upgraded.check();
    EXPECT_EQ(shape_of(old), shape_of(path));
    EXPECT_TRUE(fs::exists(state::backup_path(old, format)));
    EXPECT_EQ(upgraded.images_total(), 1U);
    EXPECT_TRUE(upgraded.snapshot().exported.empty());
    ASSERT_EQ(upgraded.runs(9).size(), 1U);
    EXPECT_EQ(upgraded.runs(9).front().start.git, std::nullopt);
    EXPECT_EQ(upgraded.runs(9).front().done, 3U);
  }
}

}  // namespace
}  // namespace ingot::upgrade_test
