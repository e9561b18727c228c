// A state that is damaged, old, newer or another's (G1, G2, G5, G6): it is noticed, nothing is done on its word, and guards hold.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <sstream>

#include <unistd.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "schema/catalog/write_catalog.hpp"
#include "tests/command/rebuild_fixture.hpp"
#include "tests/support/full_suite.hpp"
#include "tests/support/process.hpp"

namespace ingot::unfit_state_test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::Rebuild;

namespace fs = std::filesystem;

TEST_F(Rebuild, G5_an_old_state_is_noticed_and_gone_forward_from) {
  three_servers();
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  write("silver/late.bin", "bytes of late");
  write("silver/secret.bin", "bytes of secret");
  manifest("silver", silver_entries() + image("late") + image("secret", "private = true\n"));
  apply("silver");
  const json before = images("silver");
  const std::uint64_t last = serial("silver");
  fs::remove_all(folder / "silver/state");
  fs::copy(folder / "backup", folder / "silver/state", fs::copy_options::recursive);
  const Ran refused = at("silver", {"apply", "--yes"});
  EXPECT_EQ(refused.exit, 6);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("older than what is published"), HasSubstr("ingot state rebuild")));
  const json told = rebuilt("silver");
  EXPECT_TRUE(told.at("kept_peers"));
  EXPECT_TRUE(fs::exists(told.at("set_aside").get<std::string>()));
  EXPECT_EQ(images("silver"), before);
  EXPECT_THAT(removals("silver"), IsEmpty());
  EXPECT_EQ(asked("silver", {"query", "subscriptions"}).at("subscriptions").size(), 1U) << "with the baseline that it had";
  apply("silver");
  EXPECT_GT(serial("silver"), last);
  EXPECT_EQ(at("iron", {"plan"}).exit, 0) << terminal.printed << terminal.said;
}

TEST_F(Rebuild, G5_exports_are_not_compared_with_an_old_state) {
  three_servers();
  // Root exports only to folders that nobody else can change: /tmp is none.
  const fs::path to = ::geteuid() == 0 ? fs::path("/root/ingot-exports-" + std::to_string(::getpid())) : folder / "exports";
  fs::create_directories(to);
  write("guard.toml", "[guard]\nexport_to = [\"" + to.string() + "\"]\n");
  ::setenv("INGOT_GUARD", (folder / "guard.toml").c_str(), 1);
  const auto exported = [&](const std::string& name, const std::string& more) {
    manifest("silver", silver_entries() + more + "[[export]]\nname = \"home\"\nimage = \"" + name + "\"\nto = \"" + to.string() +
                           "\"\nlink = \"current\"\n");
    apply("silver");
  };
  exported("own", "");
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  write("silver/late.bin", "bytes of late");
  exported("late", image("late"));
  const Ran before = at("silver", {"drift"});
  EXPECT_EQ(before.exit, 0) << before.out;
  fs::remove_all(folder / "silver/state");
  fs::copy(folder / "backup", folder / "silver/state", fs::copy_options::recursive);
  const Ran drift = at("silver", {"drift"});
  ::unsetenv("INGOT_GUARD");
  fs::remove_all(to);
  EXPECT_EQ(drift.exit, 2);
  EXPECT_THAT(drift.out, AllOf(HasSubstr("older than what is published"), testing::Not(HasSubstr("export.home"))));
}

