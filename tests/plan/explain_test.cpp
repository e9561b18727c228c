// Why something is planned, or why it is not: one answer for each reason there is.
#include "reconciler/plan/explain/explain.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/plan/make_plan.hpp"
#include "tests/support/plan_case.hpp"

namespace ingot::explain_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::PlanCase;
using testing_support::read_case;

/// A server with one of everything that can be explained.
constexpr std::string_view everything = R"(
== manifest
[[peer]]
name = "silver"
card = "silver.card"

[[peer]]
name = "copper"
card = "copper.card"

[[image]]
name = "own"
source = "own"

[[image]]
name = "adopted"
source = "adopted"

[[image]]
name = "clash"
source = "clash"

[[subscription]]
peer = "silver"
series = "db19"
latest = 1

[[subscription]]
peer = "silver"
image = "base"
exclude = ["*-debug"]
where = { platform = "linux*" }

[[subscription]]
peer = "silver"
imagetype = "LINUXOS"

[[subscription]]
peer = "silver"
series = "nosuch"

[[subscription]]
peer = "copper"
all = true

[[copy]]
peer = "silver"
name = "unkept"
keep = false

== state
peer silver serial=9
subscription silver series db19 baseline=9 latest=1
subscription silver imagetype LINUXOS baseline=9
subscription silver series ended baseline=1 stopped=4
own own
own adopted
own clash bits=mine
own doomed protect
copy here from=silver created=2 rule=subscription.silver.imagetype.LINUXOS
series mine members=own unmanaged
type T base=SOFTWARE unmanaged

== peer silver serial=20
image base created=2
image child created=12 parent=base
image here created=2
image planned created=12 type=LINUXOS
image old created=3 type=LINUXOS
image testable created=12 type=LINUXOS states=TESTABLE:12
image unkept created=12 type=LINUXOS
image adopted created=12 type=LINUXOS
image clash created=12 type=LINUXOS
image child-debug created=12 parent=base
image windows created=12 parent=base platform=windows
image unmatched created=12
image foreign created=12 origin=zinc
gone deleted created=3 deleted=6
series db19 : old@12 unmatched@13
series other : old@12
type CUSTOM base=SOFTWARE

== unknown copper unreachable

== plan
)";

/// A world of the case files' form, the plan in it, and what explain says of that.
struct ExplainedWorld {
  explicit ExplainedWorld(std::string_view text) : world(read_case(text)) {}
  std::vector<plan::Subject> told(const std::string& what) const {
    return plan::explain(what, world.manifest, world.snapshot, world.observed, plan);
  }

  PlanCase world;
  plan::Plan plan = std::get<plan::Plan>(plan::make_plan(world.manifest, world.snapshot, world.observed, world.options));
};

std::string verdict_of(const plan::Subject& subject) {
  return std::string(text_of(subject.verdict)) + (subject.code == Code::none ? "" : " " + std::string(text_of(subject.code)));
}

struct Explained : testing::Test, ExplainedWorld {
  Explained() : ExplainedWorld(everything) {}

  std::vector<std::string> verdicts(const std::string& what) const {
    std::vector<std::string> texts;
    for (const auto& one : told(what)) { texts.push_back(verdict_of(one) + " " + one.address); }
    return texts;
  }
  plan::Subject only(const std::string& what) const {
    const auto subjects = told(what);
    return subjects.size() == 1 ? subjects.front()
                                : plan::Subject{.address = "not one subject",
                                                .verdict = plan::SubjectVerdict::unknown,
                                                .code = Code::none,
                                                .text = "",
                                                .because = {},
                                                .evidence = {}};
  }
};

TEST_F(Explained, tells_what_is_planned_with_its_reasons_and_the_evidence) {
  EXPECT_THAT(verdicts("planned"), ElementsAre("planned subscription copy.silver.planned"));
  const plan::Subject subject = only("copy.silver.planned");
  ASSERT_EQ(subject.because.size(), 1U);
  EXPECT_EQ(subject.because.front().rule, "subscription.silver.imagetype.LINUXOS");
  ASSERT_TRUE(subject.evidence);
  EXPECT_EQ(subject.evidence->serial, 20U);
  EXPECT_EQ(subject.evidence->url, "https://silver.example/");
  EXPECT_TRUE(subject.evidence->seen);
}

