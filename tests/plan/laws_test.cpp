// The laws of planning, on random worlds that evolve over several runs.
#include <set>

#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconciler/plan/explain/explain.hpp"
#include "reconciler/plan/intent.hpp"
#include "tests/support/plan_builder.hpp"
#include "tests/support/plan_model.hpp"
#include "tests/support/plan_text.hpp"
#include "tests/support/plan_world.hpp"

namespace ingot::laws_test {
namespace {

using testing_support::apply_model;
using testing_support::case_now;
using testing_support::normal_text;
using testing_support::plan_text;
using testing_support::PlanWorld;

const plan::PlanOptions allow_all{.raise_removals = {}, .raise_stops = {}, .allow_empty = true};
/// Where a run may remove what it did not remove before, it matters how many went before: then no guard is in the way.
const plan::PlanOptions without_guards{.raise_removals = 1'000, .raise_stops = 1'000, .allow_empty = true};

/// What is seen of the world, and that all bytes here are whole.
plan::Observed seen(const PlanWorld& world, const state::Snapshot& snapshot, Time now,
                    const std::vector<std::string>& unknown = {}) {
  plan::Observed observed = world.observed(now, unknown);
  testing_support::see_exports(world.manifest(), snapshot, observed);
  for (const auto& row : snapshot.images) observed.objects.insert(row.digest);
  return observed;
}

plan::Plan plan_for(const PlanWorld& world, const state::Snapshot& snapshot, Time now,
                    const std::vector<std::string>& unknown = {}, const plan::PlanOptions& options = allow_all) {
  return std::get<plan::Plan>(plan::make_plan(world.manifest(), snapshot, seen(world, snapshot, now, unknown), options));
}

/// The model refuses what an apply could not do: then the plan is shown.
state::Snapshot applied(const PlanWorld& world, const state::Snapshot& snapshot, const plan::Plan& plan, Time now,
                        std::size_t most = static_cast<std::size_t>(-1)) {
  try {
    return apply_model(snapshot, plan, world.sources(), now, most);
  } catch (const std::logic_error& error) { RC_FAIL(std::string(error.what()) + "\n" + plan_text(plan, snapshot)); }
}

/// Runs until nothing is left to do; the number of runs that it took.
int run_to_rest(const PlanWorld& world, state::Snapshot& snapshot, Time now, const plan::PlanOptions& options = allow_all) {
  for (int runs = 0; runs < 8; ++runs) {
    const plan::Plan plan = plan_for(world, snapshot, now, {}, options);
    if (plan.pending() == 0 && plan.wantedness.empty()) return runs;
    snapshot = applied(world, snapshot, plan, now);
  }
  return 8;
}

/// A world that has lived through a few runs, the last of them followed by news.
struct Lived {
  PlanWorld world;
  state::Snapshot snapshot;
  Time now;
};

Lived live(std::uint32_t seed) {
  Lived lived{.world = PlanWorld(seed), .snapshot = {}, .now = case_now()};
  for (std::uint32_t runs = lived.world.below(4); runs > 0; --runs) {
    lived.snapshot = applied(lived.world, lived.snapshot, plan_for(lived.world, lived.snapshot, lived.now), lived.now);
    lived.world.evolve();
    if (lived.world.chance(50)) lived.world.write_manifest();
    lived.now += Seconds(86'400);
  }
  return lived;
}

std::uint32_t any_seed() { return *rc::gen::arbitrary<std::uint32_t>(); }

RC_GTEST_PROP(laws, every_action_has_a_reason_an_address_of_its_own_and_comes_after_what_it_waits_for, ()) {
  const Lived lived = live(any_seed());
  const plan::Plan plan = plan_for(lived.world, lived.snapshot, lived.now);
  std::set<std::string> done;
  for (const auto& change : plan.actions) {
    RC_ASSERT(!change.because.empty());
    for (const auto& reason : change.because)
      RC_ASSERT(reason.code != Code::none && !reason.rule.empty() && !reason.text.empty());
    for (const auto& before : change.after) RC_ASSERT(done.contains(before.text));
    RC_ASSERT(done.insert(change.address.text).second);
    RC_ASSERT(change.deferred == !change.deferred_why.empty());
  }
}

RC_GTEST_PROP(laws, R23_the_same_input_gives_the_same_plan_whatever_the_order_of_insertion, ()) {
  const std::uint32_t seed = any_seed();
  const Lived lived = live(seed);
  std::mt19937 random(seed);
  state::Snapshot shuffled = lived.snapshot;
  plan::Observed observed = seen(lived.world, lived.snapshot, lived.now);
  testing_support::shuffle_snapshot(shuffled, random);
  testing_support::shuffle_catalogs(observed, random);
  const plan::Plan one = plan_for(lived.world, lived.snapshot, lived.now);
  const plan::Plan other = std::get<plan::Plan>(plan::make_plan(lived.world.manifest(), shuffled, observed, allow_all));
  RC_LOG() << plan_text(one, lived.snapshot) << "--- shuffled\n" << plan_text(other, lived.snapshot);
  RC_ASSERT(plan_text(one, lived.snapshot) == plan_text(other, lived.snapshot));
  RC_ASSERT(plan::plan_id_text(one) == plan::plan_id_text(other));
}

RC_GTEST_PROP(laws, R22_after_a_whole_apply_nothing_is_left_to_do, ()) {
  Lived lived = live(any_seed());
  const plan::Plan plan = plan_for(lived.world, lived.snapshot, lived.now);
  const state::Snapshot before = lived.snapshot;
  lived.snapshot = applied(lived.world, lived.snapshot, plan, lived.now);
  const plan::Plan second = plan_for(lived.world, lived.snapshot, lived.now);
  const bool smooth = plan.blocked.empty() && plan.held.empty();
  // What was deferred may have become reuse: it fits now, and may go on.
  const bool deferred =
      std::any_of(plan.actions.begin(), plan.actions.end(), [](const auto& one) { return one.deferred; }) ||
      std::any_of(plan.notes.begin(), plan.notes.end(), [](const auto& one) { return one.code == Code::deferred; });
  if (smooth && !deferred) {
    RC_LOG() << plan_text(plan, before) << "--- then\n" << plan_text(second, lived.snapshot);
    RC_ASSERT(second.pending() == 0U);
  }
  RC_ASSERT(run_to_rest(lived.world, lived.snapshot, lived.now) < 8);
}

bool blocks_exports(const PlanWorld& world, const state::Snapshot& snapshot, Time now) {
  const plan::Plan plan = plan_for(world, snapshot, now, {}, without_guards);
  return std::any_of(plan.blocked.begin(), plan.blocked.end(),
                     [](const plan::Blocked& one) { return one.address.text.starts_with("export."); });
}

/// Both worlds at rest. An export whose image is gone is blocked, and keeps what it had: then the exports need not be the same.
bool end_alike(const PlanWorld& world, state::Snapshot one, state::Snapshot other, Time now) {
  const bool blocked = blocks_exports(world, one, now) || blocks_exports(world, other, now);
  RC_CLASSIFY(blocked, "an export is blocked");
  for (state::Snapshot* const snapshot : {&one, &other}) {
    if (!blocked) continue;
    snapshot->exports.clear();
    snapshot->exported.clear();
  }
  RC_LOG() << "--- one ends with\n" << normal_text(one) << "--- the other with\n" << normal_text(other);
  return normal_text(one) == normal_text(other);
}

RC_GTEST_PROP(laws, R22_any_prefix_of_an_apply_and_then_a_rerun_ends_where_a_whole_apply_does, ()) {
  Lived lived = live(any_seed());
  const plan::Plan plan = plan_for(lived.world, lived.snapshot, lived.now, {}, without_guards);
  state::Snapshot whole = applied(lived.world, lived.snapshot, plan, lived.now);
  run_to_rest(lived.world, whole, lived.now, without_guards);
  const auto most = *rc::gen::inRange<std::size_t>(0, plan.actions.size() + 1);
  state::Snapshot cut = applied(lived.world, lived.snapshot, plan, lived.now, most);
  run_to_rest(lived.world, cut, lived.now, without_guards);
  RC_LOG() << plan_text(plan, lived.snapshot) << "--- cut after " << most;
  RC_ASSERT(end_alike(lived.world, cut, whole, lived.now));
}

/// Some addresses of a plan, the catalog not among them.
std::vector<std::string> some_addresses(const plan::Plan& plan, std::size_t most) {
  std::vector<std::string> addresses;
  for (const auto& change : plan.actions) {
    if (change.verb != Verb::publish) addresses.push_back(change.address.text);
  }
  std::vector<std::string> some;
  if (addresses.empty()) return some;
  for (auto count = *rc::gen::inRange<std::size_t>(0, most + 1); count > 0; --count)
    some.push_back(*rc::gen::elementOf(addresses));
  return some;
}

RC_GTEST_PROP(laws, a_part_of_a_plan_can_be_applied_alone_and_the_rest_then_ends_where_a_whole_apply_does, ()) {
  Lived lived = live(any_seed());
  const plan::Plan whole = plan_for(lived.world, lived.snapshot, lived.now, {}, without_guards);
  plan::PlanOptions options = without_guards;
  options.targets = some_addresses(whole, 3);
  options.excluded = some_addresses(whole, 2);
  if (*rc::gen::arbitrary<bool>()) options.approved = std::set{Verb::register_, Verb::instantiate, Verb::copy, Verb::create};
  const plan::Plan part = std::get<plan::Plan>(
      plan::make_plan(lived.world.manifest(), lived.snapshot, seen(lived.world, lived.snapshot, lived.now), options));
  RC_LOG() << plan_text(whole, lived.snapshot) << "--- targets "
           << fmt::format("{} but {}", fmt::join(options.targets, " "), fmt::join(options.excluded, " ")) << "\n"
           << plan_text(part, lived.snapshot);
  for (const auto& change : part.actions) {
    if (change.verb == Verb::publish) continue;
    const std::string& address = change.address.text;
    RC_ASSERT(std::find(options.excluded.begin(), options.excluded.end(), address) == options.excluded.end());
    if (options.approved) RC_ASSERT(options.approved->contains(change.verb));
    const bool named = std::find(options.targets.begin(), options.targets.end(), address) != options.targets.end();
    if (options.targets.empty() || named) continue;
    RC_ASSERT(change.because.back().code == Code::needed);
    RC_ASSERT(change.verb != Verb::remove);
    RC_ASSERT(change.verb != Verb::delete_);
  }
  state::Snapshot all = applied(lived.world, lived.snapshot, whole, lived.now);
  run_to_rest(lived.world, all, lived.now, without_guards);
  state::Snapshot in_parts = applied(lived.world, lived.snapshot, part, lived.now);
  run_to_rest(lived.world, in_parts, lived.now, without_guards);
  RC_ASSERT(end_alike(lived.world, in_parts, all, lived.now));
}

/// Every image of every catalog gets deltas from some others, whatever they are.
plan::Observed with_deltas(plan::Observed observed) {
  for (auto& view : observed.peers) {
    auto* seen_peer = std::get_if<plan::PeerCatalog>(&view);
    if (seen_peer == nullptr || seen_peer->catalog->images.empty()) continue;
    auto catalog = std::make_shared<Catalog>(*seen_peer->catalog);
    for (auto& image : catalog->images) {
      for (auto count = *rc::gen::inRange(0, 3); count > 0; --count) {
        const ImageEntry& base = *rc::gen::elementOf(seen_peer->catalog->images);
        image.deltas.push_back(
            {.base = base.digest, .base_size = base.size, .file = {base.digest, *rc::gen::inRange<std::uint64_t>(1, 1'000'000)}});
      }
    }
    seen_peer->catalog = std::move(catalog);
  }
  return observed;
}

RC_GTEST_PROP(laws, R28_deltas_change_nothing_but_the_cost, ()) {
  const Lived lived = live(any_seed());
  const plan::Observed without = seen(lived.world, lived.snapshot, lived.now);
  const plan::Observed with = with_deltas(without);
  const auto made = [&](const plan::Observed& observed) {
    return std::get<plan::Plan>(plan::make_plan(lived.world.manifest(), lived.snapshot, observed, allow_all));
  };
  const plan::Plan one = made(without);
  const plan::Plan other = made(with);
  RC_LOG() << plan_text(one, lived.snapshot) << "--- with deltas\n" << plan_text(other, lived.snapshot);
  const auto is_deferred = [](const plan::Change& change) { return change.deferred; };
  if (std::any_of(one.actions.begin(), one.actions.end(), is_deferred)) return;  // with less to fetch more fits
  RC_ASSERT(one.actions.size() == other.actions.size());
  for (const auto& change : other.actions) {
    const plan::Transfer* transfer = plan::transfer_of(change.action);
    if (transfer == nullptr || transfer->method != plan::Method::delta) continue;
    RC_CLASSIFY(true, "comes by deltas");
    RC_ASSERT(!transfer->steps.empty() && transfer->steps.size() <= plan::most_steps);
    for (std::size_t i = 1; i < transfer->steps.size(); ++i) RC_ASSERT(transfer->steps[i].base == transfer->steps[i - 1].result);
  }
  RC_ASSERT(normal_text(applied(lived.world, lived.snapshot, one, lived.now)) ==
            normal_text(applied(lived.world, lived.snapshot, other, lived.now)));
}

/// Which deltas a server makes depends on what only it knows: a plan that is made elsewhere has none, and the same id.
RC_GTEST_PROP(laws, R28_the_id_of_a_plan_is_the_same_with_and_without_deltas_to_make, ()) {
  const Lived lived = live(any_seed());
  const plan::Observed observed = seen(lived.world, lived.snapshot, lived.now);
  const auto made = [&](std::optional<DeltaRules> rules) {
    Manifest manifest = lived.world.manifest();
    manifest.server.deltas = rules;
    return std::get<plan::Plan>(plan::make_plan(manifest, lived.snapshot, observed, allow_all));
  };
  const plan::Plan without = made(std::nullopt);
  const plan::Plan with = made(DeltaRules{.parents = 2, .series = 2, .size = 0});
  RC_LOG() << plan_text(without, lived.snapshot) << "--- with deltas\n" << plan_text(with, lived.snapshot);
  const auto deltas = [](const plan::Plan& plan) {
    return std::count_if(plan.actions.begin(), plan.actions.end(),
                         [](const plan::Change& change) { return change.verb == Verb::delta; });
  };
  RC_ASSERT(deltas(without) == 0);
  RC_CLASSIFY(deltas(with) > 0, "makes deltas");
  RC_ASSERT(plan::plan_id_text(with) == plan::plan_id_text(without));
}

RC_GTEST_PROP(laws, R19_nothing_of_an_unknown_peer_is_removed_or_copied, ()) {
  Lived lived = live(any_seed());
  if (lived.world.manifest().peers.empty()) return;
  const std::string unknown = lived.world.manifest().peers.front().name.text();
  const plan::Plan plan = plan_for(lived.world, lived.snapshot, lived.now, {unknown});
  RC_ASSERT(!plan.complete);
  for (const auto& change : plan.actions) {
    if (peer_of_address(change.address.text) != unknown) continue;
    RC_ASSERT(change.verb != Verb::copy && change.verb != Verb::register_ && change.verb != Verb::instantiate &&
              change.verb != Verb::withdraw);
    if (change.verb == Verb::remove) RC_ASSERT(change.because.front().code == Code::not_kept);
  }
  for (const auto& one : plan.wantedness) {
    for (const auto& row : lived.snapshot.images) {
      if (row.key == one.key) RC_ASSERT(row.identity->origin != testing_support::case_server(unknown));
    }
  }
}

/// What the next run knows: a settled peer is not read but for the pages about some names, and the snapshot leaves out its
/// copies.
struct NextRun {
  plan::Observed observed;
  state::Snapshot snapshot;
};

/// Some of the entries, but all of these names: as pages have them.
std::shared_ptr<const Catalog> pages_about(const std::set<ImageName>& names, const Catalog& whole, PlanWorld& world) {
  auto pages = std::make_shared<Catalog>(whole);
  std::erase_if(pages->images, [&](const ImageEntry& image) { return !names.contains(image.name) && world.chance(70); });
  std::erase_if(pages->deleted,
                [&](const ImageTombstone& image) { return !names.contains(image.identity.name) && world.chance(70); });
  return pages;
}

NextRun next_run(Lived& lived, const plan::Plan& read, const std::set<ImageName>& about = {}) {
  const Manifest& manifest = lived.world.manifest();
  NextRun next{.observed = seen(lived.world, lived.snapshot, lived.now), .snapshot = lived.snapshot};
  for (std::size_t i = 0; i < next.observed.peers.size(); ++i) {
    const ServerName& name = manifest.peers[i].name;
    if (std::find(read.settled.begin(), read.settled.end(), name) == read.settled.end()) continue;
    if (!about.empty() && plan::rules_compare_images(manifest, name)) continue;
    const auto catalog = std::get<plan::PeerCatalog>(next.observed.peers[i]);
    next.observed.peers[i] = plan::Settled{.head = catalog.head,
                                           .notes = plan::notes_of(read, name),
                                           .about = about.empty() ? nullptr : pages_about(about, *catalog.catalog, lived.world)};
  }
  const state::SnapshotScope scope = plan::scope_for(manifest, next.observed.peers, about);
  std::set<state::ImageKey> members;
  for (const auto& series : lived.snapshot.series) {
    if (!scope.but_members_of.contains(series.name)) continue;
    for (const auto& member : series.members) members.insert(member.image);
  }
  std::set<ImageName> exported;
  for (const auto& row : lived.snapshot.exported) exported.insert(row.image);
  std::erase_if(next.snapshot.images, [&](const state::ImageRow& row) {
    return row.copy && row.identity && scope.without_copies_of.contains(row.identity->origin) &&
           !scope.but_names.contains(row.name) && !members.contains(row.key) && !exported.contains(row.name) &&
           (row.deleted || !scope.but_copies_of.contains(row.identity->name));
  });
  return next;
}

RC_GTEST_PROP(laws, settled_peers_may_be_left_out_of_the_next_plan, ()) {
  Lived lived = live(any_seed());
  run_to_rest(lived.world, lived.snapshot, lived.now);
  const plan::Plan read = plan_for(lived.world, lived.snapshot, lived.now);
  const NextRun next = next_run(lived, read);
  const plan::Plan plan = std::get<plan::Plan>(plan::make_plan(lived.world.manifest(), next.snapshot, next.observed, allow_all));
  RC_LOG() << plan_text(read, lived.snapshot) << "--- settled\n" << plan_text(plan, next.snapshot);
  RC_ASSERT(plan::plan_id_text(plan) == plan::plan_id_text(read));
  RC_ASSERT(plan.blocked.size() == read.blocked.size());
}

/// Without the hints for unknown names: they name what is alike in the pages that were read.
std::string text_of_subjects(const std::vector<plan::Subject>& subjects) {
  std::string text;
  for (const auto& one : subjects) {
    const bool has_hint = text_of(one.code).starts_with("unknown-");
    text += fmt::format("{} {} {}: {}\n", one.address, text_of(one.verdict), text_of(one.code),
                        one.text.substr(0, has_hint ? one.text.rfind("; ") : std::string::npos));
    for (const auto& reason : one.because) text += fmt::format("  {} {}: {}\n", text_of(reason.code), reason.rule, reason.text);
    if (one.evidence) text += fmt::format("  {} {}\n", one.evidence->head.text(), one.evidence->serial);
  }
  return text;
}

RC_GTEST_PROP(laws, explain_needs_of_settled_peers_only_the_pages_about_the_name, ()) {
  Lived lived = live(any_seed());
  run_to_rest(lived.world, lived.snapshot, lived.now);
  const Manifest& manifest = lived.world.manifest();
  const plan::Plan read = plan_for(lived.world, lived.snapshot, lived.now);
  const plan::Observed whole = seen(lived.world, lived.snapshot, lived.now);
  for (const auto& word : plan::known_names(manifest, lived.snapshot, whole)) {
    std::set<ImageName> about;
    if (const auto name = ImageName::parse(plan::image_name_in(word))) about.insert(*name);
    for (const auto& row : lived.snapshot.images) {
      if (!row.deleted && row.identity && row.name.text() == word) about.insert(row.identity->name);
    }
    if (about.empty()) continue;
    const NextRun next = next_run(lived, read, about);
    const plan::Plan plan = std::get<plan::Plan>(plan::make_plan(manifest, next.snapshot, next.observed, allow_all));
    const auto told = plan::explain(word, manifest, next.snapshot, plan::with_what_settled_peers_have(next.observed), plan);
    RC_LOG() << word;
    RC_ASSERT(text_of_subjects(told) == text_of_subjects(plan::explain(word, manifest, lived.snapshot, whole, read)));
  }
}

RC_GTEST_PROP(laws, R20_two_servers_that_subscribe_to_each_other_come_to_rest, ()) {
  // Each copies all of the other's; what one lists of the other's is no candidate.
  const std::size_t images = *rc::gen::inRange<std::size_t>(0, 5);
  Catalog theirs;
  for (std::size_t i = 0; i < images; ++i) {
    theirs.images.push_back(testing_support::entry(testing_support::case_server("silver"), "t" + std::to_string(i), 2 + i));
    ImageEntry ours = testing_support::entry(testing_support::case_server("here"), "h" + std::to_string(i), 2 + i);
    ours.packed.reset();
    theirs.images.push_back(std::move(ours));
  }
  const Manifest manifest = testing_support::case_manifest(
      "[[peer]]\nname = \"silver\"\ncard = \"silver.card\"\n[[subscription]]\npeer = \"silver\"\nall = true\nsince = "
      "\"start\"\n");
  plan::Observed observed{.now = case_now(),
                          .self = testing_support::case_server("here"),
                          .peers = {},
                          .sources = {},
                          .disk = {},
                          .objects = {},
                          .publish_again = ""};
  observed.peers.push_back(
      plan::PeerCatalog{.head = testing_support::head_of("silver", 20), .catalog = std::make_shared<Catalog>(theirs)});
  state::Snapshot snapshot;
  const plan::Plan first = std::get<plan::Plan>(plan::make_plan(manifest, snapshot, observed, allow_all));
  snapshot = apply_model(std::move(snapshot), first, {}, case_now());
  RC_ASSERT(snapshot.images_total == images);
  RC_ASSERT(std::get<plan::Plan>(plan::make_plan(manifest, snapshot, observed, allow_all)).actions.empty());
}

}  // namespace
}  // namespace ingot::laws_test
