// What a plan is called, what settles a peer, what a snapshot may leave out, and what the exit code says.
#include "reconciler/plan/make_plan.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/plan/intent.hpp"
#include "schema/catalog/release.hpp"
#include "tests/support/counted_signatures.hpp"
#include "tests/support/plan_builder.hpp"
#include "tests/support/plan_case.hpp"
#include "tests/trust/signed_things.hpp"

namespace ingot::make_plan_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::case_manifest;
using testing_support::case_server;
using testing_support::CountedSignatures;
using testing_support::PlanCase;
using testing_support::read_case;

plan::Plan plan_of(const PlanCase& one) {
  return std::get<plan::Plan>(plan::make_plan(one.manifest, one.snapshot, one.observed, one.options));
}

constexpr std::string_view one_of_each = R"(
== manifest
[[peer]]
name = "silver"
card = "silver.card"

[[image]]
name = "own"
source = "own"
version = "1"

[[subscription]]
peer = "silver"
all = true
since = "start"

== state
published 3

== peer silver serial=20
image a created=12

== sources own=s
== plan
)";

TEST(plan_notes, A8_roots_that_end_soon_are_told_of) {
  PlanCase one = read_case(one_of_each);
  const auto notes = [&] {
    std::vector<std::string> addresses;
    for (const Note& note : plan_of(one).notes) {
      if (note.code == Code::root_ends) addresses.push_back(note.address);
    }
    return addresses;
  };
  EXPECT_THAT(notes(), IsEmpty()) << "nothing is known of the roots";
  auto& head = std::get<plan::PeerCatalog>(one.observed.peers[0]).head;
  one.observed.root_expires = head.root_expires = one.observed.now + Seconds(60 * 86'400);
  EXPECT_THAT(notes(), IsEmpty());
  head.root_expires = *head.root_expires - Seconds(1);
  EXPECT_THAT(notes(), ElementsAre("peer.silver"));
  one.observed.root_expires = one.observed.now;
  EXPECT_THAT(notes(), ElementsAre("catalog", "peer.silver"));
}

/// The catalog of the one peer, with each entry signed by `key` as a release.
std::shared_ptr<const Catalog> released_by(const PlanCase& one, const trust::PrivateKey& key) {
  Catalog catalog = *std::get<plan::PeerCatalog>(one.observed.peers[0]).catalog;
  for (auto& entry : catalog.images) {
    entry.release = trust::sign_envelope(release_payload_type, write_release(release_of(entry)), {&key}).signatures;
  }
  return std::make_shared<const Catalog>(std::move(catalog));
}

TEST(plan_copies, A11_an_image_that_is_not_released_is_blocked_and_holds_its_peer_unsettled) {
  PlanCase one = read_case(one_of_each);
  auto& silver = std::get<plan::PeerCatalog>(one.observed.peers[0]);
  const trust::PrivateKey key = test_key("release"), stranger = test_key("stranger");
  silver.release = Role{.threshold = 1, .keys = {key.public_key()}};
  const auto unsigned_catalog = silver.catalog;
  for (const auto& catalog : {unsigned_catalog, released_by(one, stranger)}) {
    silver.catalog = catalog;
    const plan::Plan plan = plan_of(one);
    ASSERT_EQ(plan.blocked.size(), 1U);
    EXPECT_EQ(plan.blocked[0].code, Code::not_released);
    EXPECT_THAT(plan.blocked[0].mend, HasSubstr("ingot key release a"));
    EXPECT_THAT(plan.settled, IsEmpty());
  }
  silver.catalog = released_by(one, key);
  EXPECT_THAT(plan_of(one).blocked, IsEmpty());
}

TEST(plan_copies, A11_a_release_signature_is_checked_once_and_only_for_what_would_be_copied) {
  PlanCase one = read_case(one_of_each);
  auto& silver = std::get<plan::PeerCatalog>(one.observed.peers[0]);
  const trust::PrivateKey key = test_key("release"), stranger = test_key("stranger");
  silver.release = Role{.threshold = 1, .keys = {key.public_key()}};
  silver.catalog = released_by(one, stranger);
  const CountedSignatures refused;
  EXPECT_EQ(plan_of(one).blocked.size(), 1U);
  EXPECT_EQ(refused.checks(), 1U);
  silver.catalog = released_by(one, key);
  const CountedSignatures accepted;
  EXPECT_THAT(plan_of(one).blocked, IsEmpty());
  EXPECT_EQ(accepted.checks(), 1U);
  one.manifest.subscriptions[0].options.exclude = {"*"};
  const CountedSignatures excluded;
  plan_of(one);
  EXPECT_EQ(excluded.checks(), 0U) << "a signature is looked at only for what would be copied";
}

TEST(plan_notes, A11_own_images_without_their_releases_are_told_of) {
  PlanCase one = read_case(one_of_each);
  one.observed.unreleased = {ImageName::of("x"), ImageName::of("y")};
  const plan::Plan plan = plan_of(one);
  const auto note =
      std::find_if(plan.notes.begin(), plan.notes.end(), [](const Note& found) { return found.code == Code::not_released; });
  ASSERT_NE(note, plan.notes.end());
  EXPECT_THAT(note->text, HasSubstr("ingot key release x y"));
}

TEST(plan_id, R27_does_not_depend_on_sources_places_machine_baselines_or_transfers) {
  const PlanCase one = read_case(one_of_each);
  PlanCase other = one;
  other.observed.sources.clear();
  other.observed.objects.insert(testing_support::bits("a"));
  other.observed.disk = {.total = 1'000'000, .available = 1};
  other.observed.now += Seconds(60);
  other.manifest.path = "/elsewhere/ingot.toml";
  for (auto& image : other.manifest.images) {
    image.at.line += 7;
    image.source = "/another/place";
  }
  std::get<plan::PeerCatalog>(other.observed.peers[0]).head.serial = 21;
  EXPECT_EQ(plan::plan_id_text(plan_of(one)), plan::plan_id_text(plan_of(other)));
}

TEST(plan_id, does_not_depend_on_what_is_deferred_and_is_that_of_its_written_intents) {
  const PlanCase one = read_case(one_of_each);
  const plan::Plan plan = plan_of(one);
  EXPECT_TRUE(std::any_of(plan.actions.begin(), plan.actions.end(),
                          [](const plan::Change& change) { return change.verb == Verb::publish; }));
  plan::Plan later = plan;
  std::erase_if(later.actions, [](const plan::Change& change) { return change.verb == Verb::publish; });
  for (auto& change : later.actions) change.deferred = true;
  EXPECT_EQ(plan::plan_id_text(plan), plan::plan_id_text(later)) << "what is deferred is published later";
  std::vector<std::string> intents;
  for (const auto& change : plan.actions) intents.push_back(plan::intent_of(change));
  EXPECT_EQ(plan::plan_id_text(plan), plan::plan_id_text(plan.id_of_server, intents));
}

TEST(plan_id, changes_with_every_intended_result) {
  const PlanCase one = read_case(one_of_each);
  const std::string id = plan::plan_id_text(plan_of(one));
  const auto differs = [&](auto change) {
    PlanCase other = one;
    change(other);
    return plan::plan_id_text(plan_of(other)) != id;
  };
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.images[0].version = "2"; }));
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.images[0].labels["a"] = "b"; }));
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.images[0].exclude = {"*.pid"}; }));
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.images[0].protect = true; }));
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.peers[0].urls = {"https://mirror.example/"}; }));
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.subscriptions[0].options.as = "x-{name}"; }));
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.subscriptions[0].options.prune = Seconds(5); }));
  EXPECT_TRUE(differs([](PlanCase& other) { other.manifest.subscriptions[0].options.since = SinceSerial{3}; }));
}

