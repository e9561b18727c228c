// ingot init and ingot card: a server is made once, and its card is made of it alone.
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/in_child.hpp"

namespace ingot::init_and_card_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::Commands;

TEST_F(Commands, init_says_what_it_made_and_what_comes_next) {
  const Ran ran = ingot({"init", "--server", "gold", "--url", "https://gold.example.net", (folder / "gold").string()});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("Server gold"), HasSubstr("made "), HasSubstr("Next:"), HasSubstr("https://gold.example.net/")));
  EXPECT_THAT(read(folder / "gold/server.card.toml"), HasSubstr("\"https://gold.example.net/\""));
  EXPECT_THAT(read(folder / "gold/.gitignore"), HasSubstr("/keys/"));
  const std::string before = read(folder / "gold/ingot.toml");
  const Ran again = at("gold", {"init"});
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("everything is there already"));
  EXPECT_EQ(read(folder / "gold/ingot.toml"), before);
}

TEST_F(Commands, init_without_a_url_makes_no_card_and_says_how_to_get_one) {
  const Ran ran = ingot({"init", "--server", "gold", (folder / "gold").string()});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_FALSE(fs::exists(folder / "gold/server.card.toml"));
  EXPECT_THAT(ran.out, HasSubstr("ingot card --out server.card.toml"));
  const Ran card = at("gold", {"card"});
  EXPECT_EQ(card.exit, 65) << "the manifest is what lacks something";
  EXPECT_THAT(card.err, AllOf(ContainsRegex("ingot.toml:[1-9][0-9]*:1: "), HasSubstr("url = ")));
  testing_support::expect_valid_json("problems", at("gold", {"card", "--json"}).out);
}

TEST_F(Commands, init_refuses_a_url_that_no_manifest_may_hold_and_makes_nothing) {
  for (const std::string url :
       {"file://tmp/x", "gold.example.net", "https://me:canary@gold.example.net/", "ftp://gold.example.net/"}) {
    const Ran ran = ingot({"init", "--server", "gold", "--url", url, (folder / "new").string()});
    EXPECT_EQ(ran.exit, 64) << url;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("--url "), Not(HasSubstr("canary")))) << url;
    EXPECT_FALSE(fs::exists(folder / "new")) << url;
  }
  const Ran ran = ingot({"init", "--server", "gold", "--url", "http://gold.example.net", (folder / "new").string()});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("allow_http = true"));
}

TEST_F(Commands, init_where_this_user_may_not_look_says_so) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can close a folder to another user";
  fs::create_directory(folder / "closed");
  fs::permissions(folder / "closed", fs::perms::none);
  const std::string said = testing_support::in_child([&]() -> std::string {
    if (!testing_support::become_nobody()) return "skip";
    const Ran ran = ingot({"init", "--server", "gold", (folder / "closed/gold").string()});
    return std::to_string(ran.exit) + ran.err;
  });
  EXPECT_THAT(said, AllOf(StartsWith("6"), HasSubstr("Permission denied"), Not(HasSubstr("internal error"))));
}

TEST_F(Commands, init_refuses_what_contradicts_the_manifest_and_makes_nothing) {
  write("gold/ingot.toml", "manifest = 1\n[server]\nname = \"gold\"\n");
  EXPECT_EQ(ingot({"init", "--server", "other", (folder / "gold").string()}).exit, 64);
  EXPECT_EQ(ingot({"init", "--url", "https://x.example/", (folder / "gold").string()}).exit, 64);
  EXPECT_EQ(ingot({"init", (folder / "new").string()}).exit, 64);
  EXPECT_EQ(ingot({"init", "--server", "a.b", (folder / "new").string()}).exit, 64);
  EXPECT_EQ(ingot({"init", "--server", "ab", "--url", "gopher://x", (folder / "new").string()}).exit, 64);
  EXPECT_FALSE(fs::exists(folder / "new"));
  EXPECT_FALSE(fs::exists(folder / "gold/keys"));
}

