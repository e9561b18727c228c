// A plan against what a server publishes: the id that the server's own plan has, without its state and without its sources.
#include <cstdlib>
#include <map>
#include <random>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reconciler/io/hash.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/closed_window.hpp"
#include "tests/support/full_suite.hpp"

namespace ingot::against_test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::Commands;

namespace fs = std::filesystem;

std::vector<std::string> verbs_of(const json& plan) {
  std::vector<std::string> verbs;
  for (const auto& action : plan.at("actions"))
    verbs.push_back(action.at("verb").get<std::string>() + " " + action.at("address").get<std::string>());
  return verbs;
}

std::vector<std::string> note_codes(const json& plan) {
  std::vector<std::string> codes;
  for (const auto& note : plan.at("notes")) codes.push_back(note.at("code").get<std::string>());
  return codes;
}

/// "gold", an origin, and "silver", which publishes its state; "ci" has silver's manifest and card and nothing else of it.
struct Against : Commands {
  void SetUp() override { ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1); }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  static constexpr const char* all_of_gold = "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n";

  std::string peer(const std::string& name, const std::string& more = "") const {
    return "[[peer]]\nname = \"" + name + "\"\ncard = \"" + (folder / name / "server.card.toml").string() + "\"\n" + more;
  }
  /// Its entry; its source is in the server's folder alone.
  std::string image(const std::string& server, const std::string& name, const std::string& more = "") const {
    write(server + "/sources/" + name, "bytes of " + name);
    return "[[image]]\nname = \"" + name + "\"\nsource = \"sources/" + name + "\"\n" + more;
  }
  /// A manifest that publishes the state.
  void open_manifest(const std::string& server, const std::string& entries,
                     const std::string& more = "publish_state = true\n[guard]\nremovals = { count = 9, percent = 100 }\n") const {
    manifest(server, more + entries);
  }
  void apply(const std::string& server, int exit = 0) {
    const Ran ran = at(server, {"apply", "--yes"});
    ASSERT_EQ(ran.exit, exit) << server << ": " << ran.out << ran.err;
  }
  std::string url(const std::string& server) const { return "file://" + (folder / server / "store/public").string(); }
  /// In the folder ci, as a job that has checked out what silver committed.
  Ran in_ci(const std::vector<std::string>& more = {}, const std::string& server = "silver") {
    fs::create_directories(folder / "ci");
    for (const char* file : {"ingot.toml", "server.card.toml"})
      fs::copy_file(folder / server / file, folder / "ci" / file, fs::copy_options::overwrite_existing);
    std::vector<std::string> words{"plan", "--against", url(server)};
    words.insert(words.end(), more.begin(), more.end());
    return at("ci", words);
  }
  json ci_plan(int exit = 0) {
    const Ran ran = in_ci({"--json"});
    EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
    return json::parse(ran.out);
  }
  /// What silver plans and what ci plans for it: the same actions, whose id is the same. Gives the actions.
  std::vector<std::string> same_plan(int exit = 0, std::optional<int> exit_elsewhere = {}) {
    const Ran ran = at("silver", {"plan", "--json"});
    EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
    const json here = json::parse(ran.out), elsewhere = ci_plan(exit_elsewhere.value_or(exit));
    EXPECT_EQ(verbs_of(elsewhere), verbs_of(here));
    EXPECT_EQ(elsewhere.at("id"), here.at("id"));
    EXPECT_EQ(elsewhere.at("server"), here.at("server"));
    EXPECT_EQ(elsewhere.at("blocked"), here.at("blocked"));
    EXPECT_EQ(elsewhere.at("held"), here.at("held"));
    return verbs_of(here);
  }
  std::string published_text(const std::string& server) const {
    std::string text = read(folder / server / "store/public/head.dsse");
    for (const auto& piece : fs::directory_iterator(folder / server / "store/public/c")) text += read(piece.path());
    return text;
  }
  json head(const std::string& server) const {
    const json envelope = json::parse(read(folder / server / "store/public/head.dsse"));
    std::string encoded = envelope.at("payload"), payload;
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0, count = 0;
    for (const char c : encoded) {
      if (c == '=') break;
      bits = (bits << 6U) | static_cast<unsigned>(digits.find(c));
      if ((count += 6) >= 8) payload += static_cast<char>((bits >> (count -= 8)) & 0xFFU);
    }
    return json::parse(payload);
  }
  fs::path state_piece(const std::string& server) const {
    return folder / server / "store/public/c" / head(server).at("state").at("digest").get<std::string>().substr(7);
  }
  /// Both are made; gold has published "a", silver has everything of it.
  void two_open_servers() {
    for (const char* server : {"gold", "silver"}) make(server);
    manifest("gold", image("gold", "a", "version = \"1\"\n"));
    apply("gold");
    open_manifest("silver", peer("gold") + all_of_gold);
    apply("silver");
  }
};

