// Plans that are kept and applied later, by their id, or in part: what is done, and what is refused and told.
#include <sys/stat.h>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::saved_plans_test {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

struct SavedPlans : testing_support::Commands {
  std::string file(const std::string& name) const { return (folder / name).string(); }
  const std::string kept = file("a.plan");

  void gold_has(const std::string& entries) {
    manifest("gold", entries);
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  }
  std::string image(const std::string& name, const std::string& more = "") const {
    write("gold/" + name + ".bin", "bytes of " + name);
    return "[[image]]\nname = \"" + name + "\"\nsource = \"" + name + ".bin\"\n" + more;
  }
  std::string subscription() const {
    return "[[peer]]\nname = \"gold\"\ncard = \"" + file("gold/server.card.toml") +
           "\"\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n";
  }
  /// Keeps a plan of silver, which subscribes to gold.
  void keep(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"plan", "--out", kept};
    words.insert(words.end(), more.begin(), more.end());
    ASSERT_EQ(at("silver", words).exit, 0) << terminal.said;
  }
  Ran apply_kept() { return at("silver", {"apply", kept}); }
  bool silver_has(const std::string& name) { return at("silver", {"query", "images", name}).exit == 0; }
  void expect_stale(const Ran& ran, const std::string& why) {
    EXPECT_EQ(ran.exit, 8) << ran.out << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("nothing was done"), HasSubstr(why)));
  }
};

TEST_F(SavedPlans, a_kept_plan_is_done_without_asking_once_and_leaves_what_came_since) {
  two_servers();
  keep();
  gold_has(image("a", "version = \"1\"\n") + image("b"));
  const Ran applied = apply_kept();
  EXPECT_EQ(applied.exit, 0) << applied.err << applied.out;
  EXPECT_TRUE(silver_has("a"));
  EXPECT_FALSE(silver_has("b")) << "it was published after the plan was made";
  EXPECT_THAT(applied.out, HasSubstr("1 left out by the saved plan"));
  expect_stale(apply_kept(), "has already applied this plan");
  EXPECT_THAT(at("silver", {"plan"}).out, HasSubstr("1 to copy")) << "the next plan has the rest";
}