TEST_F(Rebuild, R26_guards_hold_as_before_when_a_state_was_made_anew_or_put_back) {
  three_servers();
  const std::string more = image("c") + image("d") + image("e");
  for (const char* name : {"c", "d", "e"}) write(std::string("silver/") + name + ".bin", std::string("bytes of ") + name);
  manifest("silver", silver_entries() + more);
  apply("silver");
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  const auto expect_held = [&](const std::string& when) {
    manifest("silver", silver_entries());
    const Ran held = at("silver", {"apply", "--yes"});
    EXPECT_EQ(held.exit, 7) << when << held.err << held.out;
    EXPECT_THAT(held.out, AllOf(HasSubstr("nothing is removed"),
                                HasSubstr("removals: 3 planned, 1 allowed (limit: 5 images or 10 %, default)")))
        << when;
    EXPECT_EQ(images("silver").size(), 7U) << when;
    manifest("silver", "");
    EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 7) << when << ": an emptied manifest is refused whole";
    EXPECT_EQ(images("silver").size(), 7U) << when;
    manifest("silver", silver_entries() + more);
  };
  expect_held("before");
  lose_state("silver");
  rebuilt("silver");
  apply("silver");  // the manifest manages them again
  expect_held("after a rebuilding");
  fs::remove_all(folder / "silver/state");
  fs::copy(folder / "backup", folder / "silver/state", fs::copy_options::recursive);
  rebuilt("silver");
  manifest("silver", silver_entries());
  EXPECT_THAT(removals("silver"), IsEmpty()) << "nothing that was adopted is managed";
  manifest("silver", silver_entries() + more);
  apply("silver");
  expect_held("after a backup was put back");
  EXPECT_EQ(at("silver", {"apply", "--yes", "--raise-limit", "removals=3"}).exit, 0) << terminal.printed;
}

TEST_F(Rebuild, G5_a_state_without_the_newest_papers_is_old_though_the_head_is_the_same) {
  three_servers();
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  write("silver/secret.bin", "bytes of secret");
  manifest("silver", silver_entries() + image("secret", "private = true\n"));
  apply("silver");
  fs::remove_all(folder / "silver/state");
  fs::copy(folder / "backup", folder / "silver/state", fs::copy_options::recursive);
  const auto bytes = objects("silver");
  apply("silver", 6);  // it would give the number of those papers again
  EXPECT_EQ(at("silver", {"publish"}).exit, 6);
  EXPECT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 6);
  EXPECT_THAT(terminal.said, HasSubstr("ingot state rebuild"));
  EXPECT_EQ(objects("silver"), bytes);
  EXPECT_EQ(rebuilt("silver").at("by_papers_alone").size(), 2U);
}

TEST_F(Rebuild, G5_an_old_state_is_noticed_by_the_kept_heads_when_the_published_one_is_gone) {
  three_servers();
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"publish"}).exit, 0);
  const std::uint64_t last = serial("silver");
  put_back(folder / "backup", "silver");
  for (const bool gone : {false, true}) {
    if (gone)
      fs::remove(head("silver"));
    else
      write("silver/store/public/head.dsse", "rot");
    for (const auto& words : std::vector<std::vector<std::string>>{{"apply", "--yes"}, {"publish"}}) {
      EXPECT_EQ(at("silver", words).exit, 6) << words.front();
      EXPECT_THAT(terminal.said, HasSubstr("older than what is published")) << words.front();
    }
  }
  EXPECT_FALSE(fs::exists(head("silver"))) << "no serial is given twice";
  rebuilt("silver");
  apply("silver");
  EXPECT_GT(serial("silver"), last);
}

TEST_F(Rebuild, G5_a_floor_that_only_the_old_state_holds_is_taken_up) {
  three_servers();
  const fs::path old_gold = folder / "old-gold";
  fs::copy(folder / "gold/store/public", old_gold, fs::copy_options::recursive);
  const std::string entries = image("a", "version = \"2\"\ntype = \"T\"\n") + image("b", "parent = \"a\"\n") +
                              "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n";
  manifest("gold", entries);
  apply("gold");
  apply("silver");
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  write("silver/late.bin", "bytes of late");
  manifest("silver", silver_entries() + image("late"));
  apply("silver");
  put_back(folder / "backup", "silver");
  EXPECT_EQ(rebuilt("silver").at("floors"), 1);
  fs::remove_all(folder / "gold/store/public");
  fs::copy(old_gold, folder / "gold/store/public", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"plan"}).exit, 3) << terminal.printed;
  EXPECT_THAT(terminal.printed, HasSubstr("was seen before")) << "the older catalog is not used";
}