TEST(plan_id, is_another_for_another_server) {
  PlanCase one = read_case(one_of_each);
  const plan::Plan plan = plan_of(one);
  one.observed.self = case_server("twin");
  const plan::Plan twin = plan_of(one);
  ASSERT_EQ(plan.actions.size(), twin.actions.size());
  for (std::size_t i = 0; i < plan.actions.size(); ++i)
    EXPECT_EQ(plan::intent_of(plan.actions[i]), plan::intent_of(twin.actions[i]));
  EXPECT_NE(plan::plan_id_text(plan), plan::plan_id_text(twin)) << "approval for one is none for the other";
}

TEST(plan_exit_code, says_what_apply_would) {
  PlanCase one = read_case(one_of_each);
  EXPECT_EQ(exit_code_of(plan_of(one), false), 0);
  one.observed.sources.at(ImageName::of("own")) = plan::SourceMissing{};
  EXPECT_EQ(exit_code_of(plan_of(one), false), 3) << "its source is missing";
  one.observed.sources.at(ImageName::of("own")) = plan::SourceElsewhere{};
  EXPECT_EQ(exit_code_of(plan_of(one), false), 0) << "nobody looked";
  one.observed.no_catalog_key = "\"keys\" holds no catalog key";
  const plan::Plan plan = plan_of(one);
  EXPECT_EQ(exit_code_of(plan, false), 6) << "apply can sign nothing, and does nothing";
  EXPECT_EQ(plan.blocked.front().code, Code::no_catalog_key);
}

