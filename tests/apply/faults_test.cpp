// A disk that fails at every operation in turn (R25, and a run that failed can simply be run again: R22).
#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <gtest/gtest.h>

#include "reconciler/io/threads.hpp"
#include "tests/apply/disturbed_apply.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/full_suite.hpp"

namespace ingot::faults_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

class faults : public DisturbedApply {
 protected:
  /// What happens at one operation of the disk.
  enum class DiskFault { fails_once, is_full_from_then_on, process_is_killed };

  /// As by SIGKILL: nothing of the product catches it, and no operation after it is done.
  struct Killed {};

  static void arm(FaultFiles& disk, std::size_t at, DiskFault fault) {
    disk.start_over();
    if (fault == DiskFault::process_is_killed) {
      disk.watch = [&disk, at](const std::string&) {
        if (disk.count() != at) return;
        disk.fail_at = 1;
        disk.for_ever = true;
        throw Killed{};
      };
      return;
    }
    disk.fail_at = at;
    disk.error = fault == DiskFault::fails_once ? EIO : ENOSPC;
    disk.for_ever = fault == DiskFault::is_full_from_then_on;
  }

  static void apply_and_account(TestServer& server, const std::vector<plan::Change>& all) {
    apply::Account account = server.apply(all);
    std::erase_if(account.failed, is_of_gone_bytes);
    EXPECT_EQ(account.done.size() + account.not_started.size() + account.failed.size(), all.size());
    if (!account.failed.empty()) { EXPECT_EQ(account.exit_code, 6) << testing::PrintToString(server.events.lines()); }
  }

  /// Applies on a disk where `fault` happens at operation number `at`; true: there were not so many operations.
  bool one_fault(std::size_t at, DiskFault fault, const std::vector<std::string>& expected) {
    const auto server = fresh();
    const std::vector<plan::Change> all = changes(*server);
    const PublishedTree before = server->tree();
    FaultFiles disk;
    server->reopen(&disk);
    arm(disk, at, fault);
    try {
      apply_and_account(*server, all);
    } catch (const Killed&) {}
    const bool never = disk.count() < at;
    const PublishedTree between = server->tree();
    EXPECT_EQ(between.faults, std::vector<std::string>()) << "a reader saw a broken tree";
    if (between.serial == before.serial) { EXPECT_EQ(between.head_digest, before.head_digest); }
    server->reopen();
    server->state().check();
    expect_the_end(*server, all, expected);
    const PublishedTree after = server->tree();
    if (after.serial == between.serial) {
      EXPECT_EQ(after.head_digest, between.head_digest) << "serial " << after.serial << " was used twice";
    }
    return never;
  }

  void sweep(DiskFault fault, std::size_t stride) {
    const std::vector<std::string> expected = undisturbed_end();
    for (std::size_t at = 1; at < 1000; at += step_of(stride)) {
      SCOPED_TRACE("operation " + std::to_string(at));
      if (one_fault(at, fault, expected)) {
        EXPECT_GT(at, bytes_are_gone_ ? 30U : 80U) << "a sweep over nothing";
        return;
      }
      if (HasFailure()) return;
    }
    FAIL() << "the sweep does not end";
  }
};

TEST_F(faults, R25_a_disk_that_fails_at_any_operation_of_a_publication_that_leaves_bytes_out_breaks_nothing) {
  bytes_are_gone_ = true;
  sweep(DiskFault::fails_once, 2);
  sweep(DiskFault::is_full_from_then_on, 3);
  sweep(DiskFault::process_is_killed, 1);
}

TEST_F(faults, R25_a_disk_that_fails_once_at_any_operation_breaks_nothing_and_a_rerun_ends_where_a_whole_run_does) {
  sweep(DiskFault::fails_once, 1);
}

TEST_F(faults, R25_a_disk_that_fails_at_any_operation_of_many_actions_that_are_recorded_together_breaks_nothing) {
  many_ = true;
  sweep(DiskFault::fails_once, 2);
  sweep(DiskFault::is_full_from_then_on, 7);
  sweep(DiskFault::process_is_killed, 3);
}

TEST_F(faults, R25_a_disk_that_fails_at_any_operation_of_a_run_that_does_much_at_once_breaks_nothing) {
  many_ = fills_a_group_ = true;
  parallel_ = 4;
  sweep(DiskFault::fails_once, 7);
  sweep(DiskFault::is_full_from_then_on, 17);
}

