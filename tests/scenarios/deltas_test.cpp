// Deltas from the images of one server to the copies of another: what is fetched, and that nothing else depends on them (R28).
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing_support::noise;
using testing_support::TestFolder;
namespace fs = std::filesystem;

constexpr std::size_t image_size = 3'000'000;

struct Deltas : testing::Test {
  TestFolder folder;
  Site gold{folder.path(), "gold"};
  Site edge{folder.path(), "edge"};
  std::string images;

  /// A version of one image: most of its bytes are those of the one before.
  std::string version(int number) const {
    std::string bytes = noise(image_size);
    for (int i = 1; i <= number; ++i)
      bytes.replace(static_cast<std::size_t>(i) * 100'000, 20, "version " + std::to_string(number) + " of the image");
    return bytes;
  }
  std::string name(int number) const { return "db" + std::to_string(number); }
  void publish(int number, const std::string& server = "") {
    images += gold.file_image(name(number), version(number), number > 1 ? "parent = \"" + name(number - 1) + "\"" : "");
    gold.manifest(server + images);
    gold.apply();
  }
  void subscribe(const std::string& more = "") {
    edge.manifest(Site::peer(gold) + "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n" + more);
  }
  Json transfer(int number) const { return action(edge.plan(), "copy.gold." + name(number))["transfer"]; }
  void expect_copies(int last) const {
    for (int i = 1; i <= last; ++i) EXPECT_EQ(edge.ingot({"extract", name(i), "-"}).out, version(i)) << i;
    EXPECT_EQ(edge.ingot({"verify"}).exit, 0);
    EXPECT_TRUE(actions(edge.plan()).empty());
  }
  /// The files of deltas that gold serves.
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(gold.public_folder() + "/b")) {
      if (entry.is_regular_file() && entry.file_size() < image_size / 2) found.push_back(entry.path());
    }
    return found;
  }
};