TEST_F(Commands, init_never_makes_another_server_than_the_card_names) {
  make("gold");
  const std::string card = read(folder / "gold/server.card.toml");
  for (const char* gone : {"store", "keys", "state"}) fs::remove_all(folder / "gold" / gone);
  const Ran ran = at("gold", {"init"});
  EXPECT_EQ(ran.exit, 6);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("server.card.toml\" names the root sha256:"), HasSubstr("root/1.dsse\" is gone"),
                             HasSubstr("backup")));
  EXPECT_FALSE(fs::exists(folder / "gold/keys"));
  fs::remove(folder / "gold/server.card.toml");
  ASSERT_EQ(at("gold", {"init"}).exit, 0) << terminal.said;
  write("gold/server.card.toml", card);
  EXPECT_THAT(at("gold", {"init"}).err, HasSubstr("names another root than the store's"));
}

TEST_F(Commands, a_card_is_made_of_the_server_section_and_the_root_alone) {
  make("gold");
  const std::string card = read(folder / "gold/server.card.toml");
  manifest("gold", "[[peer]]\nname = \"silver\"\ncard = \"gone.card.toml\"\nmisspelt = 1\n");
  fs::remove_all(folder / "gold/keys");
  fs::remove_all(folder / "gold/state");
  EXPECT_EQ(at("gold", {"validate"}).exit, 65);
  const Ran ran = at("gold", {"card"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, card);
}

TEST_F(Commands, card_out_replaces_the_file_only_once_the_card_is_made) {
  make("gold");
  const std::string card = read(folder / "gold/server.card.toml");
  const std::string file = folder / "shared.card.toml";
  write("shared.card.toml", "what was there");
  const std::string text = read(folder / "gold/ingot.toml");
  write("gold/ingot.toml", "manifest = 1\n[server]\nname = \"gold\"\n");
  EXPECT_EQ(at("gold", {"card", "--out", file}).exit, 65) << "it has no url";
  EXPECT_EQ(read(file), "what was there");
  write("gold/ingot.toml", text);
  EXPECT_EQ(at("gold", {"card", "--out", file}).exit, 0) << terminal.said;
  EXPECT_EQ(read(file), card);
  EXPECT_EQ(terminal.printed, "");
  EXPECT_EQ(at("gold", {"card", "--out", "-"}).out, card);
  EXPECT_EQ(at("gold", {"card", "--out", (folder / "gold").string()}).exit, 64) << "a folder";
  EXPECT_EQ(at("gold", {"card", "--out", file}).exit, 0) << "over a card";
  write("gold/state/lock", "");
  for (const std::string name : {"gold/keys/root.pem", "gold/state/ingot.db", "gold/ingot.toml", "gold/state/lock",
                                 "gold/store/public/head.dsse", "gold/store/public/root/1.dsse", "gold/store/LINEAGE"}) {
    const std::string before = read(folder / name);
    const Ran ran = at("gold", {"card", "--out", (folder / name).string()});
    EXPECT_EQ(ran.exit, 64) << name;
    EXPECT_THAT(ran.err, HasSubstr("would overwrite something that is not a card"));
    EXPECT_EQ(read(folder / name), before);
  }
  EXPECT_EQ(at("gold", {"card", file, "--out", file}).exit, 64);
}

TEST_F(Commands, card_explains_a_card_and_who_it_is_here) {
  two_servers();
  const std::string card = (folder / "gold/server.card.toml").string();
  EXPECT_EQ(at("gold", {"card"}).out, read(card));
  EXPECT_THAT(at("silver", {"card", card}).out, AllOf(HasSubstr("gold"), HasSubstr("peer \"gold\" of")));
  EXPECT_THAT(at("gold", {"card", card}).out, HasSubstr("this server itself"));
  EXPECT_EQ(at("gold", {"card", "nowhere"}).exit, 64);
  write("bad.card.toml", "card = 2\n");
  EXPECT_EQ(at("gold", {"card", (folder / "bad.card.toml").string()}).exit, 65);
}

}  // namespace
}  // namespace ingot::init_and_card_test