TEST_F(faults, R25_a_disk_that_fails_at_any_operation_of_a_run_that_gets_no_threads_breaks_nothing) {
  many_ = fills_a_group_ = true;
  parallel_ = 4;
  io::pretend_threads_run_out(0);
  sweep(DiskFault::fails_once, 11);
  sweep(DiskFault::process_is_killed, 9);
  io::pretend_threads_run_out(std::nullopt);
}

// Strides keep the sweeps short on disks where fsync is slow; each meets other operations.
TEST_F(faults, R25_a_disk_that_is_full_from_any_operation_on_breaks_nothing_and_a_rerun_ends_where_a_whole_run_does) {
  sweep(DiskFault::is_full_from_then_on, 4);
}

TEST_F(faults, R25_a_process_killed_at_any_operation_breaks_nothing_and_a_rerun_ends_where_a_whole_run_does) {
  sweep(DiskFault::process_is_killed, 2);
}

TEST_F(faults, G12_a_clock_that_jumps_at_any_operation_changes_no_more_than_times) {
  const std::vector<std::string> expected = undisturbed_end();
  for (const Seconds jump : {Seconds(400 * 86'400), Seconds(-20 * 365 * 86'400)}) {
    bool reached = true;
    for (std::size_t at = 1; reached && !HasFailure(); at += 9) {
      SCOPED_TRACE("operation " + std::to_string(at) + ", by " + std::to_string(jump.count()) + " s");
      const auto server = fresh();
      const std::vector<plan::Change> all = changes(*server);
      const std::uint64_t serial = server->tree().serial;
      FaultFiles disk;
      server->reopen(&disk);
      disk.watch = [&](const std::string&) {
        if (disk.count() == at) server->clock.time += jump;
      };
      EXPECT_EQ(server->apply(all).exit_code, 0) << testing::PrintToString(server->events.lines());
      reached = disk.count() >= at;
      EXPECT_EQ(normalised(*server), expected);
      EXPECT_EQ(server->tree().faults, std::vector<std::string>());
      EXPECT_GT(server->tree().serial, serial);
    }
  }
}

TEST_F(faults, a_full_disk_stops_copies_and_lets_removals_go_on) {
  const auto server = fresh();
  FaultFiles disk;
  server->reopen(&disk);
  disk.fail_at = 1;
  disk.error = ENOSPC;
  disk.for_ever = true;
  disk.only = "open " + server->manifest.server.store + "/staging";
  const apply::Account account =
      server->apply({add(local_image("mine", server->folder() + "/sources/mine")), register_change(oslo),
                     copy_change(oslo, "theirs"), delete_change(server->image("old"))});
  EXPECT_EQ(account.exit_code, 6);
  std::vector<std::string> lines = lines_of(account);
  EXPECT_NE(std::find(lines.begin(), lines.end(), "failed image.mine no-space"), lines.end()) << testing::PrintToString(lines);
  EXPECT_NE(std::find(lines.begin(), lines.end(), "skipped copy.oslo.theirs the disk is full"), lines.end())
      << testing::PrintToString(lines);
  EXPECT_NE(std::find(lines.begin(), lines.end(), "done image.old"), lines.end()) << testing::PrintToString(lines);
}

TEST_F(faults, init_on_a_disk_that_fails_at_any_operation_is_completed_by_the_next) {
  StandingClock clock;
  ServerSection server{.name = ServerName::of("new"),
                       .url = {},
                       .store = folder.path() + "/new/store",
                       .state = folder.path() + "/new/state/ingot.db",
                       .keys = folder.path() + "/new/keys",
                       .clients = {},
                       .targets = {},
                       .at = {}};
  for (std::size_t at = 1; at < 1000; ++at) {
    SCOPED_TRACE("operation " + std::to_string(at));
    fs::remove_all(folder.path() + "/new");
    FaultFiles faulty;
    faulty.fail_at = at;
    faulty.for_ever = true;
    try {
      apply::init_server(server, faulty, clock, [](const std::string&) {});
    } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local) << error.what(); }
    io::PosixFiles disk;
    const Card card = apply::init_server(server, disk, clock, [](const std::string&) {});
    EXPECT_EQ(apply::init_server(server, disk, clock, [](const std::string&) {}), card);
    EXPECT_EQ(read_tree(server.store + "/public").faults, std::vector<std::string>());
    if (HasFailure()) return;
    if (faulty.count() < at) {
      EXPECT_GT(at, 20U);
      return;
    }
  }
  FAIL() << "the sweep does not end";
}

}  // namespace
}  // namespace ingot::faults_test
