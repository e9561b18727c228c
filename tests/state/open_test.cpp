// Opening: what is no state is refused and left as it is; a state can be read where nothing can be written.
#include "schema/error.hpp"

#include <filesystem>
#include <set>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/engine/sqlite.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot::open_test {
namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

/// Expects an error that says `part` and how to mend it.
template <class Work>
void expect_local(Work work, const std::string& part, Fault fault = Fault::local) {
  try {
    work();
    ADD_FAILURE() << "nothing was refused; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), fault) << error.what();
    EXPECT_NE(error.text().find(part), std::string::npos) << error.text();
    EXPECT_FALSE(error.mend().empty()) << error.text();
  }
}

/// Both ways of opening refuse the file and leave it, and its folder, as they are.
void expect_left_alone(const std::string& path, const std::string& part, Fault fault = Fault::local) {
  const auto bytes = bytes_of(path);
  const auto names = names_in(fs::path(path).parent_path());
  for (const auto access : {state::Access::read_only, state::Access::read_write})
    expect_local([&] { state::State::open(path, access); }, part, fault);
  EXPECT_EQ(bytes_of(path), bytes);
  EXPECT_EQ(names_in(fs::path(path).parent_path()), names);
}

/// Runs `work` in a child that may not write what is not its own; gives its exit code.
template <class Work>
int as_nobody(const std::string& folder, const Work& work) {
  constexpr uid_t nobody = 65534;
  if (geteuid() == 0) {
    for (const auto& entry : fs::directory_iterator(folder)) EXPECT_EQ(chown(entry.path().c_str(), nobody, nobody), 0);
    EXPECT_EQ(chown(folder.c_str(), nobody, nobody), 0);
  }
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0)) _exit(99);
    try {
      _exit(work());
    } catch (const Error& error) { _exit(error.fault() == Fault::local ? 6 : 1); } catch (...) {
      _exit(98);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class opening : public StateTest {
 protected:
  void close() { state::State gone = std::move(state); }
  /// A program that dies with what it wrote still in the log.
  void die_after_adding(const std::string& name) {
    close();
    const pid_t child = fork();
    if (child == 0) {
      state::State dying = state::State::open(path, state::Access::read_write);
      dying.record({put(own_row(name))});
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ASSERT_TRUE(fs::exists(path + "-wal"));
  }
};

TEST_F(opening, makes_a_private_file_and_leaves_nothing_beside_it) {
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  close();
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"ingot.db"});
}

TEST_F(opening, never_makes_a_state_over_something) {
  close();
  const auto bytes = bytes_of(path);
  expect_local([&] { state::State::create(path, lineage, self, ServerName::of("here")); }, "has that name already");
  EXPECT_EQ(bytes_of(path), bytes);
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"ingot.db"});
  fs::rename(path, path + "-wal");
  expect_local([&] { state::State::create(path, lineage, self, ServerName::of("here")); }, "is left of another one");
  expect_local([&] { state::State::create(folder.path() + "/none/x.db", lineage, self, ServerName::of("here")); },
               "No such file");
}

TEST_F(opening, begins_anew_after_a_crash_while_making_one) {
  close();
  const std::string other = folder.path() + "/other.db";
  write_bytes(other + ".new", "half");
  state::State::create(other, lineage, self, ServerName::of("here")).check();
  EXPECT_FALSE(fs::exists(other + ".new"));
}

TEST_F(opening, never_makes_a_state_that_is_missing) {
  const std::string none = folder.path() + "/none.db";
  for (const auto access : {state::Access::read_only, state::Access::read_write}) {
    expect_local([&] { state::State::open(none, access); }, "there is no state");
  }
  EXPECT_FALSE(fs::exists(none));
}

TEST_F(opening, refuses_what_is_no_whole_state_and_leaves_it_alone) {
  close();
  const auto good = bytes_of(path);
  write_bytes(path, "");
  expect_left_alone(path, "is empty");
  write_bytes(path, std::string(8192, 'x'));
  expect_left_alone(path, "is damaged");
  write_bytes(path, good.substr(0, good.size() / 2));
  expect_left_alone(path, "is damaged");
  write_bytes(path, good.substr(0, 50));
  expect_left_alone(path, "is damaged");
}

TEST_F(opening, refuses_other_databases_and_newer_formats) {
  close();
  {
    state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
    database.engine().set_format(database, 5);
  }
  expect_left_alone(path, "was made by a newer ingot (format 5, this one knows 4)", Fault::manifest);
  {
    state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
    database.engine().set_format(database, 0);
  }
  expect_left_alone(path, "its format is 0");
  {
    state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
    database.run_script("PRAGMA application_id = 7");
  }
  expect_left_alone(path, "is not a state of ingot", Fault::manifest);
}

TEST_F(opening, D12_refuses_a_state_with_two_names_and_a_link) {
  close();
  fs::create_hard_link(path, folder.path() + "/second");
  expect_left_alone(path, "has 2 names");
  fs::remove(folder.path() + "/second");
  fs::create_symlink(path, folder.path() + "/link");
  expect_left_alone(folder.path() + "/link", "is a symbolic link");
  expect_local([&] { state::State::open(folder.path(), state::Access::read_only); }, "is not a regular file");
}

TEST_F(opening, a_reader_leaves_no_file_behind) {
  add(own_row("a"));
  close();
  const auto bytes = bytes_of(path);
  { EXPECT_EQ(state::State::open(path, state::Access::read_only).snapshot().images.size(), 1U); }
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"ingot.db"});
  EXPECT_EQ(bytes_of(path), bytes);
}

