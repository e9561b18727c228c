// What gc takes, and above all what it never takes.
#include "reconciler/apply/upkeep/garbage.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/apply/publish/publish.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/error.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/full_suite.hpp"
#include "tests/support/process.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::garbage_test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace testing_support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Seconds day = 24h;

class garbage : public testing::Test {
 protected:
  apply::Garbage gc(Seconds grace = 14 * day, bool dry_run = false) {
    return apply::collect_garbage(here.state(), here.store(), here.manifest.server,
                                  {.grace = grace, .dry_run = dry_run, .wanted = wanted}, here.clock.time);
  }
  /// Time goes on, and the head is renewed as apply does.
  void wait(Seconds time) {
    here.clock.time += time;
    publish_now();
  }
  void publish_now() {
    const apply::CatalogKeys keys =
        apply::load_catalog_keys(disk, here.manifest.server.keys, apply::newest_own_root(here.store(), here.state().self()));
    apply::publish(here.state(), here.store(), keys, here.manifest.server, here.clock);
  }
  std::string bytes_of(const std::string& image, const std::string& place = "public") {
    return place + "/" + transfer::object_path(here.state().object(here.image(image).digest)->packed.file.digest);
  }
  bool is_there(const std::string& path) { return fs::exists(here.folder() + "/store/" + path); }
  static std::vector<std::string> paths(const std::vector<apply::GarbageFile>& files, const std::string& beginning = "") {
    std::vector<std::string> found;
    for (const auto& file : files) {
      if (file.path.starts_with(beginning)) found.push_back(file.path);
    }
    return found;
  }
  std::map<std::string, std::string> all_files() {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(here.folder() + "/store")) {
      if (entry.is_regular_file()) found[entry.path()] = io::sha256(read_text(entry.path())).hex();
    }
    return found;
  }
  void write(const std::string& path, const std::string& bytes) { std::ofstream(here.folder() + "/store/" + path) << bytes; }
  /// Adds an image and deletes it again; gives the path of its bytes.
  std::string deleted_image(const std::string& name, bool is_private = false) {
    LocalImage image = local_image(name, here.source(name, "bytes of " + name));
    image.is_private = is_private;
    here.apply({add(image), publish_change()});
    const std::string path = bytes_of(name, is_private ? "private" : "public");
    here.apply({delete_change(here.image(name)), publish_change()});
    return path;
  }

  io::PosixFiles disk;
  TestFolder folder;
  TestServer here{folder.path(), "here"};
  apply::WantedBytes wanted;
};

TEST_F(garbage, a_server_without_any_has_nothing_to_take) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  const apply::Garbage found = gc(0s);
  EXPECT_THAT(paths(found.taken), IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
  EXPECT_TRUE(is_there(bytes_of("db")));
}

TEST_F(garbage, R23_bytes_of_a_deleted_image_go_when_a_second_run_finds_the_grace_over) {
  const std::string path = deleted_image("db");
  apply::Garbage found = gc();
  EXPECT_THAT(paths(found.waiting, "public/b"), ElementsAre(path));
  EXPECT_EQ(found.waiting.back().until, here.clock.time + 14 * day + apply::reading_time);
  wait(14 * day + apply::reading_time - 1s);
  found = gc();
  EXPECT_THAT(paths(found.taken, "public/b"), IsEmpty());
  EXPECT_TRUE(is_there(path));
  here.clock.time += 1s;
  found = gc();
  EXPECT_THAT(paths(found.taken, "public/b"), ElementsAre(path));
  EXPECT_EQ(found.taken.front().what, "bytes of image db, deleted");
  EXPECT_FALSE(is_there(path));
  EXPECT_THAT(here.tree().faults, IsEmpty());
}

TEST_F(garbage, the_first_run_that_sees_it_takes_nothing_however_old_it_is) {
  const std::string path = deleted_image("db");
  wait(100 * day);
  EXPECT_THAT(paths(gc().taken, "public/b"), IsEmpty());
  EXPECT_TRUE(is_there(path));
}