TEST_F(Explained, R8_tells_each_reason_not_to_want_an_image) {
  EXPECT_THAT(verdicts("copy.silver.testable"), ElementsAre("not-wanted state copy.silver.testable"));
  EXPECT_THAT(verdicts("copy.silver.unkept"), ElementsAre("not-wanted not-kept copy.silver.unkept"));
  EXPECT_THAT(verdicts("copy.silver.child-debug"), ElementsAre("not-wanted excluded copy.silver.child-debug"));
  EXPECT_THAT(verdicts("copy.silver.windows"), ElementsAre("not-wanted where copy.silver.windows"));
  EXPECT_THAT(verdicts("base"),
              ElementsAre("planned new subscription.silver.image.base", "not-wanted no-match copy.silver.base"));
  EXPECT_THAT(verdicts("copy.silver.deleted"), ElementsAre("not-wanted deleted copy.silver.deleted"));
}

TEST_F(Explained, R4_a_copy_of_the_peer_is_not_of_its_origin) {
  EXPECT_THAT(verdicts("foreign"), ElementsAre("not-wanted not-origin copy.silver.foreign"));
  EXPECT_THAT(only("foreign").text, HasSubstr("\"zinc\""));
}

TEST_F(Explained, R10_the_rule_that_came_nearest_gives_the_verdict) {
  // Two rules name it: one finds it too early, the other past its latest.
  const plan::Subject subject = only("copy.silver.old");
  EXPECT_EQ(subject.code, Code::beyond_latest);
  ASSERT_EQ(subject.because.size(), 2U);
  EXPECT_EQ(subject.because[0].code, Code::beyond_latest);
  EXPECT_EQ(subject.because[1].code, Code::before_baseline);
  EXPECT_THAT(subject.because[1].text, HasSubstr("serial 3"));
}

TEST_F(Explained, R14_adoption_and_conflicts) {
  EXPECT_THAT(verdicts("copy.silver.adopted"), ElementsAre("done adopted copy.silver.adopted"));
  EXPECT_THAT(verdicts("copy.silver.clash"), ElementsAre("blocked name-conflict copy.silver.clash"));
  EXPECT_THAT(verdicts("adopted"), ElementsAre("done image.adopted", "done adopted copy.silver.adopted"));
}

TEST_F(Explained, R26_what_a_guard_holds) { EXPECT_THAT(verdicts("doomed"), ElementsAre("held protected image.doomed")); }

TEST_F(Explained, R19_what_is_unknown) {
  EXPECT_THAT(verdicts("copy.copper.x"), ElementsAre("unknown unreachable copy.copper.x"));
  EXPECT_THAT(verdicts("copper"), ElementsAre("unknown unreachable peer.copper", "blocked peer-unknown subscription.copper.all"));
}

TEST_F(Explained, R19_tells_what_an_unknown_peer_offered_when_it_was_seen_last) {
  const Time then = world.observed.now - Seconds(3600);
  const auto* silver = std::get_if<plan::PeerCatalog>(&world.observed.peers[0]);
  ASSERT_NE(silver, nullptr);
  plan::LastSeenOf last;
  last.emplace(world.manifest.peers[1].card.id, plan::LastSeen{.head = silver->head, .seen = then, .catalog = silver->catalog});
  const auto about = [&](const std::string& what) {
    return plan::explain(what, world.manifest, world.snapshot, world.observed, plan, last);
  };

  const auto base = about("copy.copper.windows");
  ASSERT_EQ(base.size(), 1U);
  EXPECT_EQ(verdict_of(base[0]), "unknown unreachable");
  EXPECT_THAT(base[0].text, HasSubstr("its catalog of " + time_text(then) + " had it: SOFTWARE, PUBLISHED"));
  ASSERT_TRUE(base[0].evidence);
  EXPECT_EQ(base[0].evidence->seen, then);
  EXPECT_EQ(base[0].evidence->serial, 20U);
  // A plain name, too; and what the catalog said of a deleted one, or did not say.
  EXPECT_EQ(about("windows").back().address, "copy.copper.windows");
  EXPECT_THAT(about("copy.copper.deleted").at(0).text, HasSubstr("deleted at serial 6"));
  EXPECT_THAT(about("copy.copper.nothing").at(0).text, HasSubstr("had nothing of this name"));
  EXPECT_THAT(only("copy.copper.nothing").text, HasSubstr("it was never seen before"));
}

