// Making a state anew on a disk that fails, dies or loses power at every operation: what the old state knew is never lost, and
// the next rebuilding ends where an undisturbed one does.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/apply/publish/fresh_ids.hpp"
#include "reconciler/apply/recover/rebuild_state.hpp"
#include "reconciler/apply/recover/replace_state.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/catalog/segments.hpp"
#include "schema/error.hpp"
#include "tests/apply/disturbed_apply.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/figures.hpp"
#include "tests/support/full_suite.hpp"
#include "tests/support/power_cut_files.hpp"

namespace ingot::rebuild_faults_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// As by SIGKILL: nothing of the product catches it.
struct Killed {};

/// What there is in place of the newest state.
enum class Left { an_old_state, a_damaged_one, nothing, only_its_log };

class rebuild_faults : public testing::Test {
 protected:
  rebuild_faults() {
    TestServer oslo(folder.path(), "oslo");
    oslo.apply({add(oslo, "theirs", "bytes of theirs"), publish_change()});
    TestServer server(folder.path(), "here");
    server.know(oslo);
    LocalImage hidden = local_image("hidden", server.source("hidden", "bytes of hidden"));
    hidden.is_private = true;
    server.apply({register_change(oslo), add(server, "mine", "bytes of mine"), add(hidden), copy_change(oslo, "theirs"),
                  publish_change()});
    server.close();
    fs::copy(state(), folder.path() + "/old.db");
    server.reopen();
    server.apply({add(server, "late", "bytes of late"), publish_change()});
    manifest_.emplace(server.manifest);
    server.close();
    fs::copy(at("here"), at("template"), fs::copy_options::recursive);
  }

