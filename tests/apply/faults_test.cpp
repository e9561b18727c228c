// A disk that fails at every operation in turn (R25, and a run that failed can simply be run again: R22).
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "reconciler/transfer/copy_image.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

/// What must be the same after any fault and a rerun as without: everything but keys, serials and times.
std::vector<std::string> normalised(TestServer& server) {
  std::vector<std::string> lines;
  const Snapshot snapshot = server.state().snapshot();
  for (const ImageRow& row : snapshot.images) {
    lines.push_back("image " + row.name.text() + " " + row.digest.text() + (row.copy ? " copy" : "") +
                    (row.deleted ? " deleted" : "") + (row.is_private ? " private" : ""));
  }
  for (const SeriesRow& row : snapshot.series) {
    std::string line = "series " + row.name.text();
    for (const SeriesMemberRow& member : row.members) line += " " + member.name.text();
    lines.push_back(line);
  }
  for (const Registration& row : snapshot.registrations) lines.push_back("peer " + row.name.text() + " " + row.id.text());
  const PublishedTree tree = server.tree();
  for (const auto& [name, digest] : tree.images) lines.push_back("published " + name + " " + digest);
  for (const auto& [name, members] : tree.series)
    lines.push_back("published series " + name + " " + std::to_string(members.size()));
  for (const std::string& name : tree.offered) lines.push_back("offered " + name);
  for (const std::string& name : tree.tombstones) lines.push_back("published tombstone " + name);
  for (const Digest& digest : server.store().left_out()) lines.push_back("left out " + digest.text());
  lines.push_back(server.state().content_pending(false) ? "pending" : "nothing pending");
  return lines;
}

class faults : public testing::Test {
 protected:
  faults() {
    oslo.apply({add(oslo, "theirs", "bytes of theirs"), publish_change()});
    TestServer server(folder.path(), "here");
    LocalImage hidden = local_image("hidden", server.source("hidden", "bytes of hidden"));
    hidden.is_private = true;
    server.apply({add(server, "back", "bytes of back"), add(hidden), publish_change()});
    // The catalog leaves out "back", whose bytes are here again; those of "hidden" are gone.
    const std::string back = file_of(server, "back", "public");
    fs::rename(back, folder.path() + "/aside");
    server.apply({add(server, "old", "bytes of old"), publish_change()});
    fs::rename(folder.path() + "/aside", back);
    fs::remove(file_of(server, "hidden", "private"));
    server.source("mine", "bytes of mine");
    server.close();
    fs::copy(folder.path() + "/here", folder.path() + "/template", fs::copy_options::recursive);
  }

  static std::string file_of(TestServer& server, const std::string& image, const std::string& place) {
    return server.folder() + "/store/" + place + "/" + object_path(server.state().object(server.image(image).digest)->packed.file.digest);
  }

  /// A server as the template has it.
  std::unique_ptr<TestServer> fresh() {
    fs::remove_all(folder.path() + "/here");
    fs::copy(folder.path() + "/template", folder.path() + "/here", fs::copy_options::recursive);
    if (bytes_are_gone_) fs::remove(folder.path() + "/here/store/LEFT_OUT");
    auto server = std::make_unique<TestServer>(folder.path(), "here");
    server->know(oslo);
    server->parallel = 1;
    return server;
  }

  std::vector<Change> changes(TestServer& server) {
    if (bytes_are_gone_) {
      ImageRow hidden = server.image("hidden");
      hidden.is_private = false;
      return {change_of(image_address(hidden.name), UpdateImage{.row = hidden, .changes = {"private"}}), publish_change()};
    }
    const ImageRow old = server.image("old");
    return {register_change(oslo),
            add(local_image("mine", server.folder() + "/sources/mine")),
            publish_change(),
            copy_change(oslo, "theirs", {"peer.oslo"}),
            series_change("s", {"mine", "theirs"}, {"copy.oslo.theirs", "image.mine"}),
            delete_change(old)};
  }

