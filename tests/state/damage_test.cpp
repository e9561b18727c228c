// Whatever is wrong in the file: a value or Error{local}, never a crash or another exception.
#include <random>

#include "schema/error.hpp"
#include "state/engine/sqlite.hpp"
#include "tests/state/failing_disk.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot::damage_test {
namespace {

class damage : public StateTest {
 protected:
  /// Every table, several pages.
  void fill() {
    state::Effects effects{state::PutRegistration{registration(server_id(2), "there"), {}},
                           state::PutSubscription{subscription(server_id(2), SelectAll{}, "subscription.there.all")},
                           state::PutType{TypeName::of("DB_PSU"), TypeName::of("LINUXOS"), true}};
    for (Serial i = 1; i <= 150; ++i) {
      effects.emplace_back(put(own_row("own" + std::to_string(i))));
      effects.emplace_back(put(copy_row(server_id(2), "copy" + std::to_string(i), i)));
    }
    const auto keys = record(effects);
    state::SeriesRow series{.name = SeriesName::of("s"), .managed = true, .members = {}, .follow = {}, .wanted = {"own1"}};
    for (const auto key : keys) series.members.push_back({key, ImageName::of("x")});
    record({state::PutSeries{series}});
    auto row = image("own1");
    for (const auto next : {ImageState::testable, ImageState::restricted, ImageState::published}) {
      row.state = next;
      record({state::ChangeImage{row}});
      publish();
    }
    record({state::DropImage{image("own2").key}});
    state.raise_floor({.id = server_id(2), .epoch = 1, .serial = 1, .head = {}, .root_version = 1, .issued = at(1)});
    publish();
  }
  /// Reads everything there is.
  static void read_all(const std::string& file) {
    const state::State opened = state::State::open(file, state::Access::read_only);
    static_cast<void>(opened.snapshot());
    static_cast<void>(
        opened.snapshot({.without_copies_of = {server_id(2)}, .publish_copies = true, .but_names = {ImageName::of("own1")}}));
    static_cast<void>(catalog_of(opened, true));
    opened.each_object([](const state::ObjectRow&) {});
    opened.each_public_object(true, [](const state::ObjectRow&) {});
    for (const auto& one : opened.runs(100)) static_cast<void>(opened.run(one.start.id));
    static_cast<void>(opened.published());
    static_cast<void>(opened.floor(server_id(2)));
    static_cast<void>(opened.revision_of(server_id(2)));
    opened.check();
  }
};

TEST_F(damage, flipped_bytes_anywhere_are_survived) {
  fill();
  { const state::State gone = std::move(state); }
  const auto good = bytes_of(path);
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  const std::string file = folder.path() + "/flipped.db";
  int noticed = 0;
  for (int i = 0; i < 200; ++i) {
    auto bytes = good;
    const auto place = std::uniform_int_distribution<std::size_t>(0, bytes.size() - 1)(random);
    bytes[place] = static_cast<char>(bytes[place] ^ static_cast<char>(std::uniform_int_distribution<int>(1, 255)(random)));
    write_bytes(file, bytes);
    try {
      read_all(file);
    } catch (const Error& error) {
      ++noticed;
      const bool whose = place >= 60 && place < 72;  // in the header: of a newer ingot, or of no ingot at all
      ASSERT_TRUE(error.fault() == Fault::local || (whose && error.fault() == Fault::manifest))
          << "byte " << place << ": " << error.what();
      ASSERT_NE(error.text().find(file), std::string::npos) << error.text();
    }
  }
  EXPECT_GT(noticed, 0);
  std::cout << "[ seed     ] " << seed << ", noticed " << noticed << " of 200 in " << good.size() << " bytes\n";
}

TEST_F(damage, files_cut_anywhere_are_refused) {
  fill();
  { const state::State gone = std::move(state); }
  const auto good = bytes_of(path);
  const std::string file = folder.path() + "/cut.db";
  for (std::size_t length = 1; length < good.size(); length += good.size() / 50) {
    write_bytes(file, good.substr(0, length));
    try {
      read_all(file);
      ADD_FAILURE() << "nothing was noticed at " << length;
    } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local) << length << ": " << error.what(); }
  }
}

