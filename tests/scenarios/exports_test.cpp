// Exports (R29), as those who use them see them: a folder that always holds the newest image, and a link that is never broken.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::have_own_mounts;
using testing_support::in_child;
using testing_support::mount_memory;
using testing_support::read_text;
using testing_support::Running;
using testing_support::TestFolder;
using testing_support::write_text;

/// Root exports only to folders that nobody else can change: /tmp is none.
std::string own_folder() { return ::geteuid() == 0 ? "/root/" : testing::TempDir(); }

struct Exports : testing::Test {
  TestFolder folder{own_folder()};
  Site here{folder.path(), "gold"};
  const std::string to = folder / "u01";
  std::vector<std::string> images;
  std::string entries;  ///< of the images

  Exports() {
    write_text(folder / "guard.toml",
               "[guard]\nexport_to = [\"" + folder.path() + "\"]\nexport_run = [\"" + folder.path() + "\"]\n");
    ::setenv("INGOT_GUARD", (folder / "guard.toml").c_str(), 1);
  }
  ~Exports() override { ::unsetenv("INGOT_GUARD"); }

  void add(const std::string& name, const std::string& more = "") {
    images.push_back(name);
    entries += here.tree_image(name, {{"bin/run", name}, {"log/alert", "begin"}, {"data/a", std::string(200'000, 'a')}}, more);
  }
  std::string series() const {
    std::string text = "[[series]]\nname = \"db\"\nimages = [";
    for (const auto& name : images) text += "\"" + name + "\", ";
    return text + "]\n";
  }
  static std::string export_of(const std::string& where, const std::string& more = "link = \"current\"\n") {
    return "[[export]]\nname = \"home\"\nseries = \"db\"\nto = \"" + where + "\"\n" + more;
  }
  void manifest(const std::string& more = "link = \"current\"\n") { here.manifest(entries + series() + export_of(to, more)); }
  std::string shown() const { return read_text(to + "/current/bin/run"); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(to)) found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }
};

TEST_F(Exports, R29_the_newest_image_lies_in_the_folder_and_the_link_shows_it) {
  add("db1");
  manifest();
  EXPECT_THAT(actions(here.plan()), Contains("export export.home.db1"));
  here.apply();
  EXPECT_EQ(shown(), "db1");
  EXPECT_THAT(actions(here.plan()), IsEmpty());
  add("db2");
  manifest();
  EXPECT_THAT(actions(here.plan()), Contains("switch export.home"));
  here.apply();
  EXPECT_EQ(shown(), "db2");
  EXPECT_THAT(names(), ElementsAre("current", "db2"));
  EXPECT_THAT(actions(here.plan()), IsEmpty());
  EXPECT_EQ(here.ingot({"drift"}).exit, 0);
}

TEST_F(Exports, R29_a_withdrawn_image_loses_the_link_in_the_same_run) {
  add("db1");
  add("db2");
  manifest();
  here.apply();
  entries.clear();
  images.clear();
  add("db1");
  add("db2", "state = \"WITHDRAWN\"\nreason = \"CVE-1\"\n");
  manifest();
  here.apply();
  EXPECT_EQ(shown(), "db1");
  EXPECT_THAT(names(), ElementsAre("current", "db1", "db2"));
  EXPECT_THAT(scenarios::entries(here.plan(), "notes"), Contains("withdrawn export.home.db2"));
}

TEST_F(Exports, R29_the_link_is_not_moved_to_half_a_tree) {
  const std::string two = "link = \"current\"\nlatest = 2\n";
  add("db1");
  add("db2");
  manifest(two);
  here.apply();
  fs::remove(to + "/db1/bin/run");
  entries.clear();
  images.clear();
  add("db1");
  add("db2", "state = \"WITHDRAWN\"\n");
  manifest(two);
  const Ran ran = here.ingot({"apply", "--yes"});
  EXPECT_EQ(ran.exit, 7) << ran.out;
  EXPECT_THAT(ran.out + ran.err, testing::HasSubstr("is not as it was exported"));
  EXPECT_EQ(shown(), "db2") << "a whole one, though withdrawn";
}

TEST_F(Exports, R29_one_folder_is_one_folder_by_whatever_path) {
  add("db1");
  manifest();
  here.apply();
  fs::create_directory_symlink(folder.path(), folder / "srv");
  here.manifest(entries + series() + export_of(folder / "srv/u01"));
  EXPECT_THAT(actions(here.plan()), IsEmpty());
  // The source of an image, by a link.
  fs::create_directory_symlink(here.path() + "/sources/db1", folder / "inside");
  here.manifest(entries + series() + export_of(folder / "inside/x"));
  const Json plan = here.plan(3);
  EXPECT_THAT(scenarios::entries(plan, "blocked"), Contains("in-the-way export.home"));
  EXPECT_EQ(here.ingot({"apply", "--yes"}).exit, 3);
  EXPECT_EQ(shown(), "db1") << "the old folder stays until the new one stands";
}

TEST_F(Exports, R29_what_ingot_did_not_make_is_never_touched) {
  fs::create_directories(to + "/db1");
  write_text(to + "/db1/mine", "mine");
  write_text(to + "/current", "mine");
  add("db1");
  manifest();
  const Json plan = here.plan(3);
  EXPECT_THAT(scenarios::entries(plan, "blocked"), Contains("in-the-way export.home.db1"));
  here.apply(3);
  EXPECT_EQ(read_text(to + "/db1/mine"), "mine");
  EXPECT_EQ(read_text(to + "/current"), "mine");
  EXPECT_THAT(names(), ElementsAre("current", "db1"));
}

TEST_F(Exports, R29_a_changed_folder_is_drift_and_stays) {
  add("db1");
  manifest();
  here.apply();
  write_text(to + "/db1/bin/own", "mine");
  EXPECT_EQ(here.ingot({"drift"}).exit, 2);
  add("db2");
  manifest();
  const Json result = here.apply(7);
  EXPECT_EQ(result.at("held").at(0).at("code"), "changed-export");
  EXPECT_EQ(shown(), "db2");
  EXPECT_EQ(read_text(to + "/db1/bin/own"), "mine");
}

TEST_F(Exports, R29_the_program_runs_after_the_switch_until_it_succeeds) {
  const std::string log = folder / "log", program = folder / "after";
  write_text(program, "#!/bin/sh\necho \"$INGOT_EXPORT $INGOT_IMAGE ${INGOT_BEFORE:-none}\" >> " + log + "\ntest ! -e " +
                          folder / "fail" + "\n");
  fs::permissions(program, fs::perms::owner_all);
  const std::string more = "link = \"current\"\nrun = [\"" + program + "\"]\n";
  add("db1");
  manifest(more);
  here.apply();
  EXPECT_EQ(read_text(log), "home db1 none\n");
  write_text(folder / "fail", "");
  add("db2");
  manifest(more);
  const Json failed = here.apply(3);
  EXPECT_EQ(failed.at("failed").at(0).at("code"), "run-failed");
  EXPECT_EQ(shown(), "db2");
  EXPECT_THAT(names(), ElementsAre("current", "db1", "db2")) << "the old one stays until the program has succeeded";
  const Ran drift = here.ingot({"drift"});
  EXPECT_EQ(drift.exit, 2);
  EXPECT_THAT(drift.out, testing::HasSubstr("`run` has not succeeded for db2"));
  fs::remove(folder / "fail");
  EXPECT_THAT(actions(here.plan()), Contains("switch export.home"));
  here.apply();
  EXPECT_EQ(read_text(log), "home db1 none\nhome db2 db1\nhome db2 db1\n");
  EXPECT_EQ(here.ingot({"drift"}).exit, 0);
  EXPECT_THAT(names(), ElementsAre("current", "db2"));
  EXPECT_THAT(actions(here.plan()), IsEmpty());
}

TEST_F(Exports, R29_what_a_process_uses_stays_until_it_ends) {
  add("db1");
  manifest();
  here.apply();
  {
    const Running user({.arguments = {"sleep", "600"}, .folder = to + "/db1", .environment = {}}, folder / "sleep");
    add("db2");
    manifest();
    here.apply();
    EXPECT_THAT(names(), ElementsAre("current", "db1", "db2"));
    EXPECT_TRUE(action(here.plan(), "export.home.db1").at("deferred"));
  }
  here.apply();
  EXPECT_THAT(names(), ElementsAre("current", "db2"));
}

TEST_F(Exports, R29_a_dropped_export_loses_its_link_then_its_folder) {
  add("db1");
  manifest();
  here.apply();
  here.manifest(entries + series());
  EXPECT_THAT(actions(here.plan()), ElementsAre("switch export.home", "unexport export.home.db1"));
  here.apply();
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(actions(here.plan()), IsEmpty());
}

TEST_F(Exports, R29_another_folder_is_filled_before_the_old_one_goes) {
  add("db1");
  manifest();
  here.apply();
  here.manifest(entries + series() + export_of(folder / "u02"));
  here.apply();
  EXPECT_EQ(read_text(folder / "u02/current/bin/run"), "db1");
  here.apply();
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(actions(here.plan()), IsEmpty());
}

TEST_F(Exports, R29_another_mode_is_applied_to_what_is_there) {
  add("db1");
  manifest();
  here.apply();
  manifest("link = \"current\"\nmode = \"0710\"\n");
  EXPECT_THAT(actions(here.plan()), ElementsAre("export export.home.db1"));
  here.apply();
  EXPECT_EQ(static_cast<unsigned>(fs::status(to + "/db1").permissions()), 0710U);
  EXPECT_THAT(actions(here.plan()), IsEmpty());
  EXPECT_EQ(here.ingot({"drift"}).exit, 0);
}

TEST_F(Exports, R29_a_rebuilt_state_touches_no_export_that_it_does_not_know) {
  add("db1");
  manifest();
  here.apply();
  fs::remove_all(here.path() + "/state");
  EXPECT_EQ(here.ingot({"state", "rebuild", "--yes"}).exit, 0);
  EXPECT_THAT(scenarios::entries(here.plan(3), "blocked"), Contains("in-the-way export.home.db1"));
  here.apply(3);
  EXPECT_EQ(shown(), "db1");
  EXPECT_THAT(names(), ElementsAre("current", "db1"));
}

TEST_F(Exports, root_exports_only_where_the_guard_file_of_the_host_allows_it) {
  if (::geteuid() != 0) GTEST_SKIP() << "this is not root";
  write_text(folder / "guard.toml", "[guard]\nexport_to = [\"/srv/elsewhere\"]\n");
  add("db1");
  manifest();
  const Json plan = here.plan(7);
  EXPECT_THAT(scenarios::entries(plan, "blocked"), Contains("host-guard export.home"));
  const std::string hint = plan.at("blocked").at(0).at("mend");
  EXPECT_THAT(hint, testing::HasSubstr(folder / "guard.toml")) << "where to write";
  EXPECT_THAT(hint, testing::HasSubstr("export_to = [\"" + to + "\"]")) << "what to write";
  here.apply(7);
  EXPECT_FALSE(fs::exists(to));
}

TEST_F(Exports, R29_nothing_is_forgotten_or_unpacked_while_the_file_system_is_not_mounted) {
  add("db1");
  manifest();
  fs::create_directories(to);
  const auto mount_disk = [&] {
    if (!mount_memory(to)) return false;
    fs::permissions(to, fs::perms(0755));  // as a disk for root is
    return true;
  };
  const std::string said = in_child([&]() -> std::string {
    if (!have_own_mounts() || !mount_disk()) return "this user may not mount";
    here.apply();
    if (shown() != "db1" || ::umount(to.c_str()) != 0) return "it was not exported to what is mounted";
    std::string blocked;
    for (const std::string& one : scenarios::entries(here.plan(3), "blocked")) blocked += one + "\n";
    const int applied = here.ingot({"apply", "--yes"}).exit;
    here.manifest(entries + series());
    const int dropped = here.ingot({"apply", "--yes"}).exit;
    manifest();
    if (!fs::is_empty(to) || !mount_disk()) return "something was unpacked";
    const std::string again = actions(here.plan()).at(0);
    return blocked + std::to_string(applied) + " " + std::to_string(dropped) + " " + again;
  });
  if (said == "this user may not mount") GTEST_SKIP() << said;
  EXPECT_EQ(said, "not-mounted export.home\n3 3 export export.home.db1")
      << "in an empty file system that is mounted it is made again";
}

TEST_F(Exports, R29_plan_sees_what_unexport_would_see) {
  add("db1");
  manifest();
  here.apply();
  write_text(to + "/db1/log/alert", "longer than before");
  add("db2");
  manifest();
  const Json plan = here.plan(7);
  EXPECT_THAT(scenarios::entries(plan, "held"), Contains("changed-export export.home.db1"));
  EXPECT_THAT(actions(plan), Contains("switch export.home"));
  here.apply(7);
  EXPECT_EQ(shown(), "db2");
  EXPECT_TRUE(fs::exists(to + "/db1"));
  here.plan(7);
}

TEST_F(Exports, R29_a_folder_that_cannot_be_written_is_foreseen) {
  add("db1");
  manifest();
  fs::create_directories(to);
  const std::string said = in_child([&]() -> std::string {
    if (!have_own_mounts() || !mount_memory(to)) return "this user may not mount";
    fs::permissions(to, fs::perms(0755));
    if (::mount("", to.c_str(), "", MS_REMOUNT | MS_RDONLY, nullptr) != 0) return "this user may not mount";
    std::string blocked;
    for (const std::string& one : scenarios::entries(here.plan(6), "blocked")) blocked += one + "\n";
    return blocked + std::to_string(here.ingot({"apply", "--yes"}).exit);
  });
  if (said == "this user may not mount") GTEST_SKIP() << said;
  EXPECT_EQ(said, "not-writable export.home\n6");
}

TEST_F(Exports, R29_another_mode_of_a_file_is_let_be_by_changes) {
  const std::string disk = here.file_image("disk", "bytes of a disk");
  const auto export_it = [&](const std::string& more) {
    here.manifest(disk + "[[export]]\nname = \"vm\"\nimage = \"disk\"\nto = \"" + to + "\"\n" + more);
  };
  export_it("");
  here.apply();
  fs::permissions(to + "/disk", fs::perms(0604));
  here.manifest(disk);
  EXPECT_THAT(here.ingot({"apply", "--yes"}).out, testing::HasSubstr("has mode 0604 now"));
  export_it("changes = [\"**\"]\n");
  EXPECT_THAT(here.ingot({"plan"}).out, testing::HasSubstr("~ export"));
  here.apply();
  EXPECT_THAT(actions(here.plan()), IsEmpty());
  EXPECT_EQ(here.ingot({"drift"}).exit, 0);
  fs::permissions(to + "/disk", fs::perms(0600));
  here.manifest(disk);
  here.apply();
  EXPECT_FALSE(fs::exists(to + "/disk"));
}

TEST_F(Exports, R29_a_mount_over_the_folder_is_named_and_the_way_out_works) {
  add("db1");
  manifest();
  here.apply();
  const std::string said = in_child([&]() -> std::string {
    if (!have_own_mounts() || !mount_memory(to)) return "this user may not mount";
    fs::permissions(to, fs::perms(0755));
    const std::string text = here.ingot({"plan"}).out;
    if (text.find("is now below the mount") == std::string::npos) return text;
    here.manifest(entries + series());
    const int dropped = here.ingot({"apply", "--yes"}).exit;
    manifest();
    const int again = here.ingot({"apply", "--yes"}).exit;
    return std::to_string(dropped) + " " + std::to_string(again) + " " + shown();
  });
  if (said == "this user may not mount") GTEST_SKIP() << said;
  EXPECT_EQ(said, "0 0 db1");
}

TEST_F(Exports, R29_an_image_that_leaves_the_series_keeps_its_folder_until_a_newer_one_comes) {
  add("db1");
  add("db2");
  manifest();
  here.apply();
  images.pop_back();
  manifest();
  here.apply();
  EXPECT_EQ(shown(), "db1");
  EXPECT_THAT(names(), ElementsAre("current", "db1", "db2"));
  EXPECT_THAT(scenarios::entries(here.plan(), "notes"), Contains("no-longer export.home.db2"));
  add("db3");
  manifest();
  here.apply();
  here.apply();  // the guard lets one go in each run
  EXPECT_THAT(names(), ElementsAre("current", "db3"));
}

TEST_F(Exports, R29_a_path_that_cannot_be_walked_is_refused) {
  add("db1");
  fs::create_symlink("loop", folder / "loop");
  here.manifest(entries + series() + export_of(folder / "loop/gold"));
  EXPECT_THAT(scenarios::entries(here.plan(3), "blocked"), Contains("unreadable export.home"));
  const std::string odd = "[[image]]\nname = \"odd\"\nsource = \"" + folder / "loop/source" + "\"\n";
  here.manifest(entries + odd + series() + export_of(to));
  EXPECT_THAT(scenarios::entries(here.plan(3), "blocked"), Contains("unreadable export.home"));
  EXPECT_FALSE(fs::exists(to));
}

TEST_F(Exports, R29_a_reader_never_sees_a_broken_link_or_half_a_tree) {
  add("db0");
  manifest();
  here.apply();
  std::atomic<bool> done = false;
  std::atomic<int> reads = 0, bad = 0;
  std::thread reader([&] {
    while (!done) {
      int tries = 5;  // between two steps of one look, the folder may have been removed: the next look finds the new one
      while (tries > 0 &&
             (::access((to + "/current/bin/run").c_str(), R_OK) != 0 || ::access((to + "/current/data/a").c_str(), R_OK) != 0))
        --tries;
      if (tries == 0) ++bad;
      ++reads;
    }
  });
  for (int run = 1; run <= 12; ++run) {
    add("db" + std::to_string(run));
    manifest();
    here.apply();
  }
  done = true;
  reader.join();
  EXPECT_GT(reads, 100);
  EXPECT_EQ(bad, 0);
}

TEST_F(Exports, R29_kill_9_at_any_moment_leaves_the_link_whole_and_the_next_run_ends_well) {
  add("db0");
  manifest();
  here.apply();
  for (int run = 1; run <= 12; ++run) {
    const std::string name = "db" + std::to_string(run);
    add(name);
    manifest();
    {
      Running apply({.arguments = {INGOT_BINARY, "apply", "--yes", "--json"}, .folder = here.path(), .environment = {}},
                    folder / "apply.log");
      std::this_thread::sleep_for(std::chrono::milliseconds(30 * run));
      apply.signal(SIGKILL);
      apply.wait();
    }
    EXPECT_EQ(shown(), fs::read_symlink(to + "/current").string());
    EXPECT_EQ(read_text(to + "/current/data/a").size(), 200'000U);
    here.apply();
    EXPECT_EQ(shown(), name);
    EXPECT_THAT(names(), ElementsAre("current", name));
  }
}

}  // namespace
}  // namespace ingot::scenarios
