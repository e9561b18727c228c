// D1: bytes that were lost are had again, by fetching or from the source, on disks that fail at any moment.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/apply/recover/provenance.hpp"
#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/io/hash.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/full_suite.hpp"
#include "tests/support/process.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::repair_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::IsEmpty;

/// As by SIGKILL.
struct Killed {};

class repairs : public testing::Test {
 protected:
  repairs() {
    oslo.apply({add(oslo, "theirs", "bytes of theirs"), publish_change()});
    TestServer server(folder.path(), "here");
    server.know(oslo);
    server.apply({register_change(oslo), add(server, "mine", "bytes of mine"), publish_change(), copy_change(oslo, "theirs")});
    mine = file_of(server, "mine", "public");
    theirs = file_of(server, "theirs", "private");
    server.close();
    write_text(folder.path() + "/here/" + mine, "rot of mine");
    write_text(folder.path() + "/here/" + theirs, "rot");
    fs::copy(folder.path() + "/here", folder.path() + "/template", fs::copy_options::recursive);
  }

  static std::string file_of(TestServer& server, const std::string& image, const std::string& place) {
    return "store/" + place + "/" + transfer::object_path(server.state().object(server.image(image).digest)->packed.file.digest);
  }

  std::unique_ptr<TestServer> fresh() {
    fs::remove_all(folder.path() + "/here");
    fs::copy(folder.path() + "/template", folder.path() + "/here", fs::copy_options::recursive);
    auto server = std::make_unique<TestServer>(folder.path(), "here");
    server->know(oslo);
    server->parallel = 1;
    return server;
  }

  plan::Change fetch_again() {
    const ImageEntry entry = oslo.entry("theirs");
    return change_of(
        copy_address(oslo.card().name, entry.name),
        plan::FetchAgain{.offers = {{.peer = oslo.card().name,
                                     .head = std::make_shared<const plan::SeenHead>(oslo.head()),
                                     .entry = std::make_shared<const ImageEntry>(entry)}},
                         .name = entry.name,
                         .transfer = {.method = plan::Method::whole, .from = {}, .bytes = entry.packed->file.length}});
  }
  static plan::Change take_in_again(TestServer& server, const std::string& image) {
    return change_of(image_address(ImageName::of(image)),
                     plan::TakeInAgain{.image = local_image(image, server.folder() + "/sources/" + image),
                                       .digest = server.image(image).digest});
  }

  /// What a planner would plan: of each image that is damaged now.
  std::vector<plan::Change> changes(TestServer& server) {
    std::vector<plan::Change> all;
    for (const auto& image : apply::all_damaged_images(server.state(), server.store()))
      all.push_back(image.copy ? fetch_again() : take_in_again(server, image.name.text()));
    return all;
  }

  static std::vector<std::string> set_aside(const TestServer& server) {
    std::vector<std::string> contents;
    if (!fs::exists(server.folder() + "/store/quarantine")) return contents;
    for (const auto& entry : fs::directory_iterator(server.folder() + "/store/quarantine"))
      contents.push_back(read_text(entry.path().string()));
    std::sort(contents.begin(), contents.end());
    return contents;
  }

  static void expect_whole(TestServer& server) {
    EXPECT_THAT(apply::all_damaged_images(server.state(), server.store()), IsEmpty());
    server.state().each_object([&](const state::ObjectRow& object) {
      EXPECT_THAT(server.store().check_object(object.digest, object.size, object.packed, nullptr), IsEmpty());
    });
    EXPECT_EQ(server.tree().faults, std::vector<std::string>());
    EXPECT_EQ(set_aside(server), (std::vector<std::string>{"rot", "rot of mine"})) << "nothing that was damaged is thrown away";
  }