  void copy_one_of_many_segments() {
    TestServer oslo(folder.path(), "oslo");
    std::mt19937_64 dice(1);
    std::string noise(static_cast<std::size_t>(2 * segment_size + 1), '\0');
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(dice()); });
    oslo.apply({add(oslo, "large", noise), publish_change()});
    fs::remove_all(at("here"));
    fs::rename(at("template"), at("here"));
    TestServer server(folder.path(), "here");
    server.know(oslo);
    EXPECT_EQ(server.apply({copy_change(oslo, "large"), publish_change()}).exit_code, 0);
    EXPECT_TRUE(server.state().object(server.image("large").digest)->packed.table);
    server.close();
    fs::copy(at("here"), at("template"), fs::copy_options::recursive);
  }

  std::string at(const std::string& below) const { return folder.path() + "/" + below; }
  std::string state() const { return at("here/state/ingot.db"); }
  static void put(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void make(Left left) {
    fs::remove_all(at("here"));
    fs::copy(at("template"), at("here"), fs::copy_options::recursive);
    fs::remove(state());
    if (left == Left::an_old_state) fs::copy(at("old.db"), state());
    if (left == Left::a_damaged_one) put(state(), "rot");
    if (left == Left::a_damaged_one || left == Left::only_its_log) put(state() + "-wal", "its log");
  }

  /// As the command does; gives why there was nothing to rebuild.
  std::string rebuild(io::Files& files) {
    const ServerSection& server = manifest_->server;
    store::Store store = store::Store::open(files, server.store, store::Store::lineage_of(files, server.store).value());
    std::optional<state::State> old;
    if (std::string why = apply::why_not_rebuild(server, store, files, old); !why.empty()) return why;
    store.sync_all();
    io::PeerMemory memory(files, at("here/state"));
    apply::RebuiltState told;
    const state::Restoration what = apply::gather_restoration(*manifest_, store, files, memory, old, clock_.now(), told);
    old.reset();
    const state::RunStart start{.id = apply::new_run_id(clock_.now(), apply::random_bits()),
                                .started = clock_.now(),
                                .command = "state rebuild",
                                .actor = "tester@here",
                                .manifest_path = "ingot.toml",
                                .manifest_digest = {},
                                .git = std::nullopt,
                                .plan_id = "",
                                .planned = 0};
    apply::replace_state(server.state, files, what, {.start = start, .finished = clock_.now(), .exit_code = 0, .actions = {}});
    return "";
  }

  /// All that a rebuilt server is, and what was kept of the old state.
  std::vector<std::string> end() {
    TestServer server(folder.path(), "here");
    std::vector<std::string> lines = normalised(server);
    server.state().check();
    io::PosixFiles disk;
    io::PeerMemory memory(disk, at("here/state"));
    for (const Floor& floor : server.state().floors()) {  // the higher of the two counts
      lines.push_back("floor " + std::to_string(std::max(floor.serial, memory.floor(floor.id).value().serial)));
    }
    const auto run = server.state().last_run();
    lines.push_back(run ? "run " + run->start.command + " " + std::to_string(run->exit_code.value_or(-1)) : "no run");
    lines.push_back(server.state().made_anew() ? "made anew" : "caught up");
    const std::set<std::string> kept = kept_states();
    lines.insert(lines.end(), kept.begin(), kept.end());
    return lines;
  }

  /// What was set aside. A power cut may leave a file under both of its names, so one that is there twice counts once.
  std::set<std::string> kept_states() const {
    std::set<std::string> kept;
    for (const auto& entry : fs::directory_iterator(at("here/state"))) {
      const std::string name = entry.path().filename();
      EXPECT_FALSE(name.find(".new") != std::string::npos || name.find(".old") != std::string::npos) << name;
      const auto aside = name.find(".set-aside-");
      if (aside != std::string::npos)
        kept.insert((name.ends_with("-wal") ? "kept log " : "kept ") + io::sha256(bytes_of(entry.path())).text());
    }
    return kept;
  }

  /// After whatever happened to a rebuilding, the next one ends like this.
  void expect_the_end(const std::vector<std::string>& expected) {
    io::PosixFiles disk;
    const std::string why = rebuild(disk);
    if (!why.empty()) { EXPECT_THAT(why, HasSubstr("it is whole, and as new as what is published")); }
    EXPECT_THAT(end(), testing::UnorderedElementsAreArray(expected));
  }

  std::vector<std::string> undisturbed_end(Left left) {
    make(left);
    io::PosixFiles disk;
    EXPECT_EQ(rebuild(disk), "");
    return end();
  }

  /// Runs it until the end or until what `disk` was armed with happens.
  void try_rebuild(io::Files& files) {
    try {
      rebuild(files);
    } catch (const Killed&) {
    } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local) << error.what(); }
  }

  static void kill_at(FaultFiles& disk, std::size_t at) {
    disk.watch = [&disk, at](const std::string&) {
      if (disk.count() < at) return;
      disk.fail_at = 1;
      disk.for_ever = true;
      throw Killed{};
    };
  }

  /// `disturb(n)`: a rebuilding to which it happens at operation n; whether there was such an operation.
  void sweep(const std::function<bool(std::size_t)>& disturb) {
    for (const Left left : {Left::an_old_state, Left::a_damaged_one, Left::nothing, Left::only_its_log}) {
      const std::vector<std::string> expected = undisturbed_end(left);
      if (HasFailure()) return;
      std::size_t n = 1;
      for (bool reached = true; reached && !HasFailure(); n += step_of(1)) {
        SCOPED_TRACE("operation " + std::to_string(n) + ", left " + std::to_string(static_cast<int>(left)));
        make(left);
        reached = disturb(n);
        expect_the_end(expected);
        ++tried_;
      }
      EXPECT_GT(n, left == Left::nothing ? 10U : 15U) << "a sweep over nothing";
    }
  }

  TestFolder folder{quick_folder()};
  StandingClock clock_;
  std::optional<Manifest> manifest_;
  std::uint64_t tried_ = 0;
};

TEST_F(rebuild_faults, what_an_old_state_knew_is_taken_up_and_a_damaged_one_is_kept) {
  EXPECT_THAT(
      undisturbed_end(Left::an_old_state),
      testing::AllOf(testing::Contains(HasSubstr("peer oslo ")), testing::Contains("run state rebuild 0"),
                     testing::Contains("made anew"), testing::Contains("image late " + io::sha256("bytes of late").text())));
  EXPECT_THAT(undisturbed_end(Left::a_damaged_one),
              testing::IsSupersetOf({"kept " + io::sha256("rot").text(), "kept log " + io::sha256("its log").text()}));
}