TEST_F(Deltas, R28_a_copy_fetches_a_delta_from_the_image_that_is_here) {
  publish(1);
  subscribe();
  edge.apply();
  publish(2);
  ASSERT_EQ(files().size(), 1U);
  const Json way = transfer(2);
  EXPECT_EQ(way["method"], "delta");
  EXPECT_EQ(way["from"], "db1");
  EXPECT_EQ(way["steps"], 1);
  EXPECT_EQ(way["bytes"], fs::file_size(files().front()));
  EXPECT_THAT(edge.ingot({"plan"}).out, HasSubstr("to fetch (delta from db1)"));
  EXPECT_THAT(edge.ingot({"explain", "db2"}).out, HasSubstr("to fetch by 1 delta from db1"));
  edge.apply();
  expect_copies(2);
  EXPECT_LT(fs::file_size(files().front()), 5'000U);
}

TEST_F(Deltas, R28_a_chain_leads_over_images_that_are_not_wanted) {
  publish(1);
  subscribe();
  edge.apply();
  for (int i = 2; i <= 4; ++i) publish(i);
  subscribe("exclude = [\"db2\", \"db3\"]\n");
  const Json way = transfer(4);
  EXPECT_EQ(way["steps"], 3);
  EXPECT_EQ(way["from"], "db1");
  edge.apply();
  EXPECT_EQ(edge.ingot({"extract", "db4", "-"}).out, version(4));
  EXPECT_TRUE(fs::is_empty(edge.path() + "/store/staging"));
}

TEST_F(Deltas, R28_many_images_come_one_out_of_the_other) {
  publish(1);
  subscribe();
  edge.apply();
  for (int i = 2; i <= 5; ++i) publish(i);
  const Json done = edge.apply();
  std::uint64_t fetched = 0;
  for (const auto& one : done["done"]) fetched += one.value("fetched", std::uint64_t{0});
  std::uint64_t all = 0;
  for (const auto& file : files()) all += fs::file_size(file);
  EXPECT_LE(fetched, all) << "each delta once";
  expect_copies(5);
}

TEST_F(Deltas, R28_a_delta_that_is_gone_or_damaged_is_no_failure) {
  publish(1);
  subscribe();
  edge.apply();
  publish(2);
  publish(3);
  const auto served = files();
  ASSERT_EQ(served.size(), 2U);
  fs::remove(served[0]);
  std::ofstream(served[1], std::ios::in | std::ios::out).seekp(200).write("rot", 3);
  const Ran applied = edge.ingot({"apply", "--yes"});
  EXPECT_EQ(applied.exit, 0) << applied.err;
  EXPECT_THAT(applied.err, HasSubstr("bad-delta"));
  expect_copies(3);
}

TEST_F(Deltas, R28_a_whole_image_in_place_of_a_delta_for_which_max_bytes_has_no_rest_is_deferred) {
  publish(1);
  subscribe();
  edge.apply();
  publish(2);
  publish(3);
  for (const fs::path& file : files()) fs::remove(file);
  subscribe("[limits]\nmax_bytes = \"4 MB\"\n");
  const Json first = edge.apply();
  const auto is_copy = [](const Json& one) { return one.at("verb") == "copy"; };
  EXPECT_EQ(std::count_if(first["done"].begin(), first["done"].end(), is_copy), 1) << first["done"].dump();
  EXPECT_THAT(first["not_started"].dump(),
              AllOf(HasSubstr("`max_bytes` does not leave 3.0 MB for the whole image"), HasSubstr("\"deferred\":true")));
  edge.apply();
  expect_copies(3);
}

TEST_F(Deltas, R28_a_whole_image_in_place_of_a_delta_that_max_bytes_never_allows_is_a_failure) {
  publish(1);
  subscribe();
  edge.apply();
  publish(2);
  subscribe("[limits]\nmax_bytes = \"1 MB\"\n");
  EXPECT_EQ(transfer(2)["method"], "delta");
  fs::remove(files().front());
  const Ran applied = edge.ingot({"apply", "--yes"});
  EXPECT_EQ(applied.exit, 3);
  EXPECT_THAT(applied.out + applied.err, AllOf(HasSubstr("does-not-fit"), HasSubstr("raise max_bytes")));
  subscribe("[limits]\nmax_bytes = \"4 MB\"\n");
  edge.apply();
  expect_copies(2);
}

TEST_F(Deltas, R28_a_base_that_rots_here_is_no_failure_of_the_copy) {
  publish(1);
  subscribe();
  edge.apply();
  publish(2);
  for (const auto& entry : fs::recursive_directory_iterator(edge.path() + "/store/private/b")) {
    if (entry.is_regular_file()) std::ofstream(entry.path(), std::ios::in | std::ios::out).seekp(1000).write("rotten bytes", 12);
  }
  const Ran applied = edge.ingot({"apply", "--yes"});
  EXPECT_EQ(applied.exit, 0) << applied.err;
  EXPECT_THAT(applied.err, AllOf(HasSubstr("bad-delta"), HasSubstr("cannot be read")));
  EXPECT_EQ(edge.ingot({"extract", "db2", "-"}).out, version(2));
}

/// A delta of 12 MB, at 4 MB a second, and an apply that is ended in the middle of it.
struct InterruptedDeltas : Deltas {
  std::string first() const { return noise(24'000'000); }
  std::string second() const { return noise(24'000'000).substr(0, 12'000'000) + noise(36'000'000).substr(24'000'000); }
  std::string rules(const std::string& url) const {
    return Site::peer(gold, "urls = [\"" + url + "\"]\n") + "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n";
  }
  std::uintmax_t here() const {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(edge.path() + "/store/staging")) bytes += entry.file_size();
    return bytes;
  }
  /// Its exit code.
  int end_in_the_middle(int signal) {
    edge.manifest(rules(gold.web().url()));
    images = gold.file_image("db1", first());
    gold.manifest(images);
    gold.apply();
    edge.apply();
    gold.manifest(images + gold.file_image("db2", second(), "parent = \"db1\""));
    gold.apply();
    const testing_support::Nginx slow(gold.public_folder(), folder / "slow", "limit_rate 4m;");
    edge.manifest(rules(slow.url()));
    testing_support::Running running({.arguments = {INGOT_BINARY, "apply", "--yes"}, .folder = edge.path(), .environment = {}},
                                     edge.path() + "/apply.log");
    for (int i = 0; i < 4'000 && here() < 2'000'000; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    running.signal(signal);
    return running.wait();
  }
  void expect_the_rest_is_fetched() {
    const std::uintmax_t came = here();
    EXPECT_GE(came, 2'000'000U);
    edge.manifest(rules(gold.web().url()));
    const std::uint64_t missing = transfer(2)["bytes"];
    EXPECT_LT(missing, 10'500'000U);
    gold.web().forget_requests();
    const Json done = edge.apply();
    std::uint64_t fetched = 0;
    for (const auto& one : done["done"]) fetched += one.value("fetched", std::uint64_t{0});
    EXPECT_EQ(fetched, missing);
    EXPECT_THAT(gold.web().requests(), Contains(HasSubstr("/b/")).Times(1));
    EXPECT_EQ(edge.ingot({"extract", "db2", "-"}).out, second());
    EXPECT_TRUE(fs::is_empty(edge.path() + "/store/staging"));
  }
};

TEST_F(InterruptedDeltas, R28_an_interrupted_copy_by_a_delta_is_resumed) {
  EXPECT_EQ(end_in_the_middle(SIGINT), 130);
  expect_the_rest_is_fetched();
}

TEST_F(InterruptedDeltas, R28_a_killed_copy_by_a_delta_is_resumed) {
  end_in_the_middle(SIGKILL);
  expect_the_rest_is_fetched();
}

TEST_F(Deltas, a_bundle_has_the_deltas_of_its_images) {
  publish(1);
  subscribe();
  edge.apply();
  publish(2);
  publish(3);
  const std::string stick = folder / "stick";
  fs::create_directory(stick);
  ASSERT_EQ(gold.ingot({"bundle", stick, "db2"}).exit, 0);
  const auto on_stick = [&](const fs::path& file) {
    return fs::exists(stick + "/" + fs::relative(file, gold.public_folder()).string());
  };
  const auto served = files();
  ASSERT_EQ(served.size(), 2U);
  EXPECT_EQ(std::count_if(served.begin(), served.end(), on_stick), 1) << "that of db2, and not that of db3";
  EXPECT_EQ(gold.ingot({"bundle", stick, "--verify"}).exit, 0);
  const testing_support::Nginx elsewhere(stick, folder / "elsewhere");
  edge.manifest(Site::peer(gold, "urls = [\"" + elsewhere.url() + "\"]\n") +
                "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\nexclude = [\"db3\"]\n");
  EXPECT_EQ(transfer(2)["method"], "delta");
  edge.apply();
  EXPECT_THAT(elsewhere.requests(), Contains(HasSubstr("/b/")).Times(1));
  EXPECT_EQ(edge.ingot({"extract", "db2", "-"}).out, version(2));
}

TEST_F(Deltas, R22_what_is_not_kept_is_not_tried_again_and_what_is_not_wanted_goes) {
  publish(1);
  images += gold.file_image("other", noise(2 * image_size).substr(image_size), "parent = \"db1\"");
  gold.manifest(images);
  EXPECT_THAT(actions(gold.plan()), Contains(HasSubstr("delta delta.other.db1")).Times(0));
  EXPECT_THAT(actions(gold.plan()), Contains(HasSubstr("delta delta.other.")));
  gold.apply();
  EXPECT_TRUE(files().empty()) << "it has nothing in common with its parent";
  EXPECT_TRUE(actions(gold.plan()).empty());
  publish(2);
  EXPECT_EQ(files().size(), 1U);
  EXPECT_TRUE(actions(gold.plan()).empty());
  const std::string pages = gold.ingot({"verify"}).out;
  gold.manifest("deltas = false\n" + images);
  EXPECT_THAT(actions(gold.plan()), ElementsAre("publish catalog"));
  gold.apply();
  EXPECT_TRUE(actions(gold.plan()).empty());
  subscribe();
  edge.apply();
  expect_copies(2);
  EXPECT_EQ(gold.ingot({"gc", "--grace", "0"}).exit, 0);
}

TEST_F(Deltas, R28_a_bundle_brings_deltas_and_nothing_depends_on_them) {
  const std::string stick = folder / "stick";
  publish(1);
  publish(2);
  const Ran written = gold.ingot({"bundle", stick});
  ASSERT_EQ(written.exit, 0) << written.err;
  EXPECT_THAT(written.out, HasSubstr("2 images (6.0")) << "with the delta";
  const auto deltas = files();
  ASSERT_EQ(deltas.size(), 1U);
  const std::string path = fs::relative(deltas.front(), gold.public_folder()).string();
  const auto read_stick = [&](const std::string& more) {
    edge.manifest(Site::peer(gold, "urls = [\"file://" + stick + "/\"]\noffline = true\n") +
                  "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n" + more);
  };
  read_stick("exclude = [\"db2\"]\n");
  edge.apply();
  read_stick("");
  EXPECT_EQ(transfer(2)["method"], "delta");
  std::ofstream(stick + "/" + path, std::ios::binary) << "damaged";
  const Ran checked = gold.ingot({"bundle", stick, "--verify"});
  EXPECT_EQ(checked.exit, 0) << checked.out;
  EXPECT_THAT(checked.out, AllOf(HasSubstr("0 damaged"), HasSubstr("1 delta, not needed")));
  const Ran applied = edge.ingot({"apply", "--yes"});
  EXPECT_EQ(applied.exit, 0) << applied.err;
  expect_copies(2);
}

TEST_F(Deltas, a_damaged_delta_is_found_by_verify_and_made_again_after_repair) {
  publish(1);
  publish(2);
  ASSERT_EQ(files().size(), 1U);
  const fs::path file = files().front();
  std::ofstream(file, std::ios::in | std::ios::out).seekp(150).write("rot", 3);
  const Ran found = gold.ingot({"verify"});
  EXPECT_EQ(found.exit, 6);
  EXPECT_THAT(found.out, HasSubstr("delta of db2"));
  EXPECT_EQ(gold.ingot({"verify", "--repair"}).exit, 0);
  EXPECT_THAT(actions(gold.plan()), ElementsAre("publish catalog", HasSubstr("delta delta.db2.")));
  gold.apply();
  EXPECT_EQ(gold.ingot({"verify"}).exit, 0);
  EXPECT_TRUE(fs::exists(file)) << "the same bytes as before";
}

TEST_F(Deltas, a_state_made_anew_knows_the_deltas_of_the_catalog) {
  publish(1);
  publish(2);
  fs::remove(gold.path() + "/state/ingot.db");
  EXPECT_EQ(gold.ingot({"state", "rebuild"}).exit, 0);
  EXPECT_THAT(actions(gold.plan()), Not(Contains(HasSubstr("delta"))));
  gold.apply();
  EXPECT_EQ(gold.ingot({"gc", "--grace", "0"}).exit, 0);
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(Deltas, a_deferred_delta_is_made_by_a_later_run) {
  publish(1);
  images += gold.file_image(name(2), version(2), "parent = \"db1\"");
  gold.manifest(images);
  EXPECT_EQ(gold.ingot({"apply", "--yes", "--exclude",
                        "delta.db2." + std::string(gold.query({"images", "db1"})["images"][0]["digest"]).substr(7, 12)})
                .exit,
            0);
  EXPECT_TRUE(files().empty());
  subscribe();
  EXPECT_EQ(transfer(2)["method"], "whole") << "it is published without";
  EXPECT_THAT(actions(gold.plan()), Contains(HasSubstr("delta delta.db2.")));
  gold.apply();
  EXPECT_EQ(files().size(), 1U);
}

}  // namespace
}  // namespace ingot::scenarios