TEST_F(SavedPlans, the_file_is_private_and_replaces_plans_alone) {
  two_servers();
  const mode_t before = ::umask(0);
  keep();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(kept.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  keep();  // a plan may be replaced
  write("note.txt", "dear diary");
  const Ran refused = at("silver", {"plan", "--out", file("note.txt")});
  EXPECT_EQ(refused.exit, 64);
  EXPECT_THAT(refused.err, HasSubstr("not a plan"));
  EXPECT_EQ(read(folder / "note.txt"), "dear diary");
  EXPECT_EQ(at("silver", {"plan", "--out", folder.string()}).exit, 64);
  EXPECT_EQ(at("silver", {"plan", "--out", file("nowhere/a.plan")}).exit, 6);
  testing_support::expect_valid_json("plan", read(kept));
}

TEST_F(SavedPlans, N7_no_secret_is_in_it) {
  two_servers();
  manifest("silver", subscription() + "");
  const std::string with_token =
      "[[peer]]\nname = \"gold\"\ncard = \"" + file("gold/server.card.toml") +
      "\"\ntoken_env = \"INGOT_TEST_CANARY\"\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n";
  manifest("silver", with_token);
  ::setenv("INGOT_TEST_CANARY", "canary-5f3a9c", 1);
  keep();
  ::unsetenv("INGOT_TEST_CANARY");
  EXPECT_THAT(read(kept), Not(HasSubstr("canary-5f3a9c")));
}

TEST_F(SavedPlans, an_image_that_its_peer_withdrew_since_makes_it_stale) {
  two_servers();
  keep();
  gold_has(image("a", "version = \"1\"\nstate = \"WITHDRAWN\"\nreason = \"it corrupts\"\n"));
  const Ran ran = apply_kept();
  expect_stale(ran, "\"copy.gold.a\" is not planned any more");
  EXPECT_THAT(ran.err, AllOf(HasSubstr("WITHDRAWN"), HasSubstr("peer \"gold\" has published since")));
  EXPECT_FALSE(silver_has("a"));
}

TEST_F(SavedPlans, other_bits_under_the_same_name_make_it_stale) {
  two_servers();
  keep();
  gold_has(image("z"));
  write("gold/a.bin", "other bytes");
  gold_has("[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n");
  const Ran ran = apply_kept();
  expect_stale(ran, "\"copy.gold.a\" is blocked now: peer \"gold\" used the name \"a\" before for other bytes");
}

TEST_F(SavedPlans, G7_another_manifest_or_a_state_that_moved_makes_it_stale) {
  two_servers();
  keep();
  manifest("silver", subscription() + "[[imagetype]]\nname = \"PSU\"\nbase = \"SOFTWARE\"\n");
  expect_stale(apply_kept(), "the manifest has changed");
  manifest("silver", subscription() + "as = \"{peer}-{name}\"\n");
  expect_stale(apply_kept(), "\"copy.gold.a\" would now be done in another way: name: a → gold-a");
  manifest("silver", subscription());
  ASSERT_EQ(at("silver", {"apply", "--yes", "--target", "peer.gold"}).exit, 0) << terminal.said;
  const Ran moved = apply_kept();
  expect_stale(moved, "the state has changed since: run 2");
  EXPECT_THAT(moved.err, HasSubstr("(apply by "));
}

TEST_F(SavedPlans, a_first_try_that_did_something_uses_it_up_and_one_that_did_nothing_does_not) {
  two_servers();
  ASSERT_EQ(at("silver", {"apply", "--yes", "--target", "subscription.gold.all"}).exit, 0) << terminal.said;
  keep();
  const fs::path bytes = folder / "gold/store/public/b", away = folder / "away";
  fs::rename(bytes, away);
  const Ran nothing = apply_kept();
  EXPECT_EQ(nothing.exit, 3) << nothing.err << nothing.out;
  EXPECT_FALSE(silver_has("a"));
  fs::rename(away, bytes);
  EXPECT_EQ(apply_kept().exit, 0) << "nothing had been done: " << terminal.said;
  EXPECT_TRUE(silver_has("a"));

  gold_has(image("a", "version = \"1\"\n") + image("b"));
  manifest("silver", subscription() + "[[imagetype]]\nname = \"PSU\"\nbase = \"SOFTWARE\"\n");
  keep();
  fs::rename(bytes, away);
  EXPECT_EQ(apply_kept().exit, 3);
  fs::rename(away, bytes);
  expect_stale(apply_kept(), "has already applied this plan (");
}

TEST_F(SavedPlans, limits_that_were_raised_are_raised_and_a_guard_that_holds_is_told) {
  two_servers();
  const std::string two = image("x") + image("y");
  gold_has(image("a") + two);
  manifest("gold", image("a"));
  ASSERT_EQ(at("gold", {"plan", "--out", kept, "--raise-limit", "removals=2"}).exit, 0) << terminal.said;
  EXPECT_EQ(at("gold", {"apply", kept}).exit, 0) << terminal.said;
  EXPECT_EQ(at("gold", {"query", "images", "x"}).exit, 3);
}

TEST_F(SavedPlans, a_plan_of_another_server_or_of_plan_json_is_not_applied) {
  two_servers();
  keep();
  const Ran other = at("gold", {"apply", kept});
  EXPECT_EQ(other.exit, 8);
  EXPECT_THAT(other.err, HasSubstr("a plan of another server, \"silver\""));
  write("printed.plan", at("silver", {"plan", "--json"}).out);
  const Ran printed = at("silver", {"apply", file("printed.plan")});
  EXPECT_EQ(printed.exit, 65);
  EXPECT_THAT(printed.err, HasSubstr("is the output of \"ingot plan --json\""));
}

TEST_F(SavedPlans, G9_what_is_no_plan_is_65_and_nothing_is_done) {
  two_servers();
  keep();
  const std::string good = read(kept);
  const auto expect_bad = [&](const std::string& bytes, const std::string& why) {
    write("a.plan", bytes);
    for (const std::string command : {"apply", "show"}) {
      const Ran ran = at("silver", {command, kept});
      EXPECT_EQ(ran.exit, 65) << ran.err;
      EXPECT_THAT(ran.err, HasSubstr(why));
    }
    testing_support::expect_valid_json("events", at("silver", {"apply", kept, "--json"}).out, true);
  };
  std::string flipped = good;
  flipped[flipped.find("\"generation\":") + 13] ^= 1;
  expect_bad(flipped, "the file was changed");
  expect_bad(good.substr(0, good.size() / 2), "is not a plan");
  expect_bad("manifest = 1\n", "is not a plan");
  expect_bad("", "is empty");
  EXPECT_EQ(at("silver", {"apply", folder.string()}).exit, 65);
  EXPECT_EQ(at("silver", {"apply", file("nothing.plan")}).exit, 64);
  EXPECT_FALSE(silver_has("a"));
  fs::resize_file(kept, std::uintmax_t{300} * 1024 * 1024);
  const Ran large = at("silver", {"apply", kept});
  EXPECT_EQ(large.exit, 65);
  EXPECT_THAT(large.err, HasSubstr("more than a plan may have"));
}

/// The free space of the disk is another one a moment later.
std::string without_space(const std::string& plan) {
  return std::regex_replace(plan, std::regex("[0-9.]+ [kMGT]?B after this run"), "SPACE after this run");
}

TEST_F(SavedPlans, show_shows_it_as_plan_did_without_a_manifest) {
  two_servers();
  const Ran planned = at("silver", {"plan", "--out", kept});
  const Ran shown = ingot({"show", kept, "-f", file("no such manifest")});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_EQ(shown.out, planned.out);
  EXPECT_EQ(without_space(ingot({"show", kept, "--json"}).out), without_space(at("silver", {"plan", "--json"}).out));
}

/// A kept plan with this text in the place of another, and a digest that fits again: anybody can make one.
std::string forged(std::string plan, const std::string& from, const std::string& to) {
  const std::size_t at = plan.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  plan.replace(at, from.size(), to);
  const std::size_t end = plan.rfind(",\n\"digest\":");
  const std::string text = plan.substr(0, end);
  return text + ",\n\"digest\":\"" + io::sha256(text).text() + "\"}\n";
}

TEST_F(SavedPlans, G9_what_was_shown_is_held_against_what_would_be_shown_now) {
  two_servers();
  keep();
  const std::string good = read(kept);
  const auto try_forged = [&](const std::string& from, const std::string& to) {
    write("a.plan", forged(good, from, to));
    return apply_kept();
  };
  EXPECT_EQ(try_forged("\"title\":\"a\"", "\"title\":\"b\"").exit, 65);
  EXPECT_EQ(ingot({"show", kept}).exit, 65) << terminal.printed;
  EXPECT_EQ(ingot({"diff", kept, kept}).exit, 65);
  EXPECT_EQ(try_forged("\"size\":10", "\"size\":12").exit, 65) << "the detail says another";
  std::string both = forged(good, "\"size\":10", "\"size\":12");
  both = forged(both, "\"detail\":\"10 B,", "\"detail\":\"12 B,");
  write("a.plan", both);
  expect_stale(apply_kept(),
               "the size that the plan shows of \"copy.gold.a\" is not the one that it has: \"12 B\", and now \"10 B\"");
  const std::size_t copy = good.find("\"address\":\"copy.gold.a\"");
  const std::size_t text = good.find("\"text\":\"", copy) + 8;
  std::size_t end = text;
  while (good[end] != '"' || good[end - 1] == '\\') ++end;
  const std::string reason = good.substr(text, end - text);
  std::string because = good;
  because.replace(text, reason.size(), "the board asked for it");
  write("a.plan", forged(because, "\"format\"", "\"format\""));
  expect_stale(apply_kept(), "the board asked for it");
  EXPECT_FALSE(silver_has("a")) << "nothing of it was done";
  write("a.plan", good);
  EXPECT_EQ(apply_kept().exit, 0) << terminal.said;
}

TEST_F(SavedPlans, show_tells_of_an_update_what_it_is_to_bring_about) {
  two_servers();
  manifest("gold", image("a", "version = \"2\"\ndescription = \"patched\"\n"));
  ASSERT_EQ(at("gold", {"plan", "--out", kept}).exit, 0) << terminal.said;
  EXPECT_THAT(ingot({"show", kept}).out,
              AllOf(HasSubstr("result: "), HasSubstr("version: 2"), HasSubstr("description: patched")));
  EXPECT_THAT(ingot({"diff", kept, kept}).out, HasSubstr("The same plan."));
}

TEST_F(SavedPlans, diff_tells_what_is_gone_added_and_changed) {
  two_servers();
  gold_has(image("a") + image("c"));
  keep();
  const std::string other = file("b.plan");
  manifest("silver", subscription() + "as = \"{peer}-{name}\"\n");
  gold_has(image("a") + image("b"));
  ASSERT_EQ(at("silver", {"plan", "--out", other}).exit, 0) << terminal.said;
  const Ran diff = ingot({"diff", kept, other});
  EXPECT_EQ(diff.exit, 2) << diff.err;
  EXPECT_THAT(diff.out, AllOf(HasSubstr("- copy copy.gold.c"), HasSubstr("+ copy copy.gold.b"),
                              HasSubstr("~ copy copy.gold.a  name: a → gold-a"), HasSubstr("1 removed, 1 added, 2 changed.")));
  testing_support::expect_valid_json("diff", ingot({"diff", kept, other, "--json"}).out);
  const Ran same = ingot({"diff", kept, kept});
  EXPECT_EQ(same.exit, 0);
  EXPECT_THAT(same.out, HasSubstr("The same plan."));
  EXPECT_EQ(ingot({"diff", kept, file("silver/ingot.toml")}).exit, 65);
}

TEST_F(SavedPlans, expect_goes_on_only_with_the_very_plan) {
  two_servers();
  const std::string printed = at("silver", {"plan", "--json"}).out;
  const std::string id = printed.substr(printed.find("\"id\":\"") + 6, 71);
  gold_has(image("a", "version = \"1\"\n") + image("b"));
  const Ran stale = at("silver", {"apply", "--expect", id});
  EXPECT_EQ(stale.exit, 8);
  EXPECT_THAT(stale.err, AllOf(HasSubstr("not " + id + " as expected"), HasSubstr("ingot diff")));
  EXPECT_FALSE(silver_has("a"));
  gold_has(image("a", "version = \"1\"\n"));
  const Ran done = at("silver", {"apply", "--expect", id});
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_TRUE(silver_has("a"));
}

TEST_F(SavedPlans, approve_does_these_verbs_lists_the_rest_and_exits_7) {
  two_servers();
  const Ran some = at("silver", {"apply", "--approve", "register,instantiate"});
  EXPECT_EQ(some.exit, 7) << some.err;
  EXPECT_THAT(some.out, AllOf(HasSubstr("Not approved: not done"), HasSubstr("copy copy.gold.a  not-approved"),
                              HasSubstr("Actions that were not approved were not done")));
  EXPECT_FALSE(silver_has("a"));
  const Ran rest = at("silver", {"apply", "--approve", "copy"});
  EXPECT_EQ(rest.exit, 0) << rest.err << rest.out;
  EXPECT_TRUE(silver_has("a"));
}

TEST_F(SavedPlans, misspelt_copies_are_wrong_also_of_a_peer_that_is_settled) {
  two_servers();
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0);
  ASSERT_EQ(at("silver", {"plan"}).exit, 0) << "from now on its pages are not read";
  for (const char* const flag : {"--target", "--exclude"}) {
    const Ran wrong = at("silver", {"plan", flag, "copy.gold.aa"});
    EXPECT_EQ(wrong.exit, 64) << wrong.out;
    EXPECT_THAT(wrong.err, HasSubstr("did you mean \"copy.gold.a\"?"));
    EXPECT_EQ(at("silver", {"plan", flag, "copy.gold.a"}).exit, 0) << terminal.said;
    EXPECT_EQ(at("silver", {"plan", flag, "copy.goldd.a"}).exit, 64);
    EXPECT_EQ(at("silver", {"apply", "--yes", flag, "copy.gold.aa"}).exit, 64);
  }
}