TEST_F(damage, D4_a_disk_that_reports_an_error_at_any_read_is_no_damage) {
  fill();
  { const state::State gone = std::move(state); }
  int reads = 0;
  {
    const testing_support::FailingDisk whole;
    read_all(path);
    reads = whole.reads();
  }
  ASSERT_GT(reads, 20);
  for (int at = 1; at <= reads; ++at) {
    const testing_support::FailingDisk failing(at);
    try {
      read_all(path);
      ADD_FAILURE() << "read " << at << " failed, and nothing was said";
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::local) << at;
      EXPECT_NE(error.code(), Code::damaged_state) << at << ": " << error.text();
    }
  }
}

struct Spoil {
  const char* name;
  const char* sql;
  const char* part;
};
void PrintTo(const Spoil& spoil, std::ostream* out) { *out << spoil.name; }

class spoilt_values : public damage, public testing::WithParamInterface<Spoil> {};

TEST_P(spoilt_values, are_noticed) {
  fill();
  { const state::State gone = std::move(state); }
  {
    state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
    database.run_script("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
    database.run_script(GetParam().sql);
  }
  try {
    read_all(path);
    ADD_FAILURE() << "nothing was noticed";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    EXPECT_NE(error.text().find(GetParam().part), std::string::npos) << error.text();
  }
}

INSTANTIATE_TEST_SUITE_P(
    damage, spoilt_values,
    testing::Values(Spoil{"name", "UPDATE image SET name = '../x' WHERE key = 1", "a name that is none"},
                    Spoil{"state", "UPDATE image SET state = 'FINE' WHERE key = 1", "an unknown state"},
                    Spoil{"kind", "UPDATE image SET kind = 'x' WHERE key = 1", "an unknown kind"},
                    Spoil{"labels", "UPDATE image SET labels = 'odd' WHERE key = 1", "labels that are none"},
                    Spoil{"past_states", "UPDATE image SET past_states = char(65, 10, 66, 10) WHERE key = 1",
                          "states of an image"},
                    Spoil{"digest", "UPDATE object SET digest = x'00' WHERE number = 1", "a digest has a wrong length"},
                    Spoil{"object", "DELETE FROM object WHERE number = 1", "a digest is missing"},
                    Spoil{"time", "UPDATE image SET arrived = -1 WHERE key = 1", "out of its range"},
                    Spoil{"serial", "UPDATE image SET listed = -1 WHERE key = 1", "out of its range"},
                    Spoil{"circle",
                          "UPDATE image SET listed = NULL, identity_created = NULL, parent = 5 WHERE key = 5;"
                          "UPDATE image SET parent = 5 WHERE key = 7",
                          "lineage runs in a circle"},
                    Spoil{"parent", "UPDATE image SET parent = 99999 WHERE key = 1", "a parent is missing"},
                    Spoil{"selector", "UPDATE subscription SET kind = 'none'", "selects nothing"},
                    Spoil{"urls", "UPDATE registration SET urls = 'no end'", "a list that is none"},
                    Spoil{"code", "UPDATE action SET code = 'dance'", "an unknown code"},
                    Spoil{"verb", "UPDATE action SET verb = 'dance'", "an unknown verb"},
                    Spoil{"member", "UPDATE series_member SET image = 99999 WHERE position = 0", "a text is missing"},
                    Spoil{"meta", "DELETE FROM meta", "does not say whose it is"},
                    Spoil{"table", "DROP TABLE floor", "no such table"},
                    Spoil{"reference", "UPDATE image SET subscription = 77 WHERE key = 1", "leads nowhere"},
                    Spoil{"type", "DELETE FROM imagetype; UPDATE image SET type = 'DB_PSU' WHERE key = 1", "is missing"}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace ingot::damage_test