TEST_F(Rebuild, G5_a_copy_that_the_old_state_knows_as_removed_does_not_come_back) {
  three_servers();
  const std::string entries = silver_entries() + "[[copy]]\npeer = \"gold\"\nname = \"b\"\nkeep = false\n";
  manifest("silver", entries);
  apply("silver");
  EXPECT_EQ(images("silver").size(), 3U) << "the copy of b is removed";
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"publish"}).exit, 0);
  put_back(folder / "backup", "silver");
  EXPECT_EQ(rebuilt("silver").at("by_papers_alone"), json::array({"hidden"}));
  EXPECT_EQ(images("silver").size(), 3U);
}

TEST_F(Rebuild, K1_a_rebuild_that_was_cut_off_with_the_old_state_moved_away_goes_on_from_that) {
  three_servers();
  const std::string db = state("silver").string();
  fs::copy(db, folder / "old.db");
  write("silver/late.bin", "bytes of late");
  manifest("silver", silver_entries() + image("late"));
  apply("silver");
  for (const bool with_its_log : {false, true}) {
    lose_state("silver");
    fs::copy(folder / "old.db", db + ".old");
    std::ofstream(db + (with_its_log ? ".old-wal" : "-wal")).close();
    write("silver/state/ingot.db.new", "half made");
    const json told = rebuilt("silver");
    EXPECT_TRUE(told.at("kept_peers")) << with_its_log;
    EXPECT_EQ(read(told.at("set_aside").get<std::string>()).size(), read(folder / "old.db").size());
    for (const char* ending : {".new", ".old", ".old-wal"}) EXPECT_FALSE(fs::exists(db + ending)) << ending;
    EXPECT_THAT(at("silver", {"query", "history"}).out, HasSubstr("state rebuild"));
  }
}

TEST_F(Rebuild, gc_goes_on_when_an_apply_had_nothing_left_to_do_though_an_image_is_damaged) {
  three_servers();
  write("gold/store/" + fs::relative(packed_file(), folder / "gold/store").string(), "rot");
  lose_state("gold");
  rebuilt("gold", 6);
  fs::remove(folder / "gold/a.bin");
  fs::remove(folder / "gold/b.bin");
  manifest("gold", "");
  apply("gold", 6);
  EXPECT_EQ(at("gold", {"gc"}).exit, 0) << terminal.said;
}

TEST_F(Rebuild, gc_takes_nothing_until_an_apply_has_gone_through) {
  three_servers();
  lose_state("silver");
  rebuilt("silver");
  EXPECT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 7);
  apply("silver");
  EXPECT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
}

TEST_F(Rebuild, a_state_that_is_whole_is_left_as_it_is) {
  three_servers();
  const std::string before = read(state("silver"));
  const Ran ran = at("silver", {"state", "rebuild"});
  EXPECT_EQ(ran.exit, 7);
  EXPECT_THAT(ran.err, HasSubstr("needs no rebuilding"));
  EXPECT_EQ(read(state("silver")), before);
}

TEST_F(Rebuild, G2_a_state_of_a_newer_ingot_or_of_another_program_stays_untouched) {
  make("gold");
  const std::string good = read(state("gold"));
  for (const std::size_t place : {63U, 68U}) {  // user_version, application_id
    std::string bytes = good;
    bytes[place] = static_cast<char>(bytes[place] + 1);
    write("gold/state/ingot.db", bytes);
    for (const auto& words : std::vector<std::vector<std::string>>{{"apply", "--yes"}, {"plan"}, {"gc"}, {"state", "rebuild"}}) {
      EXPECT_EQ(at("gold", words).exit, 65) << words.front() << place << terminal.said;
    }
    EXPECT_EQ(read(state("gold")), bytes);
  }
}

