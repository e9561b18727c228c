// The built program with stores: a real one (Swift), and one that fails as it is told.
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <random>

#include "tests/support/real_store.hpp"
#include "tests/upload/upload_stage.hpp"

namespace ingot::scenarios {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::FakeStore;
using testing_support::StoreFault;
using testing_support::TestFolder;

std::string noise(std::size_t size) {
  std::mt19937_64 random(42);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t value = random();
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
  return bytes;
}

TEST_F(uploads, plan_shows_it_and_apply_puts_the_whole_tree) {
  const Json plan = site_.plan();
  EXPECT_THAT(actions(plan), Contains("upload upload.s3"));
  EXPECT_EQ(action(plan, "upload.s3").at("detail"), "to " + store_.address() + "/gold/dc1/");
  site_.apply();
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
  for (const auto& path : tree_paths(site_, ""))
    EXPECT_EQ(bytes_of(path), testing_support::read_text(site_.public_folder() + "/" + path)) << path;
}

TEST_F(uploads, asks_once_and_changes_nothing_when_nothing_changed) {
  site_.apply();
  store_.forget();
  EXPECT_THAT(actions(site_.plan()), IsEmpty());
  EXPECT_THAT(store_.asked(), ElementsAre("GET /gold/dc1/head.dsse"));
  store_.forget();
  site_.apply();
  EXPECT_THAT(store_.asked(), ElementsAre("GET /gold/dc1/head.dsse"));
}

TEST_F(uploads, puts_what_is_named_before_what_names_it) {
  site_.apply();
  const auto asked = store_.asked();
  const std::size_t root = place_of(asked, "PUT /gold/dc1/root/"), bytes = place_of(asked, "PUT /gold/dc1/b/"),
                    catalog = place_of(asked, "PUT /gold/dc1/c/"), head = place_of(asked, "PUT /gold/dc1/head.dsse");
  EXPECT_LT(root, bytes);
  EXPECT_LT(bytes, catalog);
  EXPECT_LT(catalog, head);
  EXPECT_EQ(head, asked.size() - 1);
}

TEST_F(uploads, says_what_caches_may_keep) {
  site_.apply();
  for (const auto& [path, object] : store_.objects()) {
    const bool changes = path.ends_with("head.dsse") || path.ends_with("index.html");
    EXPECT_EQ(object.headers.at("cache-control"), changes ? "no-cache" : "public, max-age=31536000, immutable") << path;
  }
  EXPECT_EQ(store_.objects()["gold/dc1/index.html"].headers.at("content-type"), "text/html; charset=utf-8");
}

TEST_F(uploads, puts_the_page_that_the_same_run_writes) {
  const std::string entries = site_.file_image("db19", "the bytes of db19") + upload_entry(store_.address());
  site_.manifest("page = false\n" + entries);
  site_.apply();
  site_.manifest(entries + site_.file_image("db20", "others"));
  site_.apply();
  EXPECT_TRUE(keys_of(store_).contains("gold/dc1/index.html"));
  EXPECT_EQ(bytes_of("index.html"), testing_support::read_text(site_.public_folder() + "/index.html"));
}

TEST_F(uploads, puts_only_what_is_new) {
  site_.apply();
  store_.forget();
  site_.manifest(site_.file_image("db19", "the bytes of db19") + site_.file_image("db20", "others") +
                 upload_entry(store_.address()));
  site_.apply();
  std::size_t bytes = 0;
  for (const auto& one : store_.asked()) bytes += one.starts_with("PUT /gold/dc1/b/") ? 1U : 0U;
  EXPECT_EQ(bytes, 1U);
  EXPECT_EQ(site_.ingot({"verify", "--upload", "s3"}).exit, 0);
}

TEST_F(uploads, publish_keeps_to_the_bandwidth_and_the_requests_at_once) {
  const std::string entries = site_.file_image("db19", noise(1'500'000)) + upload_entry(store_.address());
  site_.manifest(entries);
  site_.apply(0, {"--exclude", "upload.s3"});
  site_.manifest("[limits]\nbandwidth = \"500 kB/s\"\n" + entries);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(site_.ingot({"publish", "--parallel", "1"}).exit, 0);
  EXPECT_GT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1500));
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
}