TEST_F(opening, a_reader_cannot_change_anything) {
  close();
  state::State reader = state::State::open(path, state::Access::read_only);
  expect_local([&] { reader.record({put(own_row("a"))}); }, "read-only");
  EXPECT_TRUE(reader.snapshot().images.empty());
}

TEST_F(opening, a_reader_sees_what_a_dead_writer_committed_and_leaves_the_log_to_the_next_writer) {
  die_after_adding("a");
  const auto bytes = bytes_of(path);
  { EXPECT_EQ(state::State::open(path, state::Access::read_only).snapshot().images.size(), 1U); }
  EXPECT_EQ(bytes_of(path), bytes);
  { EXPECT_EQ(state::State::open(path, state::Access::read_write).snapshot().images.size(), 1U); }
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"ingot.db"});
}

TEST_F(opening, can_be_read_where_nothing_can_be_written) {
  add(own_row("a"));
  close();
  const auto names = names_in(folder.path());
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  ASSERT_EQ(chmod(path.c_str(), 0400), 0);
  EXPECT_EQ(
      as_nobody(folder.path(),
                [&] { return static_cast<int>(state::State::open(path, state::Access::read_only).snapshot().images.size()); }),
      1);
  EXPECT_EQ(as_nobody(folder.path(),
                      [&] {
                        state::State::open(path, state::Access::read_write).record({put(own_row("b"))});
                        return 0;
                      }),
            6);
  EXPECT_EQ(names_in(folder.path()), names);
}

TEST_F(opening, never_reads_past_a_log_that_it_cannot_take_in) {
  die_after_adding("a");
  fs::remove(path + "-shm");
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_EQ(
      as_nobody(folder.path(),
                [&] { return static_cast<int>(state::State::open(path, state::Access::read_only).snapshot().images.size()); }),
      6);
}

TEST_F(opening, strange_names_are_only_names) {
  close();
  for (const char* const name : {"file:x?mode=memory", ":memory:", "a b%20#?.db", "-wal"}) {
    const std::string strange = folder.path() + "/" + name;
    fs::copy_file(path, strange);
    EXPECT_EQ(state::State::open(strange, state::Access::read_only).lineage(), lineage) << name;
    const state::Database reader(state::open_sqlite(strange, state::OpenMode::immutable));
    EXPECT_TRUE(fs::exists(strange));
    fs::remove(strange);
  }
}

TEST_F(opening, another_writer_is_noticed_not_overwritten) {
  state::State other = state::State::open(path, state::Access::read_write);
  other.record({put(own_row("a"))});
  expect_local([&] { state.record({put(own_row("b"))}); }, "was changed by another program");
  expect_local([&] { state.reserve_serial(0); }, "was changed by another program");
  EXPECT_EQ(state.snapshot().images.size(), 1U);
  EXPECT_EQ(state.generation(), 1U);
}

TEST_F(opening, a_writer_that_holds_the_state_is_named) {
  state::Database holder(state::open_sqlite(path, state::OpenMode::read_write));
  const state::Transaction held(holder, state::Transaction::Kind::write);
  state::Database other(state::open_sqlite(path, state::OpenMode::read_write));
  other.run_script("PRAGMA busy_timeout = 0");
  expect_local([&] { const state::Transaction second(other, state::Transaction::Kind::write); }, "another program holds it");
}

TEST_F(opening, a_full_disk_is_named_and_changes_nothing) {
  close();
  state::Database database(state::open_sqlite(path, state::OpenMode::read_write));
  database.run_script("PRAGMA max_page_count = 1");
  expect_local(
      [&] {
        state::Transaction transaction(database, state::Transaction::Kind::write);
        for (int i = 0; i < 1'000; ++i) {
          database.execute(
              "INSERT INTO run (id, started, command, actor, manifest_path, manifest_digest, plan_id, planned)"
              " VALUES (?, 1, 'apply', '', '', ?, '', 0)",
              "run " + std::to_string(i), digest_of("x"));
        }
        transaction.commit();
      },
      "the disk is full");
  EXPECT_FALSE(database.in_transaction());
  EXPECT_EQ(database.number("SELECT count(*) FROM run"), 0);
}

TEST_F(opening, a_reader_beside_a_writer_sees_before_or_after) {
  constexpr int rounds = 30;
  std::thread writer([&] {
    for (int i = 0; i < rounds; ++i) state.record({put(own_row("a" + std::to_string(i))), put(own_row("b" + std::to_string(i)))});
  });
  std::size_t last = 0;
  while (last < 2 * rounds) {
    const auto seen = state::State::open(path, state::Access::read_only).snapshot();
    EXPECT_EQ(seen.images.size() % 2, 0U);
    EXPECT_EQ(seen.images.size(), seen.images_total);
    EXPECT_EQ(seen.images.size(), 2 * seen.generation);
    EXPECT_GE(seen.images.size(), last);
    last = seen.images.size();
    if (testing::Test::HasFailure()) break;
  }
  writer.join();
}

TEST_F(opening, threads_of_one_program_take_turns) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 5; ++i) {
        state.record({put(own_row("i" + std::to_string(t) + "-" + std::to_string(i)))});
        static_cast<void>(state.snapshot());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(state.snapshot().images_total, 20U);
  EXPECT_EQ(state.generation(), 20U);
}

}  // namespace
}  // namespace ingot::open_test