TEST_F(Rebuild, G6_the_state_of_another_server_is_refused_and_stays) {
  make("gold");
  make("silver");
  fs::copy(state("silver"), state("gold"), fs::copy_options::overwrite_existing);
  const std::string bytes = read(state("gold"));
  for (const auto& words : std::vector<std::vector<std::string>>{{"apply", "--yes"}, {"plan"}, {"gc"}, {"state", "rebuild"}}) {
    EXPECT_EQ(at("gold", words).exit, 65) << words.front() << terminal.said;
  }
  EXPECT_EQ(read(state("gold")), bytes);
}

TEST_F(Rebuild, G1_a_damaged_state_is_never_applied_and_never_made_anew_silently) {
  three_servers();
  write("silver/late.bin", "bytes of late");
  const json whole = images("silver");
  manifest("silver", silver_entries() + image("late"));
  fs::copy(folder / "silver", folder / "template", fs::copy_options::recursive);
  const std::string good = read(state("silver"));
  const std::string published = read(folder / "silver/store/public/head.dsse");
  const unsigned seeds = testing_support::is_full() ? 1000 : 24;
  unsigned noticed = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
    std::string bytes = good;
    const std::size_t page = pick(bytes.size() / 4096) * 4096;
    if (seed % 3 == 0) bytes.resize(pick(bytes.size()));
    if (seed % 3 == 1)
      std::generate_n(bytes.begin() + static_cast<std::ptrdiff_t>(page), 4096, [&] { return static_cast<char>(random()); });
    if (seed % 3 == 2) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page), 4096, '\0');
    lose_state("silver");
    write("silver/state/ingot.db", bytes);
    const int exit = at("silver", {"apply", "--yes"}).exit;
    if (exit == 0) {  // the page held nothing
      EXPECT_EQ(images("silver").size(), whole.size() + 1) << seed;
      fs::remove_all(folder / "silver");
      fs::copy(folder / "template", folder / "silver", fs::copy_options::recursive);
      continue;
    }
    ++noticed;
    EXPECT_TRUE(exit == 6 || exit == 65) << seed << " " << terminal.said;
    EXPECT_EQ(read(folder / "silver/store/public/head.dsse"), published) << seed << ": nothing was applied";
    if (exit == 65) { EXPECT_THAT(terminal.said, HasSubstr("move it aside and run \"ingot state rebuild\"")) << seed; }
    if (exit != 6 || seed % 4 != 0) continue;
    EXPECT_EQ(at("silver", {"state", "rebuild"}).exit, 0) << seed << terminal.said;
    EXPECT_EQ(images("silver"), whole) << seed;
  }
  std::cout << noticed << " of " << seeds << " damaged states noticed\n";
  EXPECT_GT(noticed, seeds / 2);
}

/// Flips a bit of one value in a state, below what SQLite itself checks where that is possible. false: there is nothing to flip.
bool flip_a_bit(const fs::path& state, const std::string& table, const std::string& column, unsigned seed) {
  static const std::string script =
      "import random, sqlite3, sys\n"
      "path, table, column, seed = sys.argv[1:5]\n"
      "db = sqlite3.connect(path, isolation_level=None)\n"
      "db.execute('PRAGMA ignore_check_constraints = 1')\n"
      "kind, value = db.execute(f'SELECT typeof({column}), CAST({column} AS BLOB) FROM {table} LIMIT 1').fetchone() or ('null', "
      "b'')\n"
      "if kind == 'null' or not value: sys.exit(1)\n"
      "pick = random.Random(int(seed))\n"
      "if kind == 'integer': new = int(value) ^ (1 << pick.randrange(62))\n"
      "else:\n"
      "  at = pick.randrange(len(value))\n"
      "  new = value[:at] + bytes([value[at] ^ (1 << pick.randrange(8))]) + value[at + 1:]\n"
      "cast = 'CAST(? AS TEXT)' if kind == 'text' else '?'\n"
      "old = value if kind == 'blob' else int(value) if kind == 'integer' else value.decode()\n"
      "try: db.execute(f'UPDATE {table} SET {column} = {cast} WHERE {column} = ?', (new, old))\n"
      "except sqlite3.IntegrityError: sys.exit(1)\n";
  const testing_support::Ran ran =
      testing_support::run({.arguments = {"/usr/bin/python3", "-c", script, state.string(), table, column, std::to_string(seed)},
                            .folder = "",
                            .environment = {}});
  EXPECT_TRUE(ran.exit == 0 || ran.err.empty()) << ran.err;
  return ran.exit == 0;
}