TEST(plan_exit_code, an_idle_plan_only_notes_that_keys_are_missing) {
  PlanCase one = read_case("== manifest\n[[image]]\nname = \"a\"\n== state\nown a\n== plan\n");
  one.observed.no_catalog_key = "\"keys\" holds no catalog key";
  const plan::Plan plan = plan_of(one);
  EXPECT_EQ(exit_code_of(plan, false), 0);
  EXPECT_TRUE(
      std::any_of(plan.notes.begin(), plan.notes.end(), [](const Note& note) { return note.code == Code::no_catalog_key; }));
}

TEST(plan_exit_code, a_page_that_ingot_did_not_write_is_a_note) {
  PlanCase one = read_case("== manifest\n[[image]]\nname = \"a\"\n== state\nown a\n== plan\n");
  one.observed.no_page = "ingot did not write it";
  const plan::Plan plan = plan_of(one);
  EXPECT_EQ(exit_code_of(plan, false), 0);
  EXPECT_TRUE(std::any_of(plan.notes.begin(), plan.notes.end(),
                          [](const Note& note) { return note.code == Code::in_the_way && note.address == "catalog"; }));
}

/// A manifest of so many images whose parents nothing has, and a series of so many members that nothing has.
PlanCase many_misspelt(std::size_t number) {
  std::string text =
      "== manifest\n[[peer]]\nname = \"silver\"\ncard = \"silver.card\"\n"
      "[[subscription]]\npeer = \"silver\"\nall = true\n[[series]]\nname = \"s\"\nimages = [";
  for (std::size_t i = 0; i < number; ++i) text += "\"member-of-a-usual-length-" + std::to_string(i) + "\",";
  text += "]\n";
  for (std::size_t i = 0; i < number; ++i) {
    const std::string name = "an-image-of-a-usual-length-" + std::to_string(i);
    text += "[[image]]\nname = \"" + name + "\"\nsource = \"a\"\nparent = \"x" + name + "\"\n";
  }
  return read_case(text +
                   "== state\npeer silver serial=9\nsubscription silver all baseline=9\n== peer silver serial=20\n== plan\n");
}