TEST_F(garbage, nothing_that_a_head_named_within_its_lifetime_goes_even_without_a_grace) {
  const std::string path = deleted_image("db");  // the head that named it is good for 14 days
  const std::vector<std::string> pages_before = here.tree().pages;
  apply::Garbage found = gc(0s);
  EXPECT_THAT(found.taken, IsEmpty());
  EXPECT_THAT(paths(found.waiting, "public/b"), ElementsAre(path));
  EXPECT_EQ(found.waiting.back().until, here.clock.time + 14 * day + apply::reading_time);
  wait(14 * day + apply::reading_time - 1s);
  EXPECT_THAT(paths(gc(0s).taken), IsEmpty()) << "a download that began while the head was good";
  wait(1s);
  found = gc(0s);
  EXPECT_THAT(paths(found.taken, "public/b"), ElementsAre(path));
  EXPECT_FALSE(paths(found.taken, "public/c").empty()) << "old pages";
  EXPECT_THAT(here.tree().faults, IsEmpty());
}

TEST_F(garbage, bytes_that_no_head_named_go_at_once_without_a_grace) {
  const std::string path = deleted_image("secret", true);
  EXPECT_THAT(paths(gc(0s).taken), ElementsAre(path));
  EXPECT_FALSE(is_there(path));
}

TEST_F(garbage, R18_an_image_that_is_put_back_in_time_keeps_its_bytes_and_a_later_grace_begins_anew) {
  const std::string path = deleted_image("secret", true);
  gc();
  LocalImage again = local_image("secret", here.folder() + "/gone");
  again.is_private = true;
  wait(13 * day);
  EXPECT_THAT(lines_of(here.apply({add(again)})), ElementsAre("done image.secret"));
  here.apply({delete_change(here.image("secret"))});
  wait(5 * day);
  EXPECT_THAT(paths(gc().taken, "private/b"), IsEmpty()) << "the old note does not count any more";
  EXPECT_TRUE(is_there(path));
  wait(14 * day);
  EXPECT_THAT(paths(gc().taken, "private/b"), ElementsAre(path));
}

TEST_F(garbage, R18_an_image_that_the_manifest_names_again_is_wanted) {
  here.apply({add(here, "db", "bytes"), publish_change()});
  const Digest digest = here.image("db").digest;
  const std::string path = bytes_of("db");
  here.apply({delete_change(here.image("db")), publish_change()});
  wanted.digests.insert(digest);
  wait(20 * day);
  gc(0s);
  EXPECT_TRUE(is_there(path) || is_there("private" + path.substr(6)));
}

TEST_F(garbage, bytes_that_a_live_image_shares_stay) {
  here.apply({add(here, "one", "same"), publish_change()});
  const std::string path = bytes_of("one");
  here.apply({add(here, "two", "same"), delete_change(here.image("one")), publish_change()});
  wait(30 * day);
  gc(0s);
  EXPECT_TRUE(is_there(path));
}

TEST_F(garbage, a_partial_copy_of_a_wanted_image_is_never_taken) {
  const Digest mine = io::sha256("mine");
  const Digest other = io::sha256("other");
  wanted.digests.insert(mine);
  for (const Digest& one : {mine, other}) write("staging/" + one.hex() + ".part", "half");
  gc();
  wait(400 * day);
  EXPECT_THAT(paths(gc().taken, "staging"), ElementsAre("staging/" + other.hex() + ".part"));
  EXPECT_TRUE(is_there("staging/" + mine.hex() + ".part"));
}

TEST_F(garbage, R19_where_it_is_not_known_what_is_wanted_every_partial_copy_stays) {
  write("staging/" + io::sha256("x").hex() + ".part", "half");
  wanted.complete = false;
  const apply::Garbage found = gc(0s);
  EXPECT_THAT(found.taken, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("nothing is known of a peer")));
}