  void sweep(const std::function<void(FaultFiles& disk, std::size_t at)>& arm) {
    for (std::size_t at = 1; at < 1000; at += step_of(1)) {
      SCOPED_TRACE("operation " + std::to_string(at));
      const auto server = fresh();
      FaultFiles disk;
      server->reopen(&disk);
      disk.start_over();
      arm(disk, at);
      try {
        const apply::Account account = server->apply(changes(*server));
        if (disk.count() >= at && !account.failed.empty()) {
          EXPECT_EQ(account.exit_code, 6) << testing::PrintToString(server->events.lines());
        }
      } catch (const Killed&) {}
      const bool never = disk.count() < at;
      server->reopen();
      server->state().check();
      EXPECT_EQ(server->apply(changes(*server)).exit_code, 0) << testing::PrintToString(server->events.lines());
      expect_whole(*server);
      if (HasFailure()) return;
      if (never) {
        EXPECT_GT(at, 20U) << "a sweep over nothing";
        return;
      }
    }
    FAIL() << "the sweep does not end";
  }

  TestFolder folder{quick_folder()};
  TestServer oslo{folder.path(), "oslo"};
  std::string mine, theirs;  ///< files in the server's folder
};

TEST_F(repairs, D1_lost_bytes_are_fetched_and_taken_in_again_and_the_damaged_ones_kept) {
  const auto server = fresh();
  const std::uint64_t serial = server->tree().serial;
  const apply::Account account = server->apply(changes(*server));
  EXPECT_EQ(account.exit_code, 0) << testing::PrintToString(lines_of(account));
  ASSERT_EQ(account.done.size(), 2U);
  expect_whole(*server);
  EXPECT_EQ(server->tree().serial, serial) << "what is published has not changed";
  EXPECT_TRUE(fs::exists(server->folder() + "/" + mine));
  EXPECT_TRUE(fs::exists(server->folder() + "/" + theirs));
}

TEST_F(repairs, D1_a_source_with_other_bits_repairs_nothing) {
  const auto server = fresh();
  server->source("mine", "other bytes");
  const apply::Account account = server->apply({take_in_again(*server, "mine")});
  EXPECT_EQ(lines_of(account).front().substr(0, 19), "failed image.mine s") << testing::PrintToString(lines_of(account));
  EXPECT_EQ(read_text(server->folder() + "/" + mine), "rot of mine");
  EXPECT_EQ(server->image("mine").source_stamp, "") << "or the next plan would believe it again, and ask no peer";
  fs::remove(server->folder() + "/sources/mine");
  EXPECT_EQ(lines_of(server->apply({take_in_again(*server, "mine")})).front(), "failed image.mine source-missing");
}

TEST_F(repairs, D1_a_source_that_gave_the_bits_again_is_known_from_then_on) {
  const auto server = fresh();
  server->state().record(
      {state::PutSourceStamp{.key = server->image("mine").key, .stamp = ""}});  // as in a state that was made anew
  EXPECT_EQ(server->apply({take_in_again(*server, "mine")}).exit_code, 0);
  EXPECT_NE(server->image("mine").source_stamp, "");
}

TEST_F(repairs, D1_a_peer_that_lies_or_has_nothing_does_not_hide_the_next_one) {
  for (const std::string instead : {"other bytes", ""}) {
    SCOPED_TRACE(instead);
    TestServer liar(folder.path(), "liar" + std::to_string(instead.size()));
    liar.apply({add(liar, "theirs", "bytes of theirs"), publish_change()});
    const std::string packed = liar.public_folder() + "/" + transfer::object_path(liar.entry("theirs").packed->file.digest);
    fs::remove(packed);
    if (!instead.empty()) write_text(packed, instead);
    const auto server = fresh();
    server->know(liar);
    plan::Change change = fetch_again();
    auto& offers = std::get<plan::FetchAgain>(change.action).offers;
    offers.insert(offers.begin(), {.peer = liar.card().name,
                                   .head = std::make_shared<const plan::SeenHead>(liar.head()),
                                   .entry = std::make_shared<const ImageEntry>(liar.entry("theirs"))});
    EXPECT_EQ(server->apply({change}).exit_code, 0) << testing::PrintToString(server->events.lines());
    EXPECT_FALSE(server->store().lacks(server->state().object(server->image("mine").digest)->packed).empty())
        << "of that one nothing was asked";
    EXPECT_TRUE(server->store().has(server->state().object(server->image("theirs").digest)->packed));
    offers.pop_back();
    write_text(server->folder() + "/" + theirs, "rot");
    EXPECT_THAT(lines_of(server->apply({change})).front(), testing::HasSubstr("failed copy.oslo.theirs"));
  }
}