TEST_F(uploads, uploads_what_publish_renews) {
  site_.apply();
  EXPECT_EQ(site_.ingot({"publish"}).exit, 0);
  EXPECT_EQ(bytes_of("head.dsse"), testing_support::read_text(site_.public_folder() + "/head.dsse"));
  EXPECT_THAT(actions(site_.plan()), IsEmpty());
  store_.remove_bucket("gold");
  const Ran published = site_.ingot({"publish"});
  EXPECT_EQ(published.exit, 3);
  EXPECT_THAT(published.err, HasSubstr("there is no bucket \"gold\""));
  store_.make_bucket("gold");
  EXPECT_THAT(actions(site_.plan()), ElementsAre("upload upload.s3"));
  site_.apply();
  EXPECT_EQ(bytes_of("head.dsse"), testing_support::read_text(site_.public_folder() + "/head.dsse"));
}

TEST_F(uploads, uploads_a_head_that_apply_renews) {
  site_.apply();
  const std::string before = bytes_of("head.dsse");
  site_.manifest("head_ttl = \"1h\"\n" + site_.file_image("db19", "the bytes of db19") + upload_entry(store_.address()));
  EXPECT_THAT(actions(site_.plan()), IsEmpty()) << "a renewal is no action";
  site_.apply();
  EXPECT_NE(bytes_of("head.dsse"), before);
  EXPECT_EQ(bytes_of("head.dsse"), testing_support::read_text(site_.public_folder() + "/head.dsse"));
  EXPECT_THAT(actions(site_.plan()), IsEmpty());
}

TEST_F(uploads, a_renewed_head_goes_there_unless_the_upload_is_excluded) {
  site_.apply();
  const std::string entries = site_.file_image("db19", "the bytes of db19") + upload_entry(store_.address());
  site_.manifest("head_ttl = \"1h\"\n" + entries);
  const std::string before = bytes_of("head.dsse");
  EXPECT_EQ(site_.ingot({"apply", "--yes", "--target", "image.db19"}).exit, 0);
  EXPECT_NE(bytes_of("head.dsse"), before);
  EXPECT_EQ(bytes_of("head.dsse"), testing_support::read_text(site_.public_folder() + "/head.dsse"));
  site_.manifest("head_ttl = \"9h\"\n" + entries);
  EXPECT_EQ(site_.ingot({"apply", "--yes", "--exclude", "upload.s3"}).exit, 0);
  EXPECT_NE(bytes_of("head.dsse"), testing_support::read_text(site_.public_folder() + "/head.dsse"));
}

TEST_F(uploads, a_store_that_fails_holds_nothing_else_up) {
  store_.fail([](const std::string&) { return StoreFault{.status = 500, .code = "InternalError"}; });
  const Ran applied = site_.ingot({"apply", "--yes"});
  EXPECT_EQ(applied.exit, 3);
  EXPECT_THAT(site_.query({"images"}).dump(), HasSubstr("db19"));
  EXPECT_THAT(entries(site_.plan(3), "blocked"), Contains("unreachable upload.s3"));
  store_.fail(nullptr);
  site_.apply();
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
}

TEST_F(uploads, a_store_that_fails_in_the_middle_is_gone_on_with) {
  std::atomic<int> puts = 0;
  store_.fail([&](const std::string& request) -> std::optional<StoreFault> {
    if (request.starts_with("PUT") && ++puts > 2) return StoreFault{.status = 503, .code = "ServiceUnavailable"};
    return std::nullopt;
  });
  EXPECT_EQ(site_.ingot({"apply", "--yes"}).exit, 3);
  EXPECT_FALSE(keys_of(store_).contains("gold/dc1/head.dsse"));
  store_.fail(nullptr);
  site_.apply();
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
  EXPECT_THAT(actions(site_.plan()), IsEmpty());
}

TEST_F(uploads, waits_when_it_is_told_to_slow_down) {
  std::atomic<int> asked = 0;
  store_.fail([&](const std::string&) -> std::optional<StoreFault> {
    if (++asked % 3 == 0) return StoreFault{.status = 503, .code = "SlowDown"};
    if (asked % 7 == 0) return StoreFault{.cut = true};
    if (asked % 5 == 0) return StoreFault{.status = 500, .done = true};
    return std::nullopt;
  });
  site_.apply();
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
}