TEST_F(garbage, R19_where_it_is_not_known_what_is_wanted_bytes_of_copies_stay_and_own_ones_go) {
  TestServer oslo(folder.path(), "oslo");
  oslo.apply({add(oslo, "theirs", "their bytes"), publish_change()});
  here.know(oslo);
  here.apply({register_change(oslo), copy_change(oslo, "theirs"), publish_change()});
  const std::string theirs = bytes_of("theirs", "private");
  const state::ImageRow row = here.image("theirs");
  here.apply({change_of(copy_address(oslo.card().name, row.name),
                        plan::RemoveCopy{.peer = oslo.card().name, .key = row.key, .name = row.name}),
              publish_change()});
  const std::string mine = deleted_image("mine", true);
  const std::string again = deleted_image("again", true);
  wanted.digests.insert(io::sha256("bytes of again"));
  wanted.complete = false;
  EXPECT_THAT(paths(gc(0s).taken), ElementsAre(mine));
  EXPECT_TRUE(is_there(again)) << "R18: that needs no peer";
  EXPECT_TRUE(is_there(theirs));
  wanted.complete = true;
  EXPECT_THAT(paths(gc(0s).taken), ElementsAre(theirs));
}

TEST_F(garbage, what_dead_runs_left_half_made_goes_at_once_and_what_others_made_stays) {
  write("staging/new-0123456789abcdef-00", "half");
  write("public/head.dsse.12-1.new", "half");
  write("staging/notes.txt", "an operator's");
  write("public/robots.txt", "an operator's");
  EXPECT_THAT(paths(gc().taken), ElementsAre("public/head.dsse.12-1.new", "staging/new-0123456789abcdef-00"));
  EXPECT_TRUE(is_there("staging/notes.txt") && is_there("public/robots.txt"));
}

TEST_F(garbage, R4_bytes_of_copies_that_are_served_no_more_move_out_of_the_public_tree) {
  TestServer oslo(folder.path(), "oslo");
  oslo.apply({add(oslo, "theirs", "their bytes"), publish_change()});
  here.know(oslo);
  here.manifest.server.publish_copies = true;
  here.apply({register_change(oslo), copy_change(oslo, "theirs"), publish_change()});
  const std::string path = bytes_of("theirs");
  here.manifest.server.publish_copies = false;
  publish_now();
  EXPECT_TRUE(is_there(path));
  gc();
  wait(14 * day + apply::reading_time);
  EXPECT_THAT(paths(gc().unserved), ElementsAre(path));
  EXPECT_FALSE(is_there(path));
  EXPECT_TRUE(is_there(bytes_of("theirs", "private")));
  EXPECT_TRUE(here.store()
                  .check_object(here.image("theirs").digest, here.image("theirs").size,
                                here.state().object(here.image("theirs").digest)->packed, nullptr)
                  .empty());
}

TEST_F(garbage, papers_roots_and_the_head_stay_for_ever) {
  deleted_image("db");
  wait(100 * day);
  gc(0s);
  gc(0s);
  EXPECT_GT(here.store().newest_papers(), 0);
  EXPECT_TRUE(is_there("public/root/1.dsse") && is_there("public/head.dsse"));
  EXPECT_THAT(here.tree().faults, IsEmpty());
}

TEST_F(garbage, a_dry_run_writes_nothing_and_says_what_would_go) {
  const std::string path = deleted_image("secret", true);
  write("staging/new-0123456789abcdef-00", "half");
  const auto before = all_files();
  EXPECT_THAT(paths(gc(0s, true).taken), SizeIs(2));
  gc(14 * day, true);
  EXPECT_EQ(all_files(), before);
}

TEST_F(garbage, G12_a_clock_that_runs_behind_what_was_signed_takes_nothing) {
  deleted_image("secret", true);
  const auto before = all_files();
  here.clock.time -= 3650 * day;
  try {
    gc(0s);
    FAIL() << "it went on";
  } catch (const Error& error) { EXPECT_EQ(error.code(), Code::clock_behind); }
  EXPECT_EQ(all_files(), before);
}

TEST_F(garbage, G12_a_clock_that_jumped_ahead_takes_nothing_by_age) {
  const std::string path = deleted_image("secret", true);
  gc();
  here.clock.time += 3650 * day;
  const apply::Garbage found = gc();
  EXPECT_THAT(found.taken, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("this clock is wrong")));
  EXPECT_TRUE(is_there(path));
}