TEST_F(Against, the_id_is_the_servers_own_when_there_is_nothing_to_do_and_for_every_kind_of_change) {
  two_open_servers();
  EXPECT_THAT(same_plan(), IsEmpty());
  const std::string rules = peer("gold") + all_of_gold;

  open_manifest("silver", rules + image("silver", "own", "description = \"x\"\nlabels = { team = \"dba\" }\n"));
  fs::remove_all(folder / "silver/sources");
  EXPECT_THAT(same_plan(3, 0), ElementsAre("add image.own", "publish catalog")) << "with the source or without it";
  const std::string own = image("silver", "own", "description = \"x\"\nlabels = { team = \"dba\" }\n");
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());

  manifest("gold", image("gold", "a", "version = \"1\"\nstate = \"WITHDRAWN\"\nreason = \"broken\"\n") + image("gold", "b"));
  apply("gold");
  EXPECT_THAT(same_plan(), ElementsAre("withdraw copy.gold.a", "publish catalog", "copy copy.gold.b"));
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());
  manifest("gold", image("gold", "a", "version = \"1\"\n") + image("gold", "b", "labels = { tier = \"2\" }\n"));
  apply("gold");
  EXPECT_THAT(same_plan(), ElementsAre("publish catalog", "update copy.gold.a", "update copy.gold.b"));
  apply("silver");

  const std::string child = image("silver", "child", "parent = \"own\"\nprotect = true\ntype = \"DB\"\n");
  const std::string types = "[[imagetype]]\nname = \"DB\"\nbase = \"SOFTWARE\"\n",
                    series = "[[series]]\nname = \"s\"\nimages = [\"own\", \"a\", \"child\"]\n";
  open_manifest("silver", rules + own + child + types + series);
  EXPECT_THAT(same_plan(), ElementsAre("create imagetype.DB", "add image.child", "create series.s", "publish catalog"));
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());
  open_manifest("silver", rules + own + types);
  EXPECT_THAT(same_plan(7), ElementsAre("delete series.s", "publish catalog")) << "child is protected";

  open_manifest(
      "silver",
      rules + child + types +
          "[[copy]]\npeer = \"gold\"\nname = \"b\"\nkeep = false\n[[copy]]\npeer = \"gold\"\nname = \"a\"\nprotect = true\n");
  EXPECT_THAT(same_plan(),
              ElementsAre("delete series.s", "publish catalog", "update copy.gold.a", "remove copy.gold.b", "delete image.own"));
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());

  open_manifest("silver", peer("gold") + std::string(all_of_gold) + "as = \"{peer}-{name}\"\npriority = 3\n" + child + types);
  EXPECT_THAT(same_plan(), Contains("update copy.gold.a"));
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());
  open_manifest("silver", peer("gold") + child + types);
  EXPECT_THAT(same_plan(), ElementsAre("publish catalog", "uninstantiate subscription.gold.all"));
  apply("silver");
  open_manifest("silver", child + types);
  EXPECT_THAT(same_plan(), ElementsAre("publish catalog", "unregister peer.gold"));
  apply("silver");
  open_manifest("silver", rules + child + types);
  EXPECT_THAT(same_plan(), Contains("instantiate subscription.gold.all"));
}

