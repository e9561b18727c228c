// What a plan says beside its actions about rules: selectors (R12) and copies that name nothing, images before a baseline
// (R7), the gap after a subscription was stopped (R11), rules that give one image two names (R6).
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/desired/rules_in_force.hpp"
#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::plan {

namespace {

void block_unknown_selector(const DesiredSubscription& wanted, const PeerRules& rules, Draft& draft) {
  const Selector& selector = wanted.rule->selector;
  if (!place_of(*wanted.rule) || rules.index.knows(selector)) return;
  const auto near = nearest(value_of(selector), rules.index.names_like(selector));
  const bool of_type = std::holds_alternative<SelectType>(selector);
  const std::string_view what = of_type ? "image type" : kind_of(selector);
  draft.blocked.push_back(
      {.address = wanted.address,
       .verb = wanted.row ? Verb::update : Verb::instantiate,
       .code = Code::unknown_selector,
       .text = fmt::format("peer \"{}\" has no {} \"{}\"{}", wanted.peer->name().text(), what, value_of(selector),
                           wanted.row ? ""
                                      : fmt::format("; it is instantiated anyway, and copies images published after serial {}",
                                                    *wanted.baseline)),
       .mend = near ? fmt::format("did you mean \"{}\"? If not, copying starts once the peer has one", *near)
                    : "copying starts once the peer has one",
       .at = wanted.rule->at});
}

/// Why there is no such image, and what to do: another name of its own is near, or it is a copy there.
std::pair<std::string, std::string> missing_image(const PeerRules& rules, const ImageName& name) {
  const auto& images = rules.index.catalog().images;
  const std::string& peer = rules.peer->name().text();
  const auto copy = std::find_if(images.begin(), images.end(), [&](const ImageEntry& entry) { return entry.name == name; });
  if (copy != images.end()) {
    return {fmt::format("the image \"{}\" of peer \"{}\" is a copy; its origin is \"{}\"", name.text(), peer,
                        copy->origin_name.text()),
            "copies are not redistributed: name the origin"};
  }
  std::vector<std::string> own;
  for (const std::uint32_t place : rules.index.own()) own.push_back(images[place].identity.name.text());
  const auto near = nearest(name.text(), own);
  return {fmt::format("peer \"{}\" has no image \"{}\" of its own, and never had", peer, name.text()),
          near ? fmt::format("did you mean \"{}\"? If not, copying starts once the peer has one", *near)
               : "copying starts once the peer has one"};
}

/// A [[copy]] that means nothing would be obeyed by nobody, in silence.
void block_unknown_copies(const PeerRules& rules, const Situation& situation, Draft& draft) {
  const ServerName& peer = rules.peer->name();
  for (const auto& copy : situation.manifest.copies) {
    if (copy.peer != peer || rules.index.has_or_had(copy.name) || (copy.adopt && taken_over_by(copy, situation))) continue;
    auto [text, mend] = missing_image(rules, copy.name);
    draft.blocked.push_back({.address = copy_address(peer, copy.name),
                             .verb = copy.keep == false ? Verb::remove : Verb::copy,
                             .code = Code::unknown_image,
                             .text = fmt::format("this [[copy]] does nothing: {}", text),
                             .mend = std::move(mend),
                             .at = copy.at});
  }
}

struct Tally {
  std::uint64_t images = 0;
  std::uint64_t bytes = 0;
  std::set<std::string> names;  ///< the first few
  void count(const ImageEntry& entry) {
    ++images;
    bytes = saturating_sum(bytes, entry.size);
    names.insert(entry.identity.name.text());
    if (names.size() > 10) names.erase(std::prev(names.end()));
  }
};

std::string since_to_say(Serial after) { return after == 0 ? "since = \"start\"" : fmt::format("since = {}", after); }

void note_before_baseline(const DesiredSubscription& wanted, const Tally& before, Draft& draft) {
  if (before.images == 0) return;
  const bool one = before.images == 1;
  draft.notes.push_back(
      {Code::before_baseline, wanted.address.text,
       fmt::format("{} ({}) of peer \"{}\" {} not copied: {} not newer than serial {}, the baseline. since = \"start\" copies {}",
                   counted(before.images, "matching image"), size_text(before.bytes), wanted.peer->name().text(),
                   one ? "is" : "are", one ? "it is" : "they are", *wanted.baseline, one ? "it" : "them")});
}

/// What came between the stop and the new baseline, and how to take it (R11).
std::string gap_text(const DesiredSubscription& wanted, Serial stopped, const Tally& between) {
  if (*wanted.baseline <= stopped) return "no image is skipped";
  if (between.images == 0) return "no matching image is skipped";
  std::string which = listed({between.names.begin(), between.names.end()});
  if (between.images > between.names.size()) which += fmt::format(" and {} more", between.images - between.names.size());
  return fmt::format("{} in between: {} ({}); `{}` copies them", counted(between.images, "image"), which,
                     size_text(between.bytes), since_to_say(stopped));
}

void note_gap(const DesiredSubscription& wanted, Serial stopped, const Tally& between, Draft& draft) {
  draft.notes.push_back({Code::before_baseline, wanted.address.text,
                         fmt::format("it was stopped at serial {}; now it copies images published after serial {}; {}", stopped,
                                     *wanted.baseline, gap_text(wanted, stopped, between))});
}

/// A `since` that the peer has not come to: most likely a slip, and nothing counts until then.
void note_baseline_ahead(const DesiredSubscription& wanted, Draft& draft) {
  const PeerCase& peer = *wanted.peer;
  if (!wanted.baseline || !peer.head || *wanted.baseline <= peer.head->serial) return;
  draft.notes.push_back({Code::baseline_ahead, wanted.address.text,
                         fmt::format("it copies images published after serial {}, and peer \"{}\" is only at serial {}",
                                     *wanted.baseline, peer.name().text(), peer.head->serial)});
}

void note_baseline(const DesiredSubscription& wanted, const PeerRules& rules, const Situation& situation, Draft& draft) {
  if (!wanted.fresh || !wanted.baseline) return;
  Tally before, between;
  const Serial* const stopped = wanted.stopped && wanted.stopped->stopped ? &*wanted.stopped->stopped : nullptr;
  for (const auto& one : rules.evaluated) {
    if (one.rule != wanted.order || one.verdict != Verdict::before_baseline) continue;
    const ImageEntry& entry = rules.entry(one);
    if (situation.live_by_identity.contains(entry.identity)) continue;
    (stopped && one.event > *stopped ? between : before).count(entry);
  }
  if (stopped) note_gap(wanted, *stopped, between, draft);
  note_before_baseline(wanted, before, draft);
}

/// Which rule's name holds is told once per pair of rules, not per image.
void note_differing_names(const PeerRules& rules, const Situation& situation, Draft& draft) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> pairs;
  const auto& first_as = rules.terms.empty() ? std::string() : rules.terms.front().rule->options.as;
  if (std::all_of(rules.terms.begin(), rules.terms.end(), [&](const Terms& terms) { return terms.rule->options.as == first_as; }))
    return;
  const EvaluatedRule* first = nullptr;
  for (const auto& one : rules.evaluated) {
    if (one.verdict != Verdict::wanted) continue;
    if (!first || first->entry != one.entry) {
      first = &one;
    } else if (rules.terms_of(*first).rule->options.as != rules.terms_of(one).rule->options.as) {
      ++pairs[{first->rule, one.rule}];
    }
  }
  for (const auto& [pair, images] : pairs) {
    const SubscriptionEntry& winner = situation.manifest.subscriptions[pair.first];
    const SubscriptionEntry& other = situation.manifest.subscriptions[pair.second];
    draft.notes.push_back(
        {Code::as_differs, subscription_address(other.peer, other.selector).text,
         fmt::format("{} of it {} also wanted by \"{}\" ({}) under another name (`as`); that rule comes first and names {}",
                     counted(images, "image"), images == 1 ? "is" : "are",
                     subscription_address(winner.peer, winner.selector).text, place_text(winner), images == 1 ? "it" : "them")});
  }
}

}  // namespace

void note_subscriptions(const Desired& desired, const Situation& situation, Draft& draft) {
  for (const auto& rules : desired.rules) {
    for (const auto& wanted : desired.subscriptions) {
      if (wanted.peer != rules.peer) continue;
      block_unknown_selector(wanted, rules, draft);
      note_baseline_ahead(wanted, draft);
      note_baseline(wanted, rules, situation, draft);
    }
    block_unknown_copies(rules, situation, draft);
    note_differing_names(rules, situation, draft);
  }
}

}  // namespace ingot::plan