  /// What a planner would plan next, after any part of `changes` was done.
  std::vector<Change> left_of(const std::vector<Change>& changes, TestServer& server) {
    const Snapshot snapshot = server.state().snapshot();
    const std::vector<std::string> names = server.image_names();
    const auto here = [&names](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
    const std::map<std::string, bool> done{{"peer.oslo", !snapshot.registrations.empty()},
                                           {"image.mine", here("mine")},
                                           {"catalog", false},
                                           {"copy.oslo.theirs", here("theirs")},
                                           {"series.s", !snapshot.series.empty() && snapshot.series[0].members.size() == 2},
                                           {"image.old", !here("old")},
                                           {"image.hidden", !server.image("hidden").is_private}};
    std::vector<Change> left;
    for (const Change& change : changes) {
      if (!done.at(change.address.text)) left.push_back(change);
    }
    return left;
  }

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

  /// What failed beside the plan, because bytes are gone.
  static bool is_of_gone_bytes(const ActionResult& result) { return result.verb == Verb::publish && result.address != catalog_address(); }

  static void apply_and_account(TestServer& server, const std::vector<Change>& all) {
    Account account = server.apply(all);
    std::erase_if(account.failed, is_of_gone_bytes);
    EXPECT_EQ(account.done.size() + account.not_started.size() + account.failed.size(), all.size());
    if (!account.failed.empty()) { EXPECT_EQ(account.exit_code, 6) << testing::PrintToString(server.events.lines()); }
  }

  /// Applies on a disk where `fault` happens at operation number `at`; true: there were not so many operations.
  bool one_fault(std::size_t at, DiskFault fault, const std::vector<std::string>& expected) {
    const auto server = fresh();
    const std::vector<Change> all = changes(*server);
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
    const Account again = server->apply(left_of(all, *server));
    EXPECT_TRUE(std::all_of(again.failed.begin(), again.failed.end(), is_of_gone_bytes)) << testing::PrintToString(server->events.lines());
    EXPECT_EQ(again.exit_code, again.failed.empty() ? 0 : 6) << testing::PrintToString(server->events.lines());
    EXPECT_EQ(normalised(*server), expected) << testing::PrintToString(server->events.lines());
    const PublishedTree after = server->tree();
    EXPECT_EQ(after.faults, std::vector<std::string>());
    if (after.serial == between.serial) {
      EXPECT_EQ(after.head_digest, between.head_digest) << "serial " << after.serial << " was used twice";
    }
    return never;
  }

  void sweep(DiskFault fault, std::size_t stride) {
    const auto reference = fresh();
    ASSERT_EQ(reference->apply(changes(*reference)).exit_code, bytes_are_gone_ ? 6 : 0);
    const std::vector<std::string> expected = normalised(*reference);
    reference->close();
    for (std::size_t at = 1; at < 1000; at += stride) {
      SCOPED_TRACE("operation " + std::to_string(at));
      if (one_fault(at, fault, expected)) {
        EXPECT_GT(at, bytes_are_gone_ ? 30U : 80U) << "a sweep over nothing";
        return;
      }
      if (HasFailure()) return;
    }
    FAIL() << "the sweep does not end";
  }

  TestFolder folder;
  TestServer oslo{folder.path(), "oslo"};
  bool bytes_are_gone_ = false;  ///< of what `changes` make public; and nothing is noted yet of what is left out
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

// Strides keep the sweeps short on disks where fsync is slow; each meets other operations.
TEST_F(faults, R25_a_disk_that_is_full_from_any_operation_on_breaks_nothing_and_a_rerun_ends_where_a_whole_run_does) {
  sweep(DiskFault::is_full_from_then_on, 4);
}

TEST_F(faults, R25_a_process_killed_at_any_operation_breaks_nothing_and_a_rerun_ends_where_a_whole_run_does) {
  sweep(DiskFault::process_is_killed, 2);
}

TEST_F(faults, a_full_disk_stops_copies_and_lets_removals_go_on) {
  const auto server = fresh();
  FaultFiles disk;
  server->reopen(&disk);
  disk.fail_at = 1;
  disk.error = ENOSPC;
  disk.for_ever = true;
  disk.only = "open " + server->manifest.server.store + "/staging";
  const Account account = server->apply({add(local_image("mine", server->folder() + "/sources/mine")), register_change(oslo),
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
      init_server(server, faulty, clock, [](const std::string&) {});
    } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local) << error.what(); }
    PosixFiles disk;
    const Card card = init_server(server, disk, clock, [](const std::string&) {});
    EXPECT_EQ(init_server(server, disk, clock, [](const std::string&) {}), card);
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
}  // namespace ingot