TEST_F(Against, R20_two_servers_that_publish_their_states_and_copy_from_each_other_come_to_rest) {
  for (const char* server : {"gold", "silver"}) make(server);
  const auto all_of = [&](const std::string& other) {
    return peer(other) + "[[subscription]]\npeer = \"" + other + "\"\nall = true\nsince = \"start\"\n";
  };
  open_manifest("gold", all_of("silver") + image("gold", "a"));
  open_manifest("silver", all_of("gold") + image("silver", "b"));
  for (int round = 0; round < 3; ++round) {
    apply("gold");
    apply("silver");
  }
  const json before = head("gold"), of_silver = head("silver");
  for (int round = 0; round < 2; ++round) {
    apply("gold");
    apply("silver");
  }
  EXPECT_EQ(head("gold"), before) << "nothing is published any more";
  EXPECT_EQ(head("silver"), of_silver);
  ASSERT_EQ(at("silver", {"publish"}).exit, 0);
  EXPECT_GT(head("silver").at("serial"), of_silver.at("serial"));
  EXPECT_EQ(head("silver").at("state"), of_silver.at("state")) << "the state is what it was";
  apply("gold");
  EXPECT_EQ(head("gold"), before) << "a serial of the peer's is no change";
  EXPECT_THAT(same_plan(), IsEmpty());
}

TEST_F(Against, R15_what_is_private_is_in_nothing_that_is_published_and_is_taken_to_be_as_the_manifest_has_it) {
  make("silver");
  const std::string types = "[[imagetype]]\nname = \"HUSH_TYPE\"\nbase = \"SOFTWARE\"\n";
  const std::string hidden = image("silver", "hush1", "private = true\ntype = \"HUSH_TYPE\"\nlabels = { hushlabel = \"x\" }\n") +
                             image("silver", "hush2", "private = true\nparent = \"hush1\"\n");
  const std::string shown = image("silver", "open1") + image("silver", "open2", "parent = \"hush1\"\n");
  const std::string series =
      "[[series]]\nname = \"mixed\"\nimages = [\"open1\", \"hush1\", \"open2\"]\n[[series]]\nname = \"hushseries\"\nimages = "
      "[\"hush1\", \"hush2\"]\n";
  open_manifest("silver", types + hidden + shown + series);
  apply("silver");
  EXPECT_THAT(published_text("silver"),
              AllOf(HasSubstr("open1"), HasSubstr("mixed"), Not(HasSubstr("hush")), Not(HasSubstr("HUSH"))));
  for (const char* name : {"hush1", "hush2"})
    EXPECT_THAT(published_text("silver"), Not(HasSubstr(io::sha256(std::string("bytes of ") + name).hex())));
  EXPECT_THAT(same_plan(), IsEmpty());
  EXPECT_THAT(note_codes(ci_plan()), Contains("private-unseen"));
  EXPECT_THAT(in_ci().out, AllOf(HasSubstr("2 images of the manifest are private"), Not(HasSubstr("hush"))));

  open_manifest("silver", types + hidden + shown + image("silver", "open3", "parent = \"hush2\"\n") +
                              "[[series]]\nname = \"mixed\"\nimages = [\"hush1\", \"open1\", \"open3\", "
                              "\"hush2\"]\n[[series]]\nname = \"hushseries\"\nimages = [\"hush1\", \"hush2\"]\n");
  EXPECT_THAT(same_plan(), ElementsAre("add image.open3", "update series.mixed", "publish catalog"));
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());
  EXPECT_THAT(published_text("silver"), AllOf(Not(HasSubstr("hush")), Not(HasSubstr("HUSH"))));
}

TEST_F(Against, R15_a_type_whose_only_image_could_not_be_added_and_an_emptied_series_of_private_images_are_not_published) {
  make("silver");
  open_manifest("silver", image("silver", "open1"));
  apply("silver");
  const json before = head("silver");
  const std::string type = "[[imagetype]]\nname = \"HUSH_TYPE\"\nbase = \"SOFTWARE\"\n";
  const std::string shown = image("silver", "open1"), hidden = image("silver", "hush1", "private = true\ntype = \"HUSH_TYPE\"\n");
  const auto series = [](const std::string& members) {
    return "[[series]]\nname = \"hushseries\"\nimages = [" + members + "]\n";
  };
  fs::remove(folder / "silver/sources/hush1");
  open_manifest("silver", shown + hidden + type + series("\"hush1\""));
  apply("silver", 3);
  EXPECT_EQ(head("silver"), before) << "the type was made, the image was not";
  open_manifest("silver",
                shown + image("silver", "hush1", "private = true\ntype = \"HUSH_TYPE\"\n") + type + series("\"hush1\""));
  apply("silver");
  open_manifest("silver", shown + type + series(""));
  apply("silver");
  EXPECT_EQ(head("silver"), before);
  EXPECT_THAT(same_plan(), IsEmpty());
  EXPECT_THAT(note_codes(ci_plan()), Contains("unshown"));
  EXPECT_THAT(in_ci().out, HasSubstr("the server publishes nothing of 1 image type and 1 series of the manifest"));
  open_manifest("silver", image("silver", "open1", "description = \"now\"\n") + type + series(""));
  apply("silver");
  EXPECT_NE(head("silver"), before);
  EXPECT_THAT(published_text("silver"), AllOf(Not(HasSubstr("hush")), Not(HasSubstr("HUSH"))));
}