TEST_F(repairs, D1_an_image_that_was_left_out_is_offered_again) {
  const auto server = fresh();
  EXPECT_EQ(server->apply({add(*server, "new", "bytes of new"), publish_change()}).exit_code, 6);
  EXPECT_EQ(server->store().left_out().size(), 1U);
  EXPECT_THAT(server->tree().offered, testing::Not(testing::Contains("mine")));
  EXPECT_EQ(server->apply({take_in_again(*server, "mine")}).exit_code, 0);
  EXPECT_THAT(server->tree().offered, testing::Contains("mine"));
  EXPECT_THAT(server->store().left_out(), IsEmpty());
}

TEST_F(repairs, D1_another_packing_of_the_same_bits_takes_the_place_of_the_lost_one) {
  const auto server = fresh();
  plan::Change change = fetch_again();
  auto entry = *std::get<plan::FetchAgain>(change.action).offers.front().entry;
  // The origin packs the same bits anew.
  const std::string packed = oslo.public_folder() + "/" + transfer::object_path(entry.packed->file.digest);
  ASSERT_EQ(
      run({.arguments = {"zstd", "-q", "-d", "-o", folder.path() + "/plain", "--", packed}, .folder = {}, .environment = {}})
          .exit,
      0);
  ASSERT_EQ(run({.arguments = {"zstd", "-q", "-19", "--no-check", "-o", folder.path() + "/again", folder.path() + "/plain"},
                 .folder = {},
                 .environment = {}})
                .exit,
            0);
  const std::string again = read_text(folder.path() + "/again");
  entry.packed->file = Piece{.digest = io::sha256(again), .length = again.size()};
  fs::create_directories(fs::path(oslo.public_folder() + "/" + transfer::object_path(entry.packed->file.digest)).parent_path());
  write_text(oslo.public_folder() + "/" + transfer::object_path(entry.packed->file.digest), again);
  std::get<plan::FetchAgain>(change.action).offers.front().entry = std::make_shared<const ImageEntry>(entry);
  EXPECT_EQ(server->apply({change}).exit_code, 0) << testing::PrintToString(server->events.lines());
  const auto object = server->state().object(entry.digest);
  EXPECT_EQ(object->packed, *entry.packed);
  std::size_t papers = 0;
  server->store().each_papers([&](std::int64_t, std::string_view text) {
    const auto parsed = apply::parse_papers(text);
    if (!parsed || parsed->row.digest != entry.digest) return;
    ++papers;
    EXPECT_EQ(parsed->packed, entry.packed) << "or a state that is made anew would not find the bytes";
  });
  EXPECT_EQ(papers, 1U);
  EXPECT_THAT(server->store().check_object(object->digest, object->size, object->packed, nullptr), IsEmpty());
}

TEST_F(repairs, D1_a_disk_that_fails_once_at_any_operation_loses_nothing_and_the_next_run_goes_on) {
  sweep([](FaultFiles& disk, std::size_t at) {
    disk.fail_at = at;
    disk.error = EIO;
  });
}

TEST_F(repairs, D1_a_process_killed_at_any_operation_loses_nothing_and_the_next_run_goes_on) {
  sweep([](FaultFiles& disk, std::size_t at) {
    disk.watch = [&disk, at](const std::string&) {
      if (disk.count() != at) return;
      disk.fail_at = 1;
      disk.for_ever = true;
      throw Killed{};
    };
  });
}

}  // namespace
}  // namespace ingot::repair_test
