// K2-K6: the power goes at every operation, on a disk that keeps no more than what was synced. Nothing that counts is lost,
// and a rerun ends where an undisturbed run does. And each sync is needed: without any one class of them something is lost.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <regex>

#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "tests/apply/disturbed_apply.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/figures.hpp"
#include "tests/support/full_suite.hpp"
#include "tests/support/power_cut_files.hpp"
#include "tests/support/process.hpp"

namespace ingot::power_cuts_test {
namespace {

using namespace testing_support;

class power_cuts : public DisturbedApply {
 protected:
  /// As by SIGKILL: nothing of the product catches it, and no operation after it is done.
  struct Killed {};
  static void arm(FaultFiles& disk, std::size_t at) {
    disk.start_over();
    disk.fail_at = 0;
    disk.for_ever = false;
    disk.watch = [&disk, at](const std::string&) {
      if (disk.count() != at) return;
      disk.fail_at = 1;
      disk.for_ever = true;
      throw Killed{};
    };
  }

  /// Applies until operation number `at`; false: there were not so many.
  static bool apply_until(std::size_t at, TestServer& server, FaultFiles& disk, const std::vector<plan::Change>& changes) {
    arm(disk, at);
    try {
      server.apply(changes);
    } catch (const Killed&) {}
    const bool reached = disk.count() >= at;
    disk.watch = nullptr;
    disk.fail_at = 0;
    return reached;
  }

  static std::vector<std::string> folders_of(const TestServer& server) {
    return {server.folder() + "/store", server.folder() + "/state/trust", server.folder() + "/state/cache"};
  }

  /// N3: live rows without their bytes or papers.
  static void find_empty_rows(TestServer& server, std::vector<std::string>& lost) {
    for (const state::ImageRow& row : server.state().snapshot().images) {
      if (row.deleted || row.name.text() == "hidden") continue;  // whose bytes the template has lost
      const auto object = server.state().object(row.digest).value();
      for (const store::Damage& damage : server.store().check_object(row.digest, row.size, object.packed, nullptr))
        lost.push_back("image " + row.name.text() + ": " + damage.path + " " + damage.why);
      bool has_papers = false;
      for (const auto& paper :
           std::filesystem::directory_iterator(server.folder() + "/store/papers/" + row.digest.hex().substr(0, 2)))
        has_papers = has_papers || (paper.file_size() > 0 && paper.path().filename().string().starts_with(row.digest.hex()));
      if (!has_papers) lost.push_back("image " + row.name.text() + " has no papers");
    }
  }

  static void find_empty_deltas(TestServer& server, std::vector<std::string>& lost) {
    for (const state::DeltaRow& row : server.state().snapshot().deltas) {
      if (!row.file) continue;
      const std::string path = server.public_folder() + "/" + transfer::object_path(row.file->digest);
      if (!std::filesystem::exists(path) || io::sha256(read_text(path)) != row.file->digest)
        lost.push_back("the file of a delta is not what the state says");
    }
  }

  static void find_low_floors(TestServer& server, const std::string& peer, std::vector<std::string>& lost) {
    if (server.state().snapshot().registrations.empty()) return;
    bool there = false;
    for (const auto& file : std::filesystem::directory_iterator(server.folder() + "/state/trust/" + peer))
      there = there || (file.path().filename().string().starts_with("floor-") && file.file_size() > 0);
    if (!there) lost.push_back("the second copy of the floor is gone");
  }

  /// What a cut must not do, as sentences. `seen`: the tree that readers saw before it.
  std::vector<std::string> losses(TestServer& server, const PublishedTree& seen) const {
    const PublishedTree tree = server.tree();
    std::vector<std::string> lost = tree.faults;
    find_empty_rows(server, lost);
    find_empty_deltas(server, lost);
    find_low_floors(server, oslo.card().id.root.hex(), lost);
    const auto published = server.state().published();
    if (published && tree.serial < published->serial) lost.push_back("the head that counts as published is gone");
    const auto kept = server.store().kept_heads();
    if (published && (!kept.contains(published->serial) || io::sha256(kept.at(published->serial)) != published->head))
      lost.push_back("gc would not know the head that was published, nor what readers of it may still ask for");
    if (tree.serial == seen.serial && tree.head_digest != seen.head_digest) lost.push_back("a serial was used for two heads");
    return lost;
  }

  /// The power goes at operation `at`; gives what is lost then. `then`: what is done with the server after that.
  std::vector<std::string> cut_at(
      std::size_t at, Cut how, const std::function<bool(const std::string&)>& drops,
      const std::function<void(TestServer&, const std::vector<plan::Change>&, const PublishedTree&)>& then = {}) {
    const auto server = fresh();
    const std::vector<plan::Change> all = changes(*server);
    FaultFiles disk;
    PowerCutFiles files(disk, folders_of(*server));
    files.drops = drops;
    server->reopen(&files);
    reached_ = apply_until(at, *server, disk, all);
    const PublishedTree seen = server->tree();
    server->close();
    files.cut(how, dice_);
    ++cuts_;
    server->reopen();
    std::vector<std::string> lost = losses(*server, seen);
    if (then) then(*server, all, seen);
    return lost;
  }