TEST_F(uploads, another_servers_prefix_is_in_the_way) {
  Site other(folder_.path(), "rome");
  other.manifest(other.file_image("web", "bytes") + upload_entry(store_.address()));
  other.apply();
  const auto before = keys_of(store_);
  const Json plan = site_.plan(3);
  EXPECT_THAT(entries(plan, "blocked"), Contains("in-the-way upload.s3"));
  site_.apply(3);
  EXPECT_EQ(keys_of(store_), before);
  EXPECT_EQ(site_.ingot({"publish"}).exit, 3);
  EXPECT_EQ(keys_of(store_), before);
}

TEST_F(uploads, another_servers_prefix_is_in_the_way_before_its_head_is_there) {
  store_.put("gold/dc1/root/1.dsse", "the root of another server");
  EXPECT_THAT(entries(site_.plan(3), "blocked"), Contains("in-the-way upload.s3"));
}

TEST_F(uploads, says_what_is_wrong_with_a_key_and_shows_no_secret) {
  setenv("INGOT_S3_KEY_ID", "NOBODY", 1);
  setenv("INGOT_S3_SECRET", "do-not-show-me", 1);
  const Ran plan = site_.ingot({"plan"});
  EXPECT_EQ(plan.exit, 3);
  EXPECT_THAT(plan.out, HasSubstr("refuses the access key"));
  EXPECT_THAT(plan.out, HasSubstr("INGOT_S3_KEY_ID and INGOT_S3_SECRET"));
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"plan", "--json"}, {"apply", "--yes", "--json"}, {"status"}, {"history"}, {"verify", "--upload", "s3"}, {"gc"}}) {
    const Ran ran = site_.ingot(arguments);
    EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("do-not-show-me"))) << arguments[0];
  }
  unsetenv("INGOT_S3_SECRET");
  EXPECT_THAT(entries(site_.plan(3), "blocked"), Contains("credentials upload.s3"));
}