TEST(plan_misspelt, any_number_of_misspelt_names_costs_no_more_than_is_bounded) {
  const PlanCase one = many_misspelt(2'000);
  const plan::Plan plan = plan_of(one);
  EXPECT_EQ(plan.blocked.size(), 4'000U);
  EXPECT_EQ(plan.blocked.front().code, Code::unknown_image);
  EXPECT_EQ(plan.blocked.front().mend,
            "did you mean \"an-image-of-a-usual-length-1\"? Or, if its parent is gone for good, leave `parent` out");
  const auto with_hint = std::count_if(plan.blocked.begin(), plan.blocked.end(), [](const plan::Blocked& blocked) {
    return blocked.mend.find("did you mean") != std::string::npos;
  });
  EXPECT_LT(with_hint, 1'000) << "the search for similar names stops at its limit of work";
}

TEST(plan_id, keeps_texts_with_quotes_and_newlines_apart) {
  PlanCase one = read_case(one_of_each);
  PlanCase other = one;
  one.manifest.images[0].version = "1\" platform=\"x";
  other.manifest.images[0].version = "1";
  other.manifest.images[0].platform = "x\" platform=\"";
  EXPECT_NE(plan::plan_id_text(plan_of(one)), plan::plan_id_text(plan_of(other)));
  one.manifest.images[0].version = "1\nimage.x add";
  EXPECT_THAT(plan::plan_id_text(plan_of(one)), Not(HasSubstr("\nimage.x add")));
}

TEST(rules_text, is_the_same_for_the_same_rules_and_knows_every_other) {
  const std::string peers =
      "[[peer]]\nname = \"silver\"\ncard = \"silver.card\"\n[[peer]]\nname = \"copper\"\ncard = \"copper.card\"\n";
  const std::string rule = "[[subscription]]\npeer = \"silver\"\nall = true\n";
  const auto text = [&](const std::string& toml) {
    const Manifest manifest = case_manifest(peers + toml);
    return plan::rules_text(manifest, manifest.peers[0]) + plan::shared_rules_text(manifest);
  };
  const std::string before = text(rule);
  EXPECT_EQ(before, text("\n\n# a comment\n" + rule));
  EXPECT_EQ(before, text(rule + "[[subscription]]\npeer = \"copper\"\nall = true\n"));
  for (const std::string more :
       {"exclude = [\"x\"]\n", "since = 3\n", "priority = 1\n", "[[subscription]]\npeer = \"silver\"\nseries = \"s\"\n",
        "[[copy]]\npeer = \"silver\"\nname = \"a\"\nkeep = false\n", "[[image]]\nname = \"a\"\nsource = \"a\"\n",
        "[[imagetype]]\nname = \"T\"\nbase = \"SOFTWARE\"\n", "[[series]]\nname = \"s\"\nimages = [\"a\"]\n",
        "[[series]]\nname = \"s\"\nfollow = { peer = \"silver\", series = \"t\" }\n",
        "[[export]]\nname = \"e\"\nimage = \"a\"\nto = \"/e\"\n"}) {
    EXPECT_NE(before, text(rule + more)) << more;
  }
}

TEST(scope, leaves_out_the_copies_of_settled_peers_but_not_what_names_may_meet) {
  const Manifest manifest = case_manifest(
      "[[peer]]\nname = \"silver\"\ncard = \"silver.card\"\n[[peer]]\nname = \"copper\"\ncard = \"copper.card\"\n"
      "[[image]]\nname = \"child\"\nsource = \"x\"\nparent = \"base\"\n[[series]]\nname = \"s\"\nimages = [\"member\"]\n"
      "[[subscription]]\npeer = \"copper\"\nall = true\nas = \"{peer}-{name}\"\n"
      "[[series]]\nname = \"f\"\nfollow = { peer = \"copper\", series = \"t\" }\n");
  const std::vector<plan::PeerView> all_settled{plan::Settled{.head = testing_support::head_of("silver", 3), .notes = {}},
                                                plan::Settled{.head = testing_support::head_of("copper", 3), .notes = {}}};
  const state::SnapshotScope scope = plan::scope_for(manifest, all_settled);
  EXPECT_THAT(scope.without_copies_of, testing::UnorderedElementsAre(case_server("silver"), case_server("copper")));
  EXPECT_THAT(scope.but_names, ElementsAre(ImageName::of("base"), ImageName::of("child"), ImageName::of("member")));

  auto catalog = std::make_shared<Catalog>();
  catalog->images.push_back(testing_support::entry(case_server("copper"), "new", 2));
  std::vector<plan::PeerView> one_read{all_settled[0],
                                       plan::PeerCatalog{.head = testing_support::head_of("copper", 3), .catalog = catalog}};
  const state::SnapshotScope read = plan::scope_for(manifest, one_read);
  EXPECT_THAT(read.without_copies_of, ElementsAre(case_server("silver")));
  EXPECT_THAT(read.but_names, Contains(ImageName::of("copper-new")));

  // An export needs the members of its series, and its image, whatever peer they are of.
  const state::SnapshotScope exporting =
      plan::scope_for(case_manifest("[[peer]]\nname = \"silver\"\ncard = \"silver.card\"\n"
                                    "[[export]]\nname = \"one\"\nseries = \"s\"\nto = \"/one\"\n"
                                    "[[export]]\nname = \"two\"\nimage = \"silver-1\"\nto = \"/two\"\n"),
                      {all_settled[0]});
  EXPECT_THAT(exporting.without_copies_of, ElementsAre(case_server("silver")));
  EXPECT_THAT(exporting.but_members_of, ElementsAre(SeriesName::of("s")));
  EXPECT_THAT(exporting.but_names, ElementsAre(ImageName::of("silver-1")));

  // The followed series lists an image of the settled peer: its copies must be known.
  catalog->series.push_back(
      {.name = SeriesName::of("t"),
       .created = 1,
       .members = {{.image = {.origin = case_server("silver"), .name = ImageName::of("x"), .created = 1}, .added = 2}}});
  EXPECT_THAT(plan::scope_for(manifest, one_read).without_copies_of, IsEmpty());
}

TEST(exit_code, says_what_a_plan_foresees_the_worst_first) {
  const PlanCase one = read_case(one_of_each);
  plan::Plan plan = plan_of(one);
  EXPECT_EQ(exit_code_of(plan, false), 0);
  EXPECT_EQ(exit_code_of(plan, true), 2);
  for (auto& change : plan.actions) change.deferred = true;
  EXPECT_EQ(exit_code_of(plan, true), 0) << "only deferred work is left";
  plan.blocked.push_back(
      {.address = catalog_address(), .verb = Verb::publish, .code = Code::not_released, .text = "", .mend = "", .at = {}});
  EXPECT_EQ(exit_code_of(plan, true), 3);
  plan.held.push_back({.address = catalog_address(), .verb = Verb::publish, .code = Code::removals, .text = "", .mend = ""});
  EXPECT_EQ(exit_code_of(plan, true), 7);
  plan.unknown.push_back({.peer = ServerName::of("silver"), .code = Code::unreachable, .text = "", .at = {}});
  EXPECT_EQ(exit_code_of(plan, true), 7);
  plan.unknown.push_back({.peer = ServerName::of("copper"), .code = Code::untrusted, .text = "", .at = {}});
  EXPECT_EQ(exit_code_of(plan, true), 4);
}

TEST(notes, of_one_peer_are_those_whose_address_names_it) {
  plan::Plan plan = plan_of(read_case(one_of_each));
  plan.notes = {{Code::adopted, "copy.silver.x", ""},
                {Code::backfill, "copy.silver2.x", ""},
                {Code::changed, "peer.silver", ""},
                {Code::damaged, "image.silver", ""},
                {Code::empty, "", ""}};
  std::vector<Code> codes;
  for (const auto& note : plan::notes_of(plan, ServerName::of("silver"))) codes.push_back(note.code);
  EXPECT_THAT(codes, ElementsAre(Code::adopted, Code::changed));
}

TEST(total, missing_views_rows_and_entries_are_no_error) {
  PlanCase one = read_case(one_of_each);
  one.observed.peers.clear();  // nobody was asked
  EXPECT_FALSE(plan_of(one).complete);
  one = read_case(one_of_each);
  auto hostile = std::make_shared<Catalog>();
  const ServerId silver = case_server("silver");
  for (const char* name : {"loop1", "loop2"}) hostile->images.push_back(testing_support::entry(silver, name, 5));
  hostile->images[0].parent = hostile->images[1].identity;
  hostile->images[1].parent = hostile->images[0].identity;
  hostile->images.push_back(hostile->images[0]);  // listed twice
  hostile->images.push_back(testing_support::entry(silver, "stateless", 5));
  hostile->images.back().states.clear();
  hostile->images.push_back(testing_support::entry(silver, "huge", 5));
  hostile->images.back().packed->file.length = ~std::uint64_t{0};
  hostile->series.push_back({.name = SeriesName::of("s"),
                             .created = 1,
                             .members = {{hostile->images[0].identity, 5}, {hostile->images[0].identity, 6}}});
  std::get<plan::PeerCatalog>(one.observed.peers[0]).catalog = hostile;
  one.manifest.subscriptions.push_back(one.manifest.subscriptions[0]);
  one.manifest.subscriptions.back().selector = SelectImage{ImageName::of("loop1")};
  one.manifest.subscriptions.push_back(one.manifest.subscriptions[0]);
  one.manifest.subscriptions.back().selector = SelectSeries{SeriesName::of("s")};
  std::vector<std::string> copies;
  for (const auto& change : plan_of(one).actions) {
    if (change.verb == Verb::copy) copies.push_back(change.address.text);
  }
  EXPECT_THAT(copies, ElementsAre("copy.silver.huge", "copy.silver.loop1", "copy.silver.loop2"));
}

}  // namespace
}  // namespace ingot::make_plan_test