/// "table.column" of a state.
std::vector<std::pair<std::string, std::string>> columns_of(const fs::path& state) {
  const testing_support::Ran ran =
      testing_support::run({.arguments = {"/usr/bin/python3", "-c",
                                          "import sqlite3, sys\n"
                                          "db = sqlite3.connect(sys.argv[1])\n"
                                          "for t, in db.execute(\"SELECT name FROM sqlite_schema WHERE type = 'table' AND name "
                                          "NOT LIKE 'sqlite%'\").fetchall():\n"
                                          "  for row in db.execute(f'PRAGMA table_info({t})').fetchall(): print(t, row[1])\n",
                                          state.string()},
                            .folder = "",
                            .environment = {}});
  std::vector<std::pair<std::string, std::string>> columns;
  std::istringstream words(ran.out);
  for (std::string table, column; words >> table >> column;) columns.emplace_back(table, column);
  return columns;
}

TEST_F(Rebuild, a_flipped_bit_in_any_column_is_noticed_by_the_rebuild_that_is_advised) {
  three_servers();
  const json whole = images("silver");
  const std::string good = read(state("silver"));
  const auto columns = columns_of(state("silver"));
  ASSERT_GT(columns.size(), 100U);
  const std::size_t step = testing_support::is_full() ? 1 : 7;
  unsigned refused = 0;
  for (std::size_t i = 0; i < columns.size(); i += step) {
    const auto& [table, column] = columns[i];
    const std::string what = table + "." + column;
    lose_state("silver");
    write("silver/state/ingot.db", good);
    if (!flip_a_bit(state("silver"), table, column, static_cast<unsigned>(i))) continue;
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"plan"}, {"query", "history"}, {"query", "images"}, {"publish"}, {"apply", "--yes", "--allow-empty"}}) {
      if (at("silver", words).exit != 6) continue;
      const std::string said = terminal.said;
      if (said.find("state rebuild") == std::string::npos) continue;
      ++refused;
      EXPECT_EQ(at("silver", {"state", "rebuild"}).exit, 0) << what << " " << said << terminal.said;
      EXPECT_NE(at("silver", words).exit, 6) << what << " " << terminal.said;
      if (column != "state" && column != "deleted") { EXPECT_EQ(images("silver").size(), whole.size()) << what; }
      break;
    }
  }
  std::cout << refused << " flipped bits refused\n";
  EXPECT_GT(refused, 0U);
}

TEST_F(Rebuild, of_a_state_with_a_damaged_row_all_other_rows_are_taken) {
  three_servers();
  const json subscriptions = asked("silver", {"query", "subscriptions"});
  const testing_support::Ran damaged =
      testing_support::run({.arguments = {"/usr/bin/python3", "-c",
                                          "import sqlite3, sys\n"
                                          "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                                          "db.execute(\"UPDATE image SET name = 'o n' WHERE name = 'own'\")\n",
                                          state("silver").string()},
                            .folder = "",
                            .environment = {}});
  ASSERT_EQ(damaged.exit, 0) << damaged.err;
  const Ran refused = at("silver", {"plan"});
  EXPECT_EQ(refused.exit, 6);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("is damaged: a name that is none"), HasSubstr("ingot state rebuild")));
  const json told = rebuilt("silver");
  EXPECT_EQ(told.at("left_out"), 1);
  EXPECT_TRUE(told.at("kept_peers"));
  EXPECT_EQ(asked("silver", {"query", "subscriptions"}).at("subscriptions").at(0).at("baseline"),
            subscriptions.at("subscriptions").at(0).at("baseline"));
  apply("silver");
}

}  // namespace
}  // namespace ingot::unfit_state_test