TEST_F(Against, a_child_is_not_blocked_when_its_private_parent_becomes_public) {
  make("silver");
  const std::string child = image("silver", "child", "parent = \"base\"\n");
  open_manifest("silver", image("silver", "base", "private = true\n") + child);
  apply("silver");
  open_manifest("silver", image("silver", "base") + child);
  EXPECT_THAT(verbs_of(json::parse(at("silver", {"plan", "--json"}).out)), ElementsAre("update image.base", "publish catalog"));
  EXPECT_THAT(verbs_of(ci_plan()), ElementsAre("add image.base", "publish catalog")) << "as if it were new";
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());
}

TEST_F(Against, the_id_does_not_hang_on_the_hour_here_or_elsewhere) {
  two_open_servers();
  manifest("gold", image("gold", "a", "version = \"1\"\n") + image("gold", "b"));
  apply("gold");
  std::set<std::string> ids;
  for (const bool open : {false, true}) {
    open_manifest(
        "silver", peer("gold") + all_of_gold,
        "publish_state = true\n[limits]\nwindow = \"" + (open ? "00:00-24:00" : testing_support::closed_window()) + "\"\n");
    const json here = json::parse(at("silver", {"plan", "--json"}).out), elsewhere = ci_plan();
    EXPECT_EQ(here.at("actions").at(open ? 1 : 0).at("deferred"), !open);
    EXPECT_THAT(verbs_of(elsewhere), ElementsAre("publish catalog", "copy copy.gold.b"));
    EXPECT_FALSE(elsewhere.at("actions").at(1).at("deferred")) << "nobody knows the hour there";
    EXPECT_THAT(in_ci().out, HasSubstr("time (`window`)"));
    for (const json& plan : {here, elsewhere}) ids.insert(plan.at("id").get<std::string>());
  }
  EXPECT_EQ(ids.size(), 1U);
  open_manifest("silver", peer("gold", "window = \"" + testing_support::closed_window() + "\"\n") + all_of_gold);
  EXPECT_EQ(json::parse(at("silver", {"plan", "--json"}).out).at("actions").at(0).at("deferred"), true);
  EXPECT_FALSE(ci_plan().at("actions").at(1).at("deferred")) << "nor for the window of a peer";
  open_manifest("silver", peer("gold") + all_of_gold);
  EXPECT_EQ(at("silver", {"apply", "--yes", "--expect", *ids.begin()}).exit, 0);
}

TEST_F(Against, R22_what_is_published_of_the_state_alone_is_planned) {
  two_open_servers();
  const auto series = [](const std::string& members) { return "[[series]]\nname = \"s\"\nimages = [" + members + "]\n"; };
  const std::string images = image("gold", "a", "version = \"1\"\n") + image("gold", "b");
  manifest("gold", images + series("\"a\", \"b\""));
  apply("gold");
  open_manifest("silver", peer("gold") + "[[subscription]]\npeer = \"gold\"\nseries = \"s\"\nsince = \"start\"\n");
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());
  manifest("gold", images + series("\"a\""));
  apply("gold");
  EXPECT_THAT(same_plan(), ElementsAre("publish catalog")) << "no rule wants b any more";
  EXPECT_EQ(at("silver", {"plan", "--detailed-exitcode"}).exit, 2);
  const json before = head("silver");
  apply("silver");
  EXPECT_NE(head("silver"), before);
  EXPECT_THAT(same_plan(), IsEmpty());
}