TEST_F(garbage, G12_a_clock_that_jumped_ahead_ends_no_head_even_without_a_grace) {
  deleted_image("db");
  const auto before = all_files();
  here.clock.time += 30 * day;
  EXPECT_THAT(gc(0s).taken, IsEmpty());
  EXPECT_EQ(all_files(), before);
}

TEST_F(garbage, G5_a_state_that_does_not_know_the_newest_papers_takes_nothing) {
  store::Staged staged;
  here.store().stage_papers(io::sha256("x"), 1000, "{}", staged);
  here.store().name(std::move(staged));
  const auto before = all_files();
  try {
    gc(0s);
    FAIL() << "it went on";
  } catch (const Error& error) { EXPECT_EQ(error.code(), Code::old_state); }
  EXPECT_EQ(all_files(), before);
}

TEST_F(garbage, where_a_head_that_is_good_still_cannot_be_read_nothing_public_goes) {
  const std::string path = deleted_image("db");
  const std::string secret = deleted_image("secret", true);
  for (const auto& entry : fs::directory_iterator(here.folder() + "/store/heads")) {
    if (entry.path().filename().string().find("2.dsse") != std::string::npos) std::ofstream(entry.path()) << "rot";
  }
  here.clock.time += 10 * day;
  publish_now();
  here.clock.time += 5 * day;
  const apply::Garbage found = gc(0s);
  EXPECT_FALSE(found.notes.empty());
  EXPECT_TRUE(is_there(path));
  EXPECT_FALSE(is_there(secret)) << "no head ever named it";
}

TEST_F(garbage, every_operation_may_fail_and_another_run_ends_the_same) {
  deleted_image("secret", true);
  deleted_image("db");
  here.apply({add(here, "kept", "bytes of kept"), publish_change()});
  write("staging/new-0123456789abcdef-00", "half");
  wait(16 * day);
  here.close();
  fs::copy(here.folder(), folder.path() + "/template", fs::copy_options::recursive);
  std::map<std::string, std::string> expected;
  const auto fresh = [&](io::Files* files) {
    here.close();
    fs::remove_all(here.folder());
    fs::copy(folder.path() + "/template", here.folder(), fs::copy_options::recursive);
    here.reopen(files);
  };
  FaultFiles faulty;
  for (const bool for_ever : {false, true}) {
    for (std::size_t n = 0;; n += step_of(1)) {
      fresh(&faulty);
      faulty.start_over();
      faulty.fail_at = n;
      faulty.for_ever = for_ever;
      bool failed = false;
      try {
        failed = gc(0s).fault;
      } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::local);
        failed = true;
      }
      faulty.fail_at = 0;
      EXPECT_THAT(here.tree().faults, IsEmpty()) << n;
      EXPECT_TRUE(is_there(bytes_of("kept"))) << n;
      gc(0s);
      if (n == 0) expected = all_files();
      EXPECT_EQ(all_files(), expected) << n;
      if (n > 0 && !failed) break;
    }
  }
}

TEST_F(garbage, on_a_full_disk_it_frees_before_it_writes) {
  const std::string path = deleted_image("secret", true);
  FaultFiles full;
  here.reopen(&full);
  full.error = ENOSPC;
  full.fail_at = 1;
  full.for_ever = true;
  full.only = "open ";
  gc(0s);
  EXPECT_FALSE(is_there(path));
}

TEST_F(garbage, on_a_full_disk_it_tells_what_it_freed_and_what_it_could_not_note) {
  const std::string kept = deleted_image("db");  // a head that is good still names it
  const std::string path = deleted_image("secret", true);
  FaultFiles full;
  here.reopen(&full);
  full.error = ENOSPC;
  full.fail_at = 1;
  full.for_ever = true;
  full.only = "open ";
  const apply::Garbage found = gc(0s);
  EXPECT_THAT(paths(found.taken), ElementsAre(path));
  EXPECT_THAT(paths(found.waiting, "public/b"), ElementsAre(kept));
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("the notes could not be written")));
  EXPECT_TRUE(found.fault);
  EXPECT_FALSE(is_there(path) || is_there("CONDEMNED"));
}

}  // namespace
}  // namespace ingot::garbage_test