TEST_F(rebuild_faults, D4_a_rebuilding_on_a_disk_that_fails_once_at_any_operation_loses_nothing_and_ends_as_an_undisturbed_one) {
  sweep([&](std::size_t n) {
    FaultFiles disk;
    disk.fail_at = n;
    try_rebuild(disk);
    return disk.count() >= n;
  });
  figure("rebuild_faults", tried_, "faults of the disk in a rebuilding");
}

TEST_F(rebuild_faults,
       D3_a_rebuilding_on_a_disk_that_is_full_from_any_operation_on_loses_nothing_and_ends_as_an_undisturbed_one) {
  sweep([&](std::size_t n) {
    FaultFiles disk;
    disk.fail_at = n;
    disk.error = ENOSPC;
    disk.for_ever = true;
    try_rebuild(disk);
    return disk.count() >= n;
  });
}

TEST_F(rebuild_faults, K1_a_rebuilding_killed_at_any_operation_loses_nothing_and_ends_as_an_undisturbed_one) {
  sweep([&](std::size_t n) {
    FaultFiles disk;
    kill_at(disk, n);
    try_rebuild(disk);
    return disk.count() >= n;
  });
}

TEST_F(rebuild_faults, K2_a_rebuilding_whose_power_goes_at_any_operation_loses_nothing_and_ends_as_an_undisturbed_one) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 dice(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  sweep([&](std::size_t n) {
    FaultFiles disk;
    PowerCutFiles files(disk, {at("here/state")});
    kill_at(disk, n);
    try_rebuild(files);
    const auto every_way = {Cut::keeps_nothing_more, Cut::keeps_names, Cut::keeps_bytes, Cut::keeps_some};
    files.cut(*(every_way.begin() + static_cast<std::ptrdiff_t>(dice() % every_way.size())), dice);
    return disk.count() >= n;
  });
}

TEST_F(rebuild_faults, a_name_that_somebody_took_meanwhile_costs_neither_state) {
  make(Left::an_old_state);
  FaultFiles disk;
  disk.watch = [&](const std::string& line) {
    if (line.starts_with("rename ") && line.ends_with(".old")) return;
    if (line == "sync_folder " + at("here/state") && !fs::exists(state()) && fs::exists(state() + ".old"))
      put(state(), "somebody's");
  };
  EXPECT_THROW(rebuild(disk), Error);
  EXPECT_EQ(bytes_of(state()), "somebody's");
  io::PosixFiles real;
  rebuild(real);
  std::vector<std::string> kept;
  for (const auto& entry : fs::directory_iterator(at("here/state"))) {
    if (entry.path().filename().string().find(".set-aside-") != std::string::npos) kept.push_back(bytes_of(entry.path()));
  }
  EXPECT_THAT(kept, UnorderedElementsAre("somebody's", bytes_of(at("old.db"))));
}

TEST_F(rebuild_faults, copies_whose_papers_cannot_be_read_are_found_by_their_bytes) {
  const auto whole = [&] {
    TestServer server(folder.path(), "here");
    std::vector<std::string> lacking;
    for (const state::ImageRow& row : server.state().snapshot().images) {
      const auto object = server.state().object(row.digest).value();
      if (!server.store().check_object(row.digest, row.size, object.packed, {}).empty()) lacking.push_back(row.name.text());
    }
    return lacking;
  };
  copy_one_of_many_segments();
  for (const bool damaged : {false, true}) {
    make(Left::nothing);
    for (const auto& papers : fs::recursive_directory_iterator(at("here/store/papers"))) {
      if (papers.is_regular_file() && bytes_of(papers.path()).find("\"image\":\"hidden\"") == std::string::npos)
        put(papers.path(), "unreadable");
    }
    if (damaged) {
      for (const auto& file : fs::recursive_directory_iterator(at("here/store/private/b"))) {
        if (file.is_regular_file()) fs::resize_file(file.path(), 5);
      }
    }
    io::PosixFiles disk;
    EXPECT_EQ(rebuild(disk), "");
    if (damaged)
      EXPECT_THAT(whole(), UnorderedElementsAre("theirs", "large", "hidden"));
    else
      EXPECT_THAT(whole(), IsEmpty());
  }
}

}  // namespace
}  // namespace ingot::rebuild_faults_test