TEST_F(uploads, reads_keys_as_the_aws_tools_write_them) {
  unsetenv("INGOT_S3_KEY_ID");
  const std::string path = folder_ / "credentials";
  testing_support::write_text(
      path, "# keys\n[default]\naws_access_key_id = x\naws_secret_access_key = y\n\n[s3]\naws_access_key_id = " +
                store_.key().id + "\naws_secret_access_key = " + store_.key().secret + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  site_.manifest(site_.file_image("db19", "bytes") + "[[upload]]\nname = \"s3\"\nto = \"s3://gold/dc1\"\nendpoint = \"" +
                 store_.address() + "\"\ncredentials_file = \"" + path + "\"\n");
  site_.apply();
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
}

TEST_F(uploads, puts_a_lost_head_and_an_old_one_back) {
  site_.apply();
  const std::string old = bytes_of("head.dsse");
  site_.manifest(site_.file_image("db19", "the bytes of db19") + site_.file_image("db20", "others") +
                 upload_entry(store_.address()));
  site_.apply();
  const auto all = keys_of(store_);
  const std::string newest = bytes_of("head.dsse");
  store_.put("gold/dc1/head.dsse", old);
  EXPECT_THAT(actions(site_.plan()), ElementsAre("upload upload.s3"));
  site_.apply();
  EXPECT_EQ(bytes_of("head.dsse"), newest);
  for (const auto& key : all) store_.remove(key);
  EXPECT_THAT(actions(site_.plan()), ElementsAre("upload upload.s3"));
  site_.apply();
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
}

TEST_F(uploads, excluded_ones_stay_behind) {
  site_.apply(0, {"--exclude", "upload.s3"});
  EXPECT_THAT(keys_of(store_), IsEmpty());
  EXPECT_THAT(actions(site_.plan()), ElementsAre("upload upload.s3"));
}

TEST_F(uploads, excluded_ones_stay_behind_when_a_saved_plan_is_applied) {
  site_.apply();
  const auto before = keys_of(store_);
  const std::string entries = site_.file_image("db19", "the bytes of db19") + site_.file_image("db20", "others");
  site_.manifest(entries + upload_entry(store_.address()));
  EXPECT_EQ(site_.ingot({"plan", "--exclude", "upload.s3", "--out", "night.plan"}).exit, 0);
  EXPECT_EQ(site_.ingot({"apply", "night.plan"}).exit, 0);
  EXPECT_EQ(keys_of(store_), before);
  site_.manifest("head_ttl = \"1h\"\n" + entries + upload_entry(store_.address()));
  EXPECT_EQ(site_.ingot({"plan", "--target", "image.db19", "--exclude", "upload.s3", "--out", "day.plan"}).exit, 0);
  EXPECT_EQ(site_.ingot({"apply", "day.plan"}).exit, 0) << "which renews the head";
  EXPECT_EQ(keys_of(store_), before);
  EXPECT_EQ(site_.ingot({"plan", "--target", "image.db19", "--out", "noon.plan"}).exit, 0);
  EXPECT_EQ(site_.ingot({"apply", "noon.plan"}).exit, 0) << "--target leaves out no upload, saved or not";
  EXPECT_EQ(bytes_of("head.dsse"), testing_support::read_text(site_.public_folder() + "/head.dsse"));
}

TEST_F(uploads, a_large_file_killed_in_the_middle_goes_on_and_leaves_no_parts) {
  site_.manifest(site_.file_image("large", noise(150'000'000)) + upload_entry(store_.address()));
  std::atomic<int> parts = 0;
  std::atomic<pid_t> victim = 0;
  store_.fail([&](const std::string& request) -> std::optional<StoreFault> {
    if (request.find("partNumber") != std::string::npos && ++parts == 2) kill(victim, SIGKILL);
    return std::nullopt;
  });
  {
    testing_support::Running running(
        {.arguments = {INGOT_BINARY, "apply", "--yes", "--parallel", "1"}, .folder = site_.path(), .environment = {}},
        folder_ / "log");
    victim = running.pid();
    EXPECT_EQ(running.wait(), 128 + SIGKILL);
  }
  EXPECT_EQ(store_.open_uploads(), 1U);
  EXPECT_FALSE(keys_of(store_).contains("gold/dc1/head.dsse"));
  store_.fail(nullptr);
  store_.forget();
  site_.apply();
  int again = 0;
  for (const auto& one : store_.asked()) again += one.find("partNumber") != std::string::npos ? 1 : 0;
  EXPECT_EQ(again, 2) << "the first of three parts was there";
  EXPECT_EQ(store_.open_uploads(), 0U);
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
}

/// At every instant: if there is a head, all that it names is there.
void expect_whole_for_readers(const FakeStore& store, const std::map<std::string, std::set<std::string>>& trees) {
  auto objects = store.objects();
  const auto head = objects.find("gold/dc1/head.dsse");
  if (head == objects.end()) return;
  const auto tree = trees.find(head->second.bytes);
  ASSERT_NE(tree, trees.end()) << "a head that was never published";
  for (const auto& path : tree->second) EXPECT_TRUE(objects.contains(path)) << path;
}

TEST_F(uploads, killed_at_any_request_readers_find_a_whole_tree_and_the_next_run_goes_on) {
  std::map<std::string, std::set<std::string>> trees;
  const auto remember = [&] { trees[testing_support::read_text(site_.public_folder() + "/head.dsse")] = tree_paths(site_); };
  remember();
  int killed = 0;
  for (int at = 1; at <= 12; ++at) {
    site_.manifest(site_.file_image("db19", "the bytes of db19") +
                   site_.file_image("n" + std::to_string(at), std::to_string(at)) + upload_entry(store_.address()));
    std::atomic<int> asked = 0;
    std::atomic<pid_t> victim = 0;
    store_.fail([&](const std::string&) -> std::optional<StoreFault> {
      if (++asked == at) kill(victim, SIGKILL);
      return std::nullopt;
    });
    testing_support::Running running({.arguments = {INGOT_BINARY, "apply", "--yes"}, .folder = site_.path(), .environment = {}},
                                     folder_ / "log");
    victim = running.pid();
    killed += running.wait() == 128 + SIGKILL ? 1 : 0;
    store_.fail(nullptr);
    remember();
    expect_whole_for_readers(store_, trees);
    site_.apply();
    remember();
    expect_whole_for_readers(store_, trees);
    EXPECT_EQ(site_.ingot({"verify", "--upload", "s3"}).exit, 0) << at;
  }
  EXPECT_GE(killed, 6);
}

class real_store : public testing::TestWithParam<std::string> {
 protected:
  static testing_support::RealStore& named() {
    return GetParam() == "swift" ? testing_support::swift() : testing_support::radosgw();
  }
};
INSTANTIATE_TEST_SUITE_P(each, real_store, testing::Values("swift", "radosgw"));

TEST_P(real_store, peers_read_what_was_uploaded_to_it) {
  auto& store = named();
  if (!store.why_not().empty()) GTEST_SKIP() << store.why_not();
  store.make_bucket("public-gold", true);
  use_key(store.key());
  TestFolder folder;
  Site oslo(folder.path(), "oslo"), paris(folder.path(), "paris");
  const std::string upload = upload_entry(store.address(), "s3://public-gold/sites/oslo");
  oslo.manifest(oslo.file_image("db19", "the bytes of db19") + oslo.tree_image("home", {{"bin/run", "#!/bin/sh"}}) + upload);
  oslo.apply();
  EXPECT_THAT(actions(oslo.plan()), IsEmpty());
  EXPECT_EQ(oslo.ingot({"verify", "--upload", "s3"}).exit, 0);
  oslo.web().stop();
  paris.manifest(Site::peer(oslo, "urls = [\"" + store.public_url("public-gold") + "sites/oslo/\"]\n") +
                 "[[subscription]]\npeer = \"oslo\"\nall = true\nsince = \"start\"\n");
  paris.apply();
  EXPECT_EQ(paris.ingot({"extract", "db19", "out"}).exit, 0);
  EXPECT_EQ(testing_support::read_text(paris.path() + "/out"), "the bytes of db19");
  oslo.manifest(oslo.file_image("db19", "the bytes of db19") + oslo.tree_image("home", {{"bin/run", "#!/bin/sh"}}) +
                oslo.file_image("db20", "others") + upload);
  oslo.apply();
  EXPECT_THAT(actions(paris.plan()), Contains("copy copy.oslo.db20"));
  EXPECT_EQ(oslo.ingot({"gc", "--grace", "0"}).exit, 0);
  EXPECT_EQ(oslo.ingot({"verify", "--upload", "s3"}).exit, 0);
  paris.apply();
}

TEST_P(real_store, peers_with_a_key_read_a_private_bucket) {
  auto& store = named();
  if (!store.why_not().empty()) GTEST_SKIP() << store.why_not();
  store.make_bucket("private-gold");
  use_key(store.key());
  TestFolder folder;
  Site oslo(folder.path(), "oslo"), paris(folder.path(), "paris");
  const std::string large = noise(40'000'000);
  oslo.manifest(oslo.file_image("large", large) + upload_entry(store.address(), "s3://private-gold/oslo"));
  oslo.apply();
  oslo.web().stop();
  const auto manifest_with = [&](const std::string& url, const std::string& region) {
    return Site::peer(oslo, "urls = [\"" + url + "\"]\ns3 = { endpoint = \"" + store.address() + "\", region = \"" + region +
                                "\", key_id_env = \"INGOT_S3_KEY_ID\", secret_env = \"INGOT_S3_SECRET\" }\n") +
           "[[subscription]]\npeer = \"oslo\"\nall = true\nsince = \"start\"\n";
  };
  paris.manifest(manifest_with("s3://private-gold/oslo", "us-east-1"));
  paris.apply();
  EXPECT_EQ(paris.ingot({"extract", "large", "out"}).exit, 0);
  EXPECT_EQ(testing_support::read_text(paris.path() + "/out"), large);
  EXPECT_THAT(actions(paris.plan()), IsEmpty());
  setenv("INGOT_S3_SECRET", "another", 1);
  const auto refused = paris.ingot({"plan"});
  EXPECT_EQ(refused.exit, 3) << refused.out;
  EXPECT_THAT(refused.out + refused.err, HasSubstr("access key of \"s3\""));
  EXPECT_THAT(refused.out + refused.err, Not(HasSubstr("another")));
}

TEST_P(real_store, takes_a_large_file_in_parts) {
  auto& store = named();
  if (!store.why_not().empty()) GTEST_SKIP() << store.why_not();
  store.make_bucket("large");
  use_key(store.key());
  TestFolder folder;
  Site oslo(folder.path(), "oslo");
  oslo.manifest(oslo.file_image("large", noise(140'000'000)) + upload_entry(store.address(), "s3://large"));
  oslo.apply();
  EXPECT_EQ(oslo.ingot({"verify", "--upload", "s3"}).exit, 0);
  EXPECT_THAT(actions(oslo.plan()), IsEmpty());
}

}  // namespace
}  // namespace ingot::scenarios