TEST_F(Explained, an_address_stands_once_even_if_it_is_planned_and_blocked) {
  const plan::Subject subject = only("subscription.silver.image.base");
  EXPECT_EQ(subject.verdict, plan::SubjectVerdict::planned);
  const auto missing = told("nosuch");
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(verdict_of(missing[0]), "blocked unknown-selector");
  EXPECT_THAT(missing[0].text, HasSubstr("It is also planned: instantiate"));
  EXPECT_EQ(missing[0].because.size(), 2U);
}

TEST_F(Explained, what_is_here_names_the_line_that_has_it) {
  const plan::Subject own = only("own");
  ASSERT_EQ(own.because.size(), 1U);
  EXPECT_EQ(own.because[0].rule, "image.own");
  ASSERT_TRUE(own.because[0].at);
  EXPECT_EQ(own.because[0].at->text(), world.manifest.images[0].at.text());
  const plan::Subject here = only("copy.silver.here");
  ASSERT_EQ(here.because.size(), 1U);
  ASSERT_TRUE(here.because[0].at);
  EXPECT_EQ(here.because[0].at->text(), world.manifest.subscriptions[2].at.text());
}

TEST_F(Explained, where_says_which_key_does_not_match) {
  EXPECT_THAT(only("copy.silver.windows").text, HasSubstr("platform = \"linux*\", and it has \"windows\""));
}

TEST_F(Explained, tells_what_is_here_already) {
  EXPECT_THAT(verdicts("own"), ElementsAre("done image.own"));
  EXPECT_THAT(verdicts("here"), ElementsAre("done copy.silver.here"));
  EXPECT_THAT(verdicts("mine"), ElementsAre("done series.mine"));
  EXPECT_THAT(verdicts("imagetype.T"), ElementsAre("done imagetype.T"));
  EXPECT_THAT(verdicts("peer.silver"), ElementsAre("done peer.silver"));
  EXPECT_THAT(verdicts("subscription.silver.series.ended"), ElementsAre("done dropped subscription.silver.series.ended"));
  EXPECT_THAT(verdicts("subscription.silver.imagetype.LINUXOS"), ElementsAre("done subscription.silver.imagetype.LINUXOS"));
  EXPECT_THAT(verdicts("catalog"), ElementsAre("planned changed catalog"));
}

TEST_F(Explained, of_one_name_what_is_here_goes_before_what_was_deleted) {
  auto& images = world.snapshot.images;
  const auto own =
      std::find_if(images.begin(), images.end(), [](const state::ImageRow& row) { return row.name.text() == "own"; });
  ASSERT_NE(own, images.end());
  state::ImageRow before = *own;
  before.deleted = true;
  before.key = 1000;
  images.insert(images.begin(), before);
  EXPECT_THAT(verdicts("own"), ElementsAre("done image.own"));
  images.front().key = 0;
  EXPECT_THAT(verdicts("own"), ElementsAre("done image.own"));
}

TEST_F(Explained, tells_what_a_peer_offers_that_nobody_asks_for) {
  EXPECT_THAT(verdicts("other"), ElementsAre("not-wanted no-match subscription.silver.series.other"));
  EXPECT_THAT(verdicts("CUSTOM"), ElementsAre("not-wanted no-match subscription.silver.imagetype.CUSTOM"));
}

TEST_F(Explained, says_nothing_of_what_nobody_knows) {
  EXPECT_THAT(verdicts("plannde"), IsEmpty());
  EXPECT_THAT(verdicts(""), IsEmpty());
  EXPECT_THAT(verdicts("copy."), IsEmpty());
  const auto names = plan::known_names(world.manifest, world.snapshot, world.observed);
  for (const char* name : {"planned", "own", "silver", "db19", "CUSTOM", "subscription.copper.all"})
    EXPECT_THAT(names, testing::Contains(name));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

/// What explain says of one copy of a small world.
std::string told_of(const std::string& what, std::string_view text) {
  const auto subjects = ExplainedWorld(text).told(what);
  return subjects.empty() ? "nothing" : subjects.front().text;
}

/// `v1` is unwanted for 10 of 30 days, `v2` since now, and `v3` is wanted again.
constexpr std::string_view pruning = R"(
== manifest
[[peer]]
name = "silver"
card = "silver.card"

[[subscription]]
peer = "silver"
series = "db19"
latest = 1
prune = "30d"

== state
total 100
peer silver serial=9
subscription silver series db19 baseline=1 latest=1 prune=30d
copy v1 from=silver created=2 rule=subscription.silver.series.db19 unwanted=10d
copy v2 from=silver created=2 rule=subscription.silver.series.db19
copy v3 from=silver created=2 rule=subscription.silver.series.db19 unwanted=10d

== peer silver serial=20
image v1 created=2
image v2 created=2
image v3 created=2
series db19 : v1@3 v2@4 v3@5

== plan
)";