  /// As every sync is done, at operation `at`: nothing is lost, and the rest of the changes comes to the same end.
  void survive_a_cut_at(std::size_t at, Cut how, const std::vector<std::string>& expected) {
    SCOPED_TRACE("operation " + std::to_string(at) + ", way " + std::to_string(static_cast<int>(how)) + ", seed " +
                 std::to_string(seed_));
    const auto lost =
        cut_at(at, how, {}, [&](TestServer& server, const std::vector<plan::Change>& all, const PublishedTree& seen) {
          server.state().check();
          expect_the_end(server, all, expected);
          const PublishedTree after = server.tree();
          EXPECT_GE(after.serial, seen.serial) << "readers have seen a later head";
          if (after.serial == seen.serial) {
            EXPECT_EQ(after.head_digest, seen.head_digest) << "readers have seen another head of this serial";
          }
        });
    EXPECT_EQ(lost, std::vector<std::string>());
  }

  const std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 dice_{seed_};
  bool reached_ = true;
  std::uint64_t cuts_ = 0;
};

constexpr std::array every_way{Cut::keeps_nothing_more, Cut::keeps_names, Cut::keeps_bytes, Cut::keeps_some};

TEST_F(power_cuts, K2_K3_K4_K5_a_cut_at_any_operation_loses_nothing_and_a_rerun_ends_where_a_whole_run_does) {
  const std::vector<std::string> expected = undisturbed_end();
  const std::size_t first = dice_() % every_way.size();
  std::size_t at = 1;
  for (reached_ = true; reached_ && !HasFailure(); ++at) {
    if (is_full()) {
      for (const Cut how : every_way) survive_a_cut_at(at, how, expected);
    } else {
      survive_a_cut_at(at, every_way[(first + at) % every_way.size()], expected);
    }
  }
  EXPECT_GT(at, 80U) << "a sweep over nothing";
  figure("power_cuts_model", cuts_, "power cuts in a model of the disk");
}

TEST_F(power_cuts, K2_a_cut_at_any_operation_of_many_actions_that_are_recorded_together_loses_nothing) {
  many_ = true;
  const std::vector<std::string> expected = undisturbed_end();
  reached_ = true;
  for (std::size_t at = 1 + dice_() % 3; reached_ && !HasFailure(); at += step_of(1))
    survive_a_cut_at(at, every_way[dice_() % every_way.size()], expected);
  figure("power_cuts_model_many", cuts_, "power cuts in a model of the disk");
}

TEST_F(power_cuts, K6_what_a_killed_run_left_unsynced_is_synced_by_the_next_before_it_counts) {
  const std::vector<std::string> expected = undisturbed_end();
  reached_ = true;
  for (std::size_t at = 1 + dice_() % 3; reached_ && !HasFailure(); at += step_of(1)) {
    SCOPED_TRACE("operation " + std::to_string(at) + ", seed " + std::to_string(seed_));
    const auto server = fresh();
    const std::vector<plan::Change> all = changes(*server);
    FaultFiles disk;
    PowerCutFiles files(disk, folders_of(*server));
    server->reopen(&files);
    reached_ = apply_until(at, *server, disk, all);
    server->reopen(&files);
    expect_the_end(*server, all, expected);
    const PublishedTree seen = server->tree();
    server->close();
    files.cut(Cut::keeps_nothing_more, dice_);
    ++cuts_;
    server->reopen();
    EXPECT_EQ(losses(*server, seen), std::vector<std::string>());
    EXPECT_EQ(server->tree().serial, seen.serial);
  }
  figure("power_cuts_model_twice", cuts_, "power cuts in a model of the disk");
}

/// A class of syncs, by what their lines look like as a whole.
struct SyncClass {
  const char* name;
  const char* line;
  bool of_many = false;  ///< that are recorded together
};

class every_sync_is_needed : public power_cuts, public testing::WithParamInterface<SyncClass> {};

TEST_P(every_sync_is_needed, K2_without_one_class_of_syncs_something_is_lost) {
  many_ = GetParam().of_many;
  std::size_t dropped = 0;
  const auto drops = [&](const std::string& line) {
    const bool is_one = std::regex_match(line, std::regex(GetParam().line));
    dropped += is_one ? 1 : 0;
    return is_one;
  };
  std::vector<std::string> lost;
  for (const Cut how : {Cut::keeps_nothing_more, Cut::keeps_names, Cut::keeps_bytes}) {
    const auto more = cut_at(1'000'000, how, drops);
    lost.insert(lost.end(), more.begin(), more.end());
  }
  EXPECT_GT(dropped, 0U) << "no such sync is done";
  EXPECT_FALSE(lost.empty()) << "these syncs could be left out, or this test sees too little";
}

INSTANTIATE_TEST_SUITE_P(K2, every_sync_is_needed,
                         testing::Values(SyncClass{"what_is_taken_in_and_written", "sync .*/staging/new-.*"},
                                         SyncClass{"fetched_bytes", "sync .*\\.part"},
                                         SyncClass{"the_file_system_for_many", "sync_file_system .*/store", true},
                                         SyncClass{"the_mode_of_bytes_that_become_public", "sync .*/private/b/.*"},
                                         SyncClass{"names_of_public_bytes", "sync_folder .*/public/b/.."},
                                         SyncClass{"names_of_private_bytes", "sync_folder .*/private/b/.."},
                                         SyncClass{"names_of_pages", "sync_folder .*/public/c"},
                                         SyncClass{"the_name_of_the_head", "sync_folder .*/store/public"},
                                         SyncClass{"names_of_kept_heads", "sync_folder .*/store/heads"},
                                         SyncClass{"names_of_papers", "sync_folder .*/papers/.."},
                                         SyncClass{"floors_of_trust", "sync .*/state/trust/.*"},
                                         SyncClass{"names_of_floors", "sync_folder .*/state/trust/.*"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace ingot::power_cuts_test