TEST_F(Against, a_random_walk_of_both_manifests_has_one_id_here_and_elsewhere_at_every_step) {
  two_open_servers();
  std::mt19937 random(testing_support::is_full() ? std::random_device{}() : 7U);
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  const int steps = testing_support::is_full() ? 400 : 25;
  for (int step = 0; step < steps; ++step) {
    std::string gold, silver = peer("gold"), members, kept;
    for (const char* name : {"a", "b", "c"}) {
      if (!chance(80)) continue;
      gold += image("gold", name,
                    chance(20)   ? "state = \"WITHDRAWN\"\nreason = \"no\"\n"
                    : chance(30) ? "labels = { k = \"v\" }\n"
                                 : "");
      kept += (kept.empty() ? "\"" : ", \"") + std::string(name) + "\"";
    }
    if (!kept.empty() && chance(50)) gold += "[[series]]\nname = \"s\"\nimages = [" + kept + "]\n";
    if (chance(80))
      silver += std::string(all_of_gold) + (chance(30) ? "as = \"{peer}_{name}\"\n" : "") +
                (chance(30) ? "arrive = \"origin\"\n" : "") + (chance(30) ? "prune = \"1h\"\n" : "");
    if (chance(40)) silver += "[[subscription]]\npeer = \"gold\"\nseries = \"s\"\nlatest = 2\n";
    if (chance(30))
      silver += std::string("[[copy]]\npeer = \"gold\"\nname = \"a\"\n") +
                (chance(50) ? "keep = false\n" : "protect = " + std::string(chance(50) ? "true" : "false") + "\n");
    for (const char* name : {"x", "y", "z"}) {
      if (!chance(70)) continue;
      silver += image("silver", name,
                      std::string(*name == 'z' ? "type = \"DB\"\n" : "") + (chance(20)   ? "protect = true\n"
                                                                            : chance(20) ? "description = \"d\"\n"
                                                                                         : ""));
      if (*name == 'z') silver += "[[imagetype]]\nname = \"DB\"\nbase = \"SOFTWARE\"\n";
      members += (members.empty() ? "\"" : ", \"") + std::string(name) + "\"";
    }
    if (!members.empty() && chance(60)) silver += "[[series]]\nname = \"t\"\nimages = [" + members + "]\n";
    if (chance(30)) silver += "[[series]]\nname = \"f\"\nfollow = { peer = \"gold\", series = \"s\" }\n";
    if (chance(50)) {
      manifest("gold", gold);
      const int exit = at("gold", {"apply", "--yes", "--allow-empty", "--raise-limit", "removals=9"}).exit;
      ASSERT_TRUE(exit == 0 || exit == 7) << exit;
    }
    open_manifest("silver", silver);
    const Ran here = at("silver", {"plan", "--json"}), elsewhere = in_ci({"--json"});
    ASSERT_EQ(elsewhere.exit, here.exit) << step << elsewhere.err << silver;
    const json planned = json::parse(here.out), seen = json::parse(elsewhere.out);
    ASSERT_EQ(verbs_of(seen), verbs_of(planned)) << step << "\n" << silver;
    ASSERT_EQ(seen.at("id"), planned.at("id")) << step << "\n" << silver << planned << seen;
    if (!chance(60)) continue;
    const json before = head("silver");
    const int exit = at("silver", {"apply", "--yes"}).exit;
    if (!testing::Value(verbs_of(planned), Contains("publish catalog")))
      ASSERT_EQ(head("silver"), before) << step << "\n" << silver << planned;
    if (exit == 0) {
      ASSERT_THAT(verbs_of(json::parse(at("silver", {"plan", "--json"}).out)), IsEmpty()) << step << "\n" << silver;
    }
  }
}

TEST_F(Against, a_server_that_says_nothing_of_its_state_is_told_how_to) {
  make("silver");
  manifest("silver", image("silver", "x"));
  apply("silver");
  const Ran ran = in_ci({"--json"});
  EXPECT_EQ(ran.exit, 7);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("\"no-state\""), HasSubstr("publish_state = true")));
  open_manifest("silver", image("silver", "x"));
  EXPECT_THAT(json::parse(at("silver", {"plan", "--json"}).out).at("actions").at(0).at("because").at(0).at("text"),
              "`publish_state` is now true");
  apply("silver");
  EXPECT_THAT(same_plan(), IsEmpty());
  manifest("silver", image("silver", "x"));
  EXPECT_THAT(same_plan(), ElementsAre("publish catalog")) << "no longer";
  apply("silver");
  EXPECT_FALSE(head("silver").contains("state"));
}