TEST(explaining_unwanted_copies, R16_says_when_a_copy_will_be_removed) {
  EXPECT_THAT(
      told_of("v1", pruning),
      HasSubstr("its subscription (ingot.toml:6) says `prune = \"30d\"`: it is removed by an apply after 2026-12-08T11:06:40Z"));
  EXPECT_THAT(told_of("v2", pruning), HasSubstr("no rule wants it any more, and its subscription (ingot.toml:6) says `prune = "
                                                "\"30d\"`: it is removed that time after the next apply"));
  EXPECT_THAT(told_of("v3", pruning), testing::Not(HasSubstr("rule")));
}

TEST(explaining_unwanted_copies, R19_promises_nothing_of_a_peer_that_is_unknown) {
  std::string text(pruning);
  text = text.substr(0, text.find("== peer")) + "== unknown silver unreachable\n\n== plan\n";
  EXPECT_THAT(told_of("v1", text), HasSubstr("; no rule has wanted it since "));
  EXPECT_THAT(told_of("v1", text), testing::Not(HasSubstr("prune")));
}

/// A disk with three images: `b` has a delta from an image that is here, `c` one from an image that is not, `d` none.
constexpr std::string_view medium = R"(
== manifest
[[peer]]
name = "disk"
card = "disk.card"
offline = true

[[subscription]]
peer = "disk"
all = true
since = "start"

== state
peer disk serial=5
subscription disk all baseline=0 since=start
copy a from=disk created=1

== peer disk serial=9
image a created=1
image b created=6 deltas=a:10
image c created=7 deltas=nowhere:10
image d created=8

== plan
)";

TEST(explaining_copies, R28_tells_how_deltas_of_a_medium_are_used) {
  EXPECT_THAT(told_of("copy.disk.b", medium), HasSubstr("; 10 B to fetch by 1 delta from a"));
  EXPECT_THAT(told_of("copy.disk.c", medium),
              HasSubstr("; the whole image is fetched, because the peer's deltas start from images that are not here"));
  EXPECT_THAT(told_of("copy.disk.d", medium),
              HasSubstr("; the whole image is fetched, because the peer has no delta that makes it"));
}

TEST(explaining_copies, R16_tells_what_their_copy_entry_says) {
  constexpr std::string_view text = R"(
== manifest
[[peer]]
name = "silver"
card = "silver.card"

[[copy]]
peer = "silver"
name = "here"
keep = true
protect = true

[[copy]]
peer = "silver"
name = "there"

== state
peer silver serial=9
copy here from=silver created=2 protect

== peer silver serial=20
image here created=2
image there created=2

== plan
)";
  const ExplainedWorld world(text);
  const auto told = [&](const std::string& what) { return world.told(what).at(0); };
  EXPECT_EQ(told("here").verdict, plan::SubjectVerdict::done);
  EXPECT_EQ(told("here").because.back().text, "its [[copy]] says `keep = true`, `protect = true`");
  EXPECT_EQ(told("here").because.back().at->text(), "ingot.toml:6");
  EXPECT_EQ(told("there").verdict, plan::SubjectVerdict::not_wanted);
  EXPECT_EQ(told("there").because.back().text, "its [[copy]] only names it");
}

TEST(explaining_held_removals, R26_say_why_the_image_would_go) {
  constexpr std::string_view text = R"(
== manifest
[[peer]]
name = "silver"
card = "silver.card"

[[copy]]
peer = "silver"
name = "a"
keep = false

[[copy]]
peer = "silver"
name = "b"
keep = false

== state
peer silver serial=9
copy a from=silver created=2
copy b from=silver created=2

== peer silver serial=20
image a created=2
image b created=2

== plan
)";
  EXPECT_THAT(told_of("copy.silver.b", text),
              testing::StartsWith("its [[copy]] (ingot.toml:11) says `keep = false`; removals: 2 of 2 images planned"));
}

}  // namespace
}  // namespace ingot::explain_test
