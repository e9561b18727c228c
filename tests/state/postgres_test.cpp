// What holds for a state in PostgreSQL alone: the way there, who may use it, what is said when it cannot be had.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "schema/error.hpp"
#include "state/engine/database_lock.hpp"
#include "state/engine/postgres.hpp"
#include "state/engine/postgres_dialect.hpp"
#include "tests/state/state_fixture.hpp"
#include "tests/support/postgres_server.hpp"

namespace ingot::postgres_test {
namespace {

using testing_support::postgres;

class in_postgres : public StateTest {
 protected:
  std::string schema() const { return state::postgres_schema(place.server); }
  /// Expects an error of this kind that says `part`, and how to mend it.
  template <class Work>
  static void expect_error(const Work& work, const std::string& part, Fault fault = Fault::local) {
    try {
      work();
      ADD_FAILURE() << "nothing was refused; expected: " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), fault) << error.what();
      EXPECT_NE(error.text().find(part), std::string::npos) << error.text();
      EXPECT_FALSE(error.mend().empty()) << error.text();
    }
  }
  void expect_not_opened(const state::Place& at, const std::string& part, Fault fault = Fault::local) const {
    for (const auto access : {state::Access::read_only, state::Access::read_write})
      expect_error([&] { state::State::open(at, access); }, part, fault);
  }
  /// Of this test's states and locks.
  static void end_sessions(const std::string& which) {
    postgres().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ingot' AND " + which);
  }
  static void signal_all(const std::string& processes, int signal) {
    std::istringstream numbers(processes);
    for (pid_t process = 0; numbers >> process;) ASSERT_EQ(kill(process, signal), 0);
  }
  /// The lock of a session that was ended is free a moment later.
  state::DatabaseLock take_soon(const std::string& who) const {
    for (;;) {
      if (auto lock = state::DatabaseLock::try_take(place, who)) return *std::move(lock);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  state::Place reached_by(const std::string& url) const { return {.where = url, .server = place.server, .password = ""}; }
};

TEST_F(in_postgres, tables_have_the_columns_of_tables_sql) {
  // Each CREATE TABLE of the file, by its lines: "  name  TYPE …".
  const std::string text = testing_support::read_text(INGOT_SOURCE_DIR "/state/tables.sql");
  std::vector<std::string> expected;
  std::string table;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (second.ends_with(',')) second.pop_back();
    if (first == "CREATE" && second == "TABLE") table = third;
    if (first.starts_with(")")) table.clear();
    const std::string type = second == "INTEGER" ? "bigint" : second == "TEXT" ? "text" : second == "BLOB" ? "bytea" : "";
    if (!table.empty() && !type.empty()) expected.push_back(table + " " + first + " " + type);
  }
  ASSERT_GT(expected.size(), 100U);
  std::sort(expected.begin(), expected.end());
  std::istringstream found(postgres().sql(
      "SELECT table_name || ' ' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = '" +
      schema() + "' AND table_name NOT LIKE 'engine%'"));
  std::vector<std::string> columns;
  for (std::string line; std::getline(found, line);) columns.push_back(line);
  std::sort(columns.begin(), columns.end());
  EXPECT_EQ(columns, expected);
}

TEST_F(in_postgres, never_makes_a_state_over_another) {
  add(own_row("a"));
  expect_error([&] { state::State::create(place, lineage, self, ServerName::of("here")); }, "a schema has that name already");
  EXPECT_EQ(state::State::open(place, state::Access::read_only).images_total(), 1U);
}

TEST_F(in_postgres, names_that_differ_in_case_are_one) {
  add(own_row("Db19"));
  EXPECT_THROW(record({put(own_row("dB19"))}), Error);
  const auto found = state.live_image(ImageName::of("Db19"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name.text(), "Db19");
}

TEST_F(in_postgres, texts_that_it_cannot_hold_come_back_whole) {
  auto row = own_row("a");
  row.description = std::string("odd \xFF and \0 NUL", 15);
  row.version =
      "\xEF\xA3\xBF"
      "00";
  add(row);
  EXPECT_EQ(image("a").description, row.description);
  EXPECT_EQ(image("a").version, row.version);
}

TEST_F(in_postgres, what_is_not_there_is_named) {
  expect_not_opened({.where = place.where, .server = "nobody", .password = ""}, "the database has no such schema");
  expect_not_opened(reached_by("postgresql://postgres@/postgres?host=/nowhere"), "cannot reach the state");
  expect_not_opened(reached_by(fmt::format("postgresql://postgres@127.0.0.1:{}/postgres", testing_support::free_port())),
                    "cannot reach the state");
  expect_not_opened(reached_by(fmt::format("postgresql://postgres@127.0.0.1:{}/none", postgres().port())),
                    "cannot reach the state");
}

TEST_F(in_postgres, a_way_that_others_can_listen_on_is_refused) {
  for (const char* const mode : {"", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=disable"})
    expect_not_opened(reached_by(std::string("postgresql://u@db.example:5432/x") + mode), "leads to another machine",
                      Fault::manifest);
  expect_not_opened(reached_by("postgresql://u@127.0.0.1,db.example/x"), "leads to another machine", Fault::manifest);
  expect_not_opened(reached_by("postgresql://u@localhost/x?hostaddr=192.0.2.1"), "leads to another machine", Fault::manifest);
  expect_not_opened(reached_by("postgresql://u@/x?service=far"), "leads to another machine", Fault::manifest);
  expect_not_opened(reached_by("postgresql://u@127.example.com/x"), "leads to another machine", Fault::manifest);
}

TEST_F(in_postgres, a_password_in_the_url_is_refused_and_not_shown) {
  for (const char* const url : {"postgresql://u:hunter2@localhost/x", "postgresql://u@localhost/x?password=hunter2"}) {
    try {
      state::State::open(reached_by(url), state::Access::read_only);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::manifest);
      EXPECT_NE(error.text().find("holds a password"), std::string::npos) << error.text();
      EXPECT_EQ((error.text() + error.mend()).find("hunter2"), std::string::npos) << error.text();
    }
  }
}

TEST_F(in_postgres, who_has_no_rights_is_told) {
  postgres().sql("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN");
  expect_not_opened(reached_by(postgres().url_for("stranger")), "no rights for the state");
  postgres().sql("GRANT USAGE ON SCHEMA \"" + schema() + "\" TO stranger");
  expect_not_opened(reached_by(postgres().url_for("stranger")), "no rights for the state");
  postgres().sql("DROP OWNED BY stranger; DROP ROLE stranger");
}

TEST_F(in_postgres, what_is_no_state_or_of_a_newer_ingot_is_left_alone) {
  const std::string in_it = "SET search_path = \"" + schema() + "\"; ";
  postgres().sql(in_it + "UPDATE engine SET format = 99");
  expect_not_opened(place, "was made by a newer ingot (format 99", Fault::manifest);
  postgres().sql(in_it + "UPDATE engine SET application = 1");
  expect_not_opened(place, "is not a state of ingot", Fault::manifest);
  postgres().sql(in_it + "DROP TABLE engine");
  expect_not_opened(place, "is not a state of ingot", Fault::manifest);
}

TEST_F(in_postgres, a_damaged_value_is_noticed) {
  add(own_row("a"));
  postgres().sql("UPDATE \"" + schema() + "\".image SET name = '../x'");
  expect_error([&] { static_cast<void>(state.snapshot()); }, "a name that is none");
}

TEST_F(in_postgres, a_session_that_was_ended_is_an_error_and_its_transaction_is_gone) {
  add(own_row("a"));
  end_sessions("true");
  expect_error([&] { record({put(own_row("b"))}); }, "cannot reach the state");
  expect_error([&] { static_cast<void>(state.snapshot()); }, "cannot reach the state");
  EXPECT_EQ(state::State::open(place, state::Access::read_write).images_total(), 1U);
}

TEST_F(in_postgres, a_writer_that_never_ends_is_waited_for_and_named) {
  state::State other = state::State::open(place, state::Access::read_write);
  state.finish_publish({.serial = state.reserve_serial(0), .head = {}, .index = {}, .expires = at(1), .copies_published = false},
                       [&] { expect_error([&] { other.note_caught_up(); }, "another program holds it"); });
}

TEST_F(in_postgres, large_tables_are_read_in_portions_and_visitors_may_ask_meanwhile) {
  state::Effects effects;
  for (int i = 0; i < 2'500; ++i) effects.emplace_back(put(own_row("image" + std::to_string(i))));
  record(effects);
  int seen = 0;
  state.each_object([&](const state::ObjectRow& row) {
    if (++seen % 500 == 0) EXPECT_EQ(state.live_images_of(row.digest).size(), 1U);
  });
  EXPECT_EQ(seen, 2'500);
  EXPECT_EQ(state.snapshot().images.size(), 2'500U);
  publish();
  EXPECT_EQ(catalog_of(state).images.size(), 2'500U);
}

TEST_F(in_postgres, R30_one_run_holds_the_lock_and_the_others_learn_who) {
  EXPECT_EQ(state::DatabaseLock::holder(place), std::nullopt);
  {
    auto lock = state::DatabaseLock::try_take(place, "apply by me");
    ASSERT_TRUE(lock);
    EXPECT_TRUE(lock->still_held());
    EXPECT_FALSE(state::DatabaseLock::try_take(place, "apply by you"));
    EXPECT_EQ(state::DatabaseLock::holder(place), "apply by me");
  }
  EXPECT_EQ(state::DatabaseLock::holder(place), std::nullopt);
  const auto next = state::DatabaseLock::try_take(place, "apply by you");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->fence().number, 2);
}

TEST_F(in_postgres, R30_a_run_that_lost_its_session_records_nothing_more) {
  auto lock = state::DatabaseLock::try_take(place, "first");
  ASSERT_TRUE(lock);
  state.hold_to(lock->fence());
  add(own_row("a"));
  end_sessions("query LIKE '%fence + 1%'");
  EXPECT_FALSE(lock->still_held());
  expect_error([&] { add(own_row("b")); }, "this run lost its session");
  EXPECT_EQ(state::State::open(place, state::Access::read_only).images_total(), 1U);
}

TEST_F(in_postgres, R30_a_run_whose_session_ended_unnoticed_records_nothing_more) {
  auto lock = state::DatabaseLock::try_take(place, "first");
  ASSERT_TRUE(lock);
  state.hold_to(lock->fence());
  add(own_row("a"));
  end_sessions("query LIKE '%fence + 1%'");
  while (state::DatabaseLock::holder(place)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  expect_error([&] { add(own_row("b")); }, "this run lost its session");
}

TEST_F(in_postgres, R30_a_run_that_was_asleep_while_another_took_over_records_nothing_more) {
  auto lock = state::DatabaseLock::try_take(place, "first");
  ASSERT_TRUE(lock);
  state.hold_to(lock->fence());
  end_sessions("query LIKE '%fence + 1%'");
  state::State other = state::State::open(place, state::Access::read_write);
  const auto next = take_soon("second");
  other.hold_to(next.fence());
  expect_error([&] { add(own_row("a")); }, "this run lost its session");
  other.note_caught_up();
}

TEST_F(in_postgres, R30_a_run_whose_network_is_frozen_ends_soon) {
  auto lock = state::DatabaseLock::try_take(place, "first");
  ASSERT_TRUE(lock);
  state.hold_to(lock->fence());
  const std::string processes = postgres().sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'ingot'");
  signal_all(processes, SIGSTOP);
  std::thread writer([this] { expect_error([&] { add(own_row("a")); }, ""); });
  EXPECT_FALSE(lock->still_held());
  writer.join();
  signal_all(processes, SIGCONT);
  expect_error([&] { add(own_row("a")); }, "this run lost its session");
}

/// Something in every kind of table, a text that the database cannot hold, a tombstone and a number that is given no more.
class moving : public in_postgres {
 protected:
  moving() {
    record({state::PutRegistration{registration(server_id(2), "there"), {}},
            state::PutSubscription{subscription(server_id(2), SelectAll{}, "subscription.there.all")},
            state::PutType{TypeName::of("DB_PSU"), TypeName::of("LINUXOS"), true}});
    auto odd = own_row("odd");
    odd.description = "\xFF";
    record({put(odd), put(own_row("a")), put(own_row("gone")), put(copy_row(server_id(2), "copy", 7))});
    record({state::DropImage{image("gone").key},
            state::PutSeries{{.name = SeriesName::of("s"),
                              .managed = true,
                              .members = {{image("a").key, ImageName::of("a")}},
                              .follow = {},
                              .wanted = {"a"}}},
            state::PutUpload{{.place = "s3", .serial = 1, .etag = "e"}},
            state::PutUploaded{.place = "s3", .row = {.path = "b/\xFE", .piece = {}, .etag = "e", .unneeded_since = {}}}});
    state.raise_floor({.id = server_id(2), .epoch = 1, .serial = 1, .head = {}, .root_version = 1, .issued = reached(1)});
    publish();
  }
  static Time reached(std::int64_t second) { return Time{Seconds(second)}; }
  state::Place in_a_file(const std::string& file) const { return {.where = folder / file, .server = "x", .password = ""}; }
  static void expect_equal(const state::State& one, const state::State& other) {
    const state::Snapshot first = one.snapshot(), second = other.snapshot();
    EXPECT_EQ(first.lineage, second.lineage);
    EXPECT_EQ(first.generation, second.generation);
    EXPECT_EQ(first.images, second.images);
    EXPECT_EQ(first.series, second.series);
    EXPECT_EQ(first.registrations, second.registrations);
    EXPECT_EQ(first.subscriptions, second.subscriptions);
    EXPECT_EQ(one.newest_action(), other.newest_action());
    EXPECT_EQ(one.floors(), other.floors());
    EXPECT_EQ(catalog_of(one, true).images, catalog_of(other, true).images);
    EXPECT_EQ(one.uploaded("s3"), other.uploaded("s3"));
    EXPECT_EQ(one.run("run-0")->actions.size(), other.run("run-0")->actions.size());
  }
};

TEST_F(moving, to_a_file_and_back_nothing_is_lost) {
  EXPECT_GT(state.move_to(in_a_file("there.db"), reached(7)), 10U);
  EXPECT_EQ(state.moved()->place, folder / "there.db");
  EXPECT_EQ(state.moved()->at, reached(7));
  EXPECT_TRUE(state.moved()->finished);
  state::State there = state::State::open(in_a_file("there.db"), state::Access::read_write);
  there.check();
  EXPECT_EQ(there.moved().has_value(), false);
  expect_equal(state, there);
  const state::Place back{.where = place.where, .server = place.server + "b", .password = ""};
  there.move_to(back, reached(8));
  state::State here = state::State::open(back, state::Access::read_write);
  expect_equal(there, here);
  // Keys go on behind those of what is gone.
  state = std::move(here);
  const auto last = image("copy").key;
  EXPECT_GT(add(own_row("next")), last);
}

TEST_F(moving, happens_once_and_never_over_something) {
  testing_support::write_text(folder / "there.db", "something");
  expect_error([&] { state.move_to(in_a_file("there.db"), reached(7)); }, "a state is there already");
  expect_error([&] { state.move_to(place, reached(7)); }, "a state is there already");
  EXPECT_EQ(state.moved().has_value(), false);
  state.move_to(in_a_file("other.db"), reached(7));
  expect_error([&] { state.move_to(in_a_file("other.db"), reached(7)); }, "was moved to");
  expect_error([&] { state.move_to(in_a_file("third.db"), reached(8)); }, "was moved to");
}

TEST_F(moving, one_that_was_cut_off_is_finished_by_the_next) {
  testing_support::write_text(folder / "there.db", "");  // what is in the way only when the new state gets its name
  EXPECT_THROW(state.move_to(in_a_file("there.db"), reached(7)), Error);
  EXPECT_EQ(state.moved()->place, folder / "there.db");
  EXPECT_FALSE(state.moved()->finished);
  expect_error([&] { state.move_to(in_a_file("third.db"), reached(8)); }, "cut off before its end");
  std::filesystem::remove(folder / "there.db");
  EXPECT_EQ(state.move_to(in_a_file("there.db"), reached(9)), 0U);
  EXPECT_TRUE(state.moved()->finished);
  expect_equal(state, state::State::open(in_a_file("there.db"), state::Access::read_only));
}

TEST_F(moving, one_that_was_cut_off_after_the_new_state_got_its_name_is_finished_too) {
  state.move_to(in_a_file("there.db"), reached(7));
  postgres().sql("UPDATE \"" + schema() + "\".moved SET finished = 0");
  EXPECT_EQ(state.move_to(in_a_file("there.db"), reached(9)), 0U);
  EXPECT_EQ(state.moved()->at, reached(7));
  postgres().sql("UPDATE \"" + schema() + "\".moved SET finished = 0");
  std::filesystem::remove(folder / "there.db");
  state::State::create(folder / "there.db", std::string(32, 'b'), server_id(9), ServerName::of("another"));
  expect_error([&] { state.move_to(in_a_file("there.db"), reached(9)); }, "was moved to");
}

TEST_F(moving, R30_what_this_machine_knows_of_peers_goes_along) {
  const state::KnownToAll known{
      .id = server_id(2), .head = "head", .url = "https://there/", .fetched = reached(3), .evidence = "two heads"};
  const state::Place there{.where = place.where, .server = place.server + "c", .password = ""};
  state.move_to(there, reached(7), {known});
  EXPECT_THAT(state::State::open(there, state::Access::read_only).known_to_all(), testing::ElementsAre(known));
}

TEST_F(in_postgres, R30_what_one_machine_knows_of_peers_the_others_know) {
  EXPECT_TRUE(state.is_shared());
  EXPECT_TRUE(state.known_to_all().empty());
  const state::KnownToAll one{.id = server_id(1), .head = "head 1"};
  state::KnownToAll two{.id = server_id(2), .head = "head 2", .url = "https://two/", .fetched = Time{Seconds(5)}};
  state.make_known_to_all({one, two});
  two.head = "head 3";
  two.evidence = "e";
  state.make_known_to_all({two});
  const state::State other = state::State::open(place, state::Access::read_only);
  EXPECT_THAT(other.known_to_all(), testing::UnorderedElementsAre(one, two));
}

TEST(postgres_dialect, numbers_parameters_and_knows_no_case) {
  EXPECT_EQ(state::postgres_query("a = ? AND b = ?"), "a = $1 AND b = $2");
  EXPECT_EQ(state::postgres_query("a = ?2 AND b = ?1 AND c = '?'"), "a = $2 AND b = $1 AND c = '?'");
  EXPECT_EQ(state::postgres_query("WHERE name = ? COLLATE NOCASE"), "WHERE lower(name) = lower($1 COLLATE \"C\")");
}

TEST(postgres_dialect, a_name_that_makes_no_schema_is_refused) {
  EXPECT_EQ(state::postgres_schema("fpps-1"), "ingot_fpps-1");
  EXPECT_NO_THROW(state::postgres_schema(std::string(57, 'a')));
  EXPECT_THROW(state::postgres_schema(std::string(58, 'a')), Error);
}

}  // namespace
}  // namespace ingot::postgres_test