TEST_F(Against, the_state_is_published_again_when_it_is_lost_and_counts_for_verify_drift_and_gc) {
  two_open_servers();
  for (int time = 0; time < 2; ++time) EXPECT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0);
  ASSERT_TRUE(fs::exists(state_piece("silver")));
  EXPECT_EQ(at("silver", {"verify"}).exit, 0);
  write("damaged", read(state_piece("silver")));
  fs::remove(state_piece("silver"));
  EXPECT_EQ(at("silver", {"verify"}).exit, 6);
  EXPECT_THAT(at("silver", {"drift"}).out, HasSubstr("state"));
  EXPECT_THAT(at("silver", {"plan"}).out, HasSubstr("the published state \"public/c/"));
  apply("silver");
  EXPECT_EQ(at("silver", {"verify"}).exit, 0);
  EXPECT_THAT(same_plan(), IsEmpty());
}

TEST_F(Against, A5_A9_A13_a_tampered_old_foreign_or_absent_state_is_nothing_to_plan_against) {
  two_open_servers();
  EXPECT_EQ(in_ci().exit, 0);
  fs::remove_all(folder / "cache");
  const fs::path piece = state_piece("silver");
  const std::string good = read(piece);
  const auto put = [&](const std::string& text) { write("silver/store/public/c/" + piece.filename().string(), text); };

  put(std::regex_replace(good, std::regex("\"baseline\":0"), "\"baseline\":9"));
  Ran ran = in_ci({"--json"});
  EXPECT_EQ(ran.exit, 4) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("bad-digest"));
  put(good + good);
  EXPECT_EQ(in_ci().exit, 4) << "longer than the head says";
  put(good.substr(0, good.size() / 2));
  EXPECT_NE(in_ci().exit, 0);
  fs::remove(piece);
  EXPECT_EQ(in_ci().exit, 3) << "the peer may be publishing now";
  put(good);

  const std::string newest = read(folder / "silver/store/public/head.dsse");
  ASSERT_EQ(at("silver", {"publish"}).exit, 0);
  EXPECT_EQ(in_ci().exit, 0);
  const std::string newer = read(folder / "silver/store/public/head.dsse");
  write("silver/store/public/head.dsse", newest);
  ran = in_ci();
  EXPECT_EQ(ran.exit, 0) << "of a head that is older than one that was seen nothing is used";
  write("silver/store/public/head.dsse", newer);

  fs::copy_file(folder / "gold/server.card.toml", folder / "ci/server.card.toml", fs::copy_options::overwrite_existing);
  EXPECT_EQ(at("ci", {"plan", "--against", url("silver")}).exit, 4) << "another server's card";
  EXPECT_EQ(at("ci", {"plan", "--against", "file://" + (folder / "nowhere").string()}).exit, 3);
  fs::remove(folder / "ci/server.card.toml");
  ran = at("ci", {"plan", "--against", url("silver")});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_THAT(ran.err, HasSubstr("commit the card beside the manifest"));
}

TEST_F(Against, the_command_line_says_what_does_not_go_together) {
  make("silver");
  for (const auto& words : std::vector<std::vector<std::string>>{{"plan", "--against", "not a url"},
                                                                 {"plan", "--against", "https://u:p@host/"},
                                                                 {"plan", "--against", url("silver"), "--out", "p"}}) {
    const Ran ran = at("silver", words);
    EXPECT_EQ(ran.exit, 64) << words.back();
    EXPECT_THAT(ran.err, Not(HasSubstr("u:p@"))) << words.back();
  }
  EXPECT_EQ(at("silver", {"apply", "--against", url("silver")}).exit, 64);
}

TEST_F(Against, every_format_shows_the_plan) {
  two_open_servers();
  open_manifest("silver", peer("gold") + all_of_gold + image("silver", "own"));
  for (const char* format : {"text", "json", "markdown", "github", "terraform", "codequality", "sarif", "junit"}) {
    const Ran ran = in_ci({"--format", format});
    EXPECT_EQ(ran.exit, 0) << format << ran.err;
    EXPECT_FALSE(ran.out.empty()) << format;
  }
  const Ran ran = in_ci({"--json"});
  testing_support::expect_valid_json("plan", ran.out);
  EXPECT_EQ(in_ci({"--detailed-exitcode"}).exit, 2);
  EXPECT_THAT(in_ci().out, AllOf(HasSubstr("planned against the published state of \"silver\""),
                                 Not(HasSubstr("does not exist, so it cannot be added"))));
  EXPECT_FALSE(fs::exists(folder / "ci/state")) << "nothing is kept beside the manifest";
}

}  // namespace
}  // namespace ingot::against_test
