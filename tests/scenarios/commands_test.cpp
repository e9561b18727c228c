// The commands as an operator uses them, one after the other: init, card, query, explain, show, extract, verify, drift, publish.
#include <filesystem>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing_support::read_text;
using testing_support::TestFolder;
using testing_support::write_text;

struct Commands : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};
};

TEST_F(Commands, init_makes_everything_with_private_keys_and_overwrites_nothing) {
  for (const char* made : {"ingot.toml", ".gitignore", "server.card.toml", "keys", "state/ingot.db", "store/public/head.dsse",
                           "store/public/root/1.dsse"}) {
    EXPECT_TRUE(std::filesystem::exists(here.path() + "/" + made)) << made;
  }
  struct stat status {};
  for (const auto& entry : std::filesystem::directory_iterator(here.path() + "/keys")) {
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
  }
  ASSERT_EQ(stat((here.path() + "/keys").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  const std::string card = read_text(here.card()), state = read_text(here.path() + "/ingot.toml");
  const Ran again = testing_support::run(
      {.arguments = {INGOT_BINARY, "init", "--server", "gold", here.path()}, .folder = folder.path(), .environment = {}});
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_EQ(read_text(here.card()), card);
  EXPECT_EQ(read_text(here.path() + "/ingot.toml"), state);
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(Commands, init_beside_a_manifest_from_git_makes_what_is_missing) {
  const std::string path = folder / "clone";
  write_text(path + "/ingot.toml", "manifest = 1\n[server]\nname = \"clone\"\nurl = \"https://gold.example.net/\"\n");
  const Ran plan = testing_support::run({.arguments = {INGOT_BINARY, "plan"}, .folder = path, .environment = {}});
  EXPECT_NE(plan.exit, 0);
  EXPECT_THAT(plan.err, HasSubstr("ingot init"));
  const Ran init =
      testing_support::run({.arguments = {INGOT_BINARY, "init", "--server", "clone"}, .folder = path, .environment = {}});
  EXPECT_EQ(init.exit, 0) << init.err;
  EXPECT_EQ(testing_support::run({.arguments = {INGOT_BINARY, "plan"}, .folder = path, .environment = {}}).exit, 0);
  EXPECT_THAT(read_text(path + "/server.card.toml"), HasSubstr("https://gold.example.net/"));
}

TEST_F(Commands, card_prints_this_servers_and_explains_another) {
  EXPECT_EQ(here.ingot({"card"}).out, read_text(here.card()));
  Site there(folder.path(), "silver");
  EXPECT_THAT(here.ingot({"card", there.card()}).out, AllOf(HasSubstr("silver"), HasSubstr(there.identity().substr(7, 8))));
}

TEST_F(Commands, a_tree_extracts_as_it_was_and_tar_and_zstd_open_what_is_published) {
  here.manifest(here.tree_image("home", {{"bin/run", "#!/bin/sh\n"}, {"lib/a b", "x"}, {"etc/deep/er/conf", "k=v\n"}}));
  const std::string source = here.path() + "/sources/home";
  std::filesystem::permissions(source + "/bin/run", std::filesystem::perms{0755});
  std::filesystem::create_symlink("run", source + "/bin/start");
  std::filesystem::create_hard_link(source + "/lib/a b", source + "/lib/linked");
  std::filesystem::create_directory(source + "/empty");
  here.apply();
  ASSERT_EQ(here.ingot({"extract", "home", "out"}).exit, 0);
  const auto same = [&](const std::string& other) {
    return testing_support::run(
        {.arguments = {"diff", "-r", "--no-dereference", source, other}, .folder = here.path(), .environment = {}});
  };
  EXPECT_EQ(same("out").exit, 0) << same("out").out;
  EXPECT_EQ(std::filesystem::status(here.path() + "/out/bin/run").permissions(), std::filesystem::perms{0755});
  EXPECT_EQ(std::filesystem::hard_link_count(here.path() + "/out/lib/linked"), 2U);
  std::string packed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.public_folder() + "/b")) {
    if (entry.is_regular_file()) packed = entry.path();
  }
  const Ran by_hand =
      testing_support::run({.arguments = {"bash", "-c",
                                          "curl -sO " + here.web().url() + packed.substr(here.public_folder().size() + 1) +
                                              " && mkdir hand && zstd -dc " + std::filesystem::path(packed).filename().string() +
                                              " | tee >(sha256sum > sum) | tar -x -C hand"},
                            .folder = here.path(),
                            .environment = {}});
  EXPECT_EQ(by_hand.exit, 0) << by_hand.err;
  EXPECT_EQ(same("hand").exit, 0) << same("hand").out;
  const Json image = here.query({"images", "home"}).at("images")[0];
  EXPECT_EQ(image.at("kind"), "tree");
  EXPECT_EQ("sha256:" + read_text(here.path() + "/sum").substr(0, 64), image.at("digest").get<std::string>());
  const Ran stream = here.ingot({"extract", "home", "-"});
  EXPECT_EQ(stream.exit, 0);
  EXPECT_EQ(stream.out.size(), image.at("size").get<std::size_t>());
}

TEST_F(Commands, query_peers_and_asking_a_peer_that_cannot_be_had) {
  Site there(folder.path(), "silver");
  there.manifest(there.file_image("db19", "bytes") + "[[series]]\nname = \"s\"\nimages = [\"db19\"]\n");
  there.apply();
  here.manifest(Site::peer(there));
  EXPECT_EQ(here.query({"peers"}).at("peers")[0].at("registered"), false);
  here.apply();
  const Json peers = here.query({"peers"}).at("peers");
  EXPECT_EQ(peers[0].at("registered"), true);
  EXPECT_EQ(peers[0].at("status"), "ok");
  EXPECT_EQ(peers[0].at("id"), there.identity());
  EXPECT_EQ(here.query({"images", "--peer", "silver"}).at("images")[0].at("name"), "db19");
  EXPECT_THAT(here.query({"series", "--peer", "silver"}).at("series")[0].at("images"), ElementsAre("db19"));
  there.web().stop();
  const Ran cached = here.ingot({"query", "images", "--peer", "silver", "--json"});
  EXPECT_EQ(cached.exit, 3);
  EXPECT_EQ(Json::parse(cached.out).at("images")[0].at("name"), "db19") << "the cache answers";
  EXPECT_FALSE(cached.err.empty());
  EXPECT_THAT(here.ingot({"query", "images", "--peer", "slver"}).err, HasSubstr("silver"));
  const Ran none = here.ingot({"query", "images", "nothing"});
  EXPECT_EQ(none.exit, 3);
}

TEST_F(Commands, explain_says_why_and_why_not) {
  Site there(folder.path(), "silver");
  there.manifest(there.file_image("old", "1"));
  there.apply();
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nall = true\nexclude = [\"*-debug\"]\n");
  here.apply();
  there.manifest(there.file_image("old", "1") + there.file_image("new", "2") + there.file_image("new-debug", "3"));
  there.apply();
  const auto subject = [&](const std::string& what) {
    return Json::parse(here.ingot({"explain", "--json", what}).out).at("subjects")[0];
  };
  EXPECT_EQ(subject("new").at("verdict"), "planned");
  EXPECT_EQ(subject("copy.silver.old").at("verdict"), "not-wanted");
  EXPECT_EQ(subject("copy.silver.old").at("code"), "before-baseline");
  EXPECT_EQ(subject("new-debug").at("code"), "excluded");
  here.apply();
  EXPECT_EQ(subject("new").at("verdict"), "done");
  EXPECT_EQ(here.ingot({"explain", "nwe"}).exit, 3);
}

TEST_F(Commands, status_drift_show_and_history_tell_what_happened) {
  here.manifest(here.file_image("a", "bytes of a"));
  here.apply();
  EXPECT_EQ(here.ingot({"status"}).exit, 0);
  EXPECT_EQ(here.ingot({"drift"}).exit, 0);
  const Json runs = here.query({"history"}).at("runs");
  ASSERT_FALSE(runs.empty());
  EXPECT_THAT(here.ingot({"show", runs[0].at("id").get<std::string>()}).out, HasSubstr("image.a"));
  EXPECT_THAT(here.ingot({"show", "a"}).out, HasSubstr("sha256:"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.public_folder() + "/b")) {
    if (entry.is_regular_file()) std::filesystem::remove(entry.path());
  }
  const Ran drift = here.ingot({"drift"});
  EXPECT_EQ(drift.exit, 2);
  EXPECT_THAT(drift.out, HasSubstr("a"));
  EXPECT_EQ(here.ingot({"verify"}).exit, 6);
}

TEST_F(Commands, publish_renews_the_head_and_an_expired_head_is_expired_until_then) {
  write_text(here.path() + "/ingot.toml", "manifest = 1\n[server]\nname = \"gold\"\nurl = \"" + here.web().url() +
                                              "\"\nhead_ttl = \"1h\"\n" + here.file_image("a", "b"));
  here.apply();
  const std::string before = read_text(here.public_folder() + "/head.dsse");
  EXPECT_EQ(here.ingot({"publish"}).exit, 0);
  EXPECT_NE(read_text(here.public_folder() + "/head.dsse"), before);
  EXPECT_EQ(here.plan().at("actions").size(), 0U) << "renewing a head is not a change";
}

TEST_F(Commands, a_peer_on_a_mounted_disk_works_by_file_url) {
  Site there(folder.path(), "silver");
  there.manifest(there.file_image("db19", "bytes of db19"));
  there.apply();
  there.web().stop();
  here.manifest(Site::peer(there, "urls = [\"file://" + there.public_folder() + "/\"]\n") +
                "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images")[0].at("name"), "db19");
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(Commands, tokens_are_sent_and_never_shown) {
  Site there(folder.path(), "silver");
  there.manifest(there.file_image("db19", "bytes of db19"));
  there.apply();
  testing_support::Nginx locked(there.public_folder(), folder / "locked",
                                "if ($http_authorization != \"Bearer canary-4711\") { return 401; }");
  here.manifest(Site::peer(there, "urls = [\"" + locked.url() + "\"]\ntoken_env = \"SILVER_TOKEN\"\n") +
                "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  const Ran wrong = here.ingot({"plan", "-v"}, {{"SILVER_TOKEN", "canary-wrong"}});
  EXPECT_EQ(wrong.exit, 3);
  EXPECT_THAT(wrong.out + wrong.err, Not(HasSubstr("canary")));
  const Ran right = here.ingot({"apply", "--yes", "-v"}, {{"SILVER_TOKEN", "canary-4711"}});
  EXPECT_EQ(right.exit, 0) << right.err;
  EXPECT_THAT(right.out + right.err, Not(HasSubstr("canary")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_text(entry.path()), Not(HasSubstr("canary"))) << entry.path();
  }
}

TEST_F(Commands, closed_standard_streams_are_taken_by_no_file_of_a_run) {
  for (const std::string closed : {">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
    here.manifest(here.file_image("image" + std::to_string(closed.size()), "bytes " + closed));
    const Ran ran = testing_support::run(
        {.arguments = {"sh", "-c",
                       std::string(INGOT_BINARY) + " apply --yes --allow-empty --raise-limit removals=9 -v " + closed},
         .folder = here.path(),
         .environment = {}});
    EXPECT_EQ(ran.exit, 0) << closed << ran.out << ran.err;
    EXPECT_EQ(read_text(here.path() + "/state/lock"), "") << closed;
  }
  EXPECT_EQ(here.ingot({"verify"}).exit, 0);
}

}  // namespace
}  // namespace ingot::scenarios