TEST_F(SavedPlans, R12_the_end_of_a_rule_that_is_held_goes_through_when_it_is_approved_by_name) {
  two_servers();
  gold_has(image("a") + "[[series]]\nname = \"node20\"\nimages = [\"a\"]\n");
  const std::string peer =
      "[[peer]]\nname = \"gold\"\ncard = \"" + file("gold/server.card.toml") + "\"\n[[subscription]]\npeer = \"gold\"\n";
  manifest("silver", peer + "series = \"node20\"\n");
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  manifest("silver", peer + "series = \"node2O\"\n");
  const Ran held = at("silver", {"apply", "--yes"});
  EXPECT_EQ(held.exit, 7) << held.out;
  EXPECT_THAT(held.out, AllOf(HasSubstr("uninstantiate subscription.gold.series.node20  unknown-selector"),
                              HasSubstr("did you mean \"node20\"?")));
  gold_has(image("a") + image("b") + "[[series]]\nname = \"node20\"\nimages = [\"a\", \"b\"]\n");
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 7);
  EXPECT_TRUE(silver_has("b")) << "the old rule copies as before";
  EXPECT_EQ(at("silver", {"plan", "--out", kept}).exit, 7);
  EXPECT_EQ(at("silver", {"apply", "--yes", "--approve", "copy"}).exit, 64);
  EXPECT_EQ(at("silver", {"apply", kept, "--approve", "uninstantiate"}).exit, 64) << "both flags, or none";
  const Ran ended = at("silver", {"apply", kept, "--yes", "--approve", "uninstantiate"});
  EXPECT_EQ(ended.exit, 0) << ended.out << ended.err;
  EXPECT_THAT(at("silver", {"query", "subscriptions", "--json"}).out, Not(HasSubstr("\"node20\"")));
}

TEST_F(SavedPlans, targets_name_what_comes_along_and_misspelt_ones_are_wrong) {
  two_servers();
  gold_has(image("a") + image("b"));
  const Ran plan = at("silver", {"plan", "--target", "copy.gold.a"});
  EXPECT_EQ(plan.exit, 0) << plan.err;
  EXPECT_THAT(plan.out, AllOf(HasSubstr("copy.gold.a needs it"), HasSubstr("; 1 left out by --target.")));
  const Ran wrong = at("silver", {"plan", "--target", "copy.gold.aa"});
  EXPECT_EQ(wrong.exit, 64);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("copy.gold.aa"), HasSubstr("did you mean \"copy.gold.a\"?")));
  const Ran partly = at("silver", {"apply", "--yes", "--target", "copy.gold.a"});
  EXPECT_EQ(partly.exit, 0) << partly.err;
  EXPECT_THAT(partly.out, HasSubstr("1 left out by --target"));
  EXPECT_FALSE(silver_has("b"));
  EXPECT_THAT(at("silver", {"plan"}).out, HasSubstr("1 to copy"));
}

}  // namespace
}  // namespace ingot::saved_plans_test
