// Subscriptions: what to instantiate, update and uninstantiate (R5, R7, R11).
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/desired/rules_in_force.hpp"
#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

state::SubscriptionRow row_for(const DesiredSubscription& wanted, const Situation& situation) {
  state::SubscriptionRow row{.peer = wanted.peer->id(),
                             .peer_name = wanted.peer->name(),
                             .selector = wanted.rule->selector,
                             .baseline = wanted.baseline.value_or(0),
                             .since = since_text(wanted.rule->options.since),
                             .options = options_text_without_since(wanted.rule->options),
                             .rule = wanted.address.text,
                             .instantiated = situation.observed.now,
                             .stopped = std::nullopt,
                             .copies = 0};
  const state::SubscriptionRow* before = wanted.row ? wanted.row : wanted.stopped;
  if (before) row.copies = before->copies;
  if (wanted.row) row.instantiated = wanted.row->instantiated;
  return row;
}

void block_unknown(const DesiredSubscription& wanted, Verb verb, Draft& draft) {
  const PeerCase& peer = *wanted.peer;
  if (peer.is_away()) return;  // a note says so
  draft.blocked.push_back(
      {.address = wanted.address,
       .verb = verb,
       .code = Code::peer_unknown,
       .text = fmt::format("peer \"{}\" is {}, so there is no head to count from", peer.name().text(), text_of(peer.why.code)),
       .mend = peer.mend(),
       .at = wanted.rule->at});
}

void add_change(const DesiredSubscription& wanted, Action action, Code code, std::string text, Draft& draft) {
  Change change = change_of(wanted.address, std::move(action),
                            {{.code = code, .rule = wanted.address.text, .at = wanted.rule->at, .text = std::move(text)}});
  draft.wait_for(change, peer_address(wanted.peer->name()));
  draft.add({.change = std::move(change), .phase = Phase::subscriptions});
}

void instantiate(const DesiredSubscription& wanted, const Situation& situation, Draft& draft) {
  if (wanted.peer->sight == Sight::unknown || !wanted.baseline) return block_unknown(wanted, Verb::instantiate, draft);
  std::string text =
      fmt::format("it copies images published after serial {} of peer \"{}\"", *wanted.baseline, wanted.peer->name().text());
  add_change(wanted, Instantiate{.row = row_for(wanted, situation)}, Code::new_, std::move(text), draft);
}

void update(const DesiredSubscription& wanted, const Situation& situation, Draft& draft) {
  if (!wanted.baseline) return block_unknown(wanted, Verb::update, draft);
  state::SubscriptionRow row = row_for(wanted, situation);
  std::vector<std::string> changes;
  if (row.since != wanted.row->since) {
    changes.push_back(
        fmt::format("since: {} → {} (baseline {} → {})", wanted.row->since, row.since, wanted.row->baseline, row.baseline));
  }
  if (row.options != wanted.row->options) changes.push_back(fmt::format("options: {} → {}", wanted.row->options, row.options));
  if (changes.empty()) return;
  std::string text = listed(changes);
  add_change(wanted, UpdateSubscription{.row = std::move(row), .changes = std::move(changes)}, Code::changed, std::move(text),
             draft);
}

/// Whether the manifest still asks for what this row records.
bool still_asked_for(const state::SubscriptionRow& row, const PeerCase& peer, const Situation& situation) {
  const auto& rules = situation.manifest.subscriptions;
  return std::any_of(rules.begin(), rules.end(),
                     [&](const SubscriptionEntry& rule) { return rule.peer == peer.name() && rule.selector == row.selector; });
}

void uninstantiate(const state::SubscriptionRow& row, const PeerCase* peer, const state::Registration* registration,
                   Draft& draft) {
  const ServerName& name = peer ? peer->name() : registration ? registration->name : row.peer_name;
  const bool seen = peer && peer->head && peer->id() == row.peer;
  const Serial serial = seen ? peer->head->serial : registration ? registration->serial : row.baseline;
  draft.add({.change = change_of(
                 subscription_address(name, row.selector),
                 Uninstantiate{.peer = name, .id = row.peer, .selector = row.selector, .stopped = serial},
                 {{.code = Code::dropped,
                   .rule = row.rule,
                   .at = std::nullopt,
                   .text = row.copies == 0   ? "the manifest no longer has it; it has no copies"
                           : row.copies == 1 ? "the manifest no longer has it; its copy stays"
                                             : fmt::format("the manifest no longer has it; its {} copies stay", row.copies)}}),
             .phase = Phase::stops});
}

/// Of a peer whose identity changed: what was instantiated with the old one brings nothing until that is settled.
bool waits_for_identity(const DesiredSubscription& wanted, const Situation& situation) {
  const state::Registration* before = wanted.peer->changed_from;
  const auto& rows = situation.snapshot.subscriptions;
  return before && std::any_of(rows.begin(), rows.end(), [&](const state::SubscriptionRow& row) {
           return !row.stopped && row.peer == before->id && row.selector == wanted.rule->selector;
         });
}

void block_for_identity(const DesiredSubscription& wanted, Draft& draft) {
  draft.blocked.push_back({.address = wanted.address,
                           .verb = Verb::update,
                           .code = Code::identity_changed,
                           .text = fmt::format("it was instantiated from the old identity of peer \"{}\" and copies nothing more",
                                               wanted.peer->name().text()),
                           .mend = fmt::format("settle what {} says", peer_address(wanted.peer->name()).text),
                           .at = wanted.rule->at});
}

/// The selector of a peer for which a dropped rule stays in force (R12), and what it may have meant.
struct UnknownSelector {
  std::string text;
  std::string mend;
};

UnknownSelector unknown_selector(const DesiredSubscription& dropped, const Desired& desired) {
  const PeerCase& peer = *dropped.peer;
  const auto rules =
      std::find_if(desired.rules.begin(), desired.rules.end(), [&](const PeerRules& one) { return one.peer == &peer; });
  if (rules == desired.rules.end())
    return {fmt::format("peer \"{}\" is {}, so it is unknown whether it has what a new rule names", peer.name().text(),
                        text_of(peer.why.code)),
            peer.mend()};
  for (const auto& wanted : desired.subscriptions) {
    if (wanted.peer != &peer || rules->index.knows(wanted.rule->selector)) continue;
    const Selector& selector = wanted.rule->selector;
    const std::string place = place_text(*wanted.rule);
    return {fmt::format("{} names {} \"{}\", which peer \"{}\" does not have. That may be a misspelt new name of this rule",
                        place, kind_of(selector), value_of(selector), peer.name().text()),
            fmt::format("correct the name in {}; to end this rule anyway, run \"ingot apply --yes --approve uninstantiate\" once",
                        place)};
  }
  return {};
}

void keep_in_force(const DesiredSubscription& dropped, const Desired& desired, Draft& draft) {
  const auto [why, mend] = unknown_selector(dropped, desired);
  const bool peer_unknown = dropped.peer->sight == Sight::unknown;
  std::string text = fmt::format("the manifest no longer has it, but it stays in force: {}", why);
  if (dropped.peer->is_away())
    draft.notes.push_back({Code::waiting, dropped.address.text, std::move(text)});
  else if (peer_unknown)
    draft.blocked.push_back({.address = dropped.address,
                             .verb = Verb::uninstantiate,
                             .code = Code::peer_unknown,
                             .text = std::move(text),
                             .mend = mend,
                             .at = std::nullopt});
  else
    draft.held.push_back(
        {.address = dropped.address,
         .verb = Verb::uninstantiate,
         .code = Code::unknown_selector,
         .text = std::move(text),
         .mend = mend,
         .because = {
             {.code = Code::dropped, .rule = dropped.row->rule, .at = std::nullopt, .text = "the manifest no longer has it"}}});
}

}  // namespace

void merge_subscriptions(const Desired& desired, const Situation& situation, Draft& draft) {
  for (const auto& wanted : desired.subscriptions) {
    if (!place_of(*wanted.rule))
      keep_in_force(wanted, desired, draft);
    else if (waits_for_identity(wanted, situation))
      block_for_identity(wanted, draft);
    else if (wanted.row)
      update(wanted, situation, draft);
    else
      instantiate(wanted, situation, draft);
  }
  std::set<ServerId> replaced;
  for (const auto& peer : situation.peers) {
    if (peer.replaced) replaced.insert(peer.replaced->id);
  }
  for (const auto& row : situation.snapshot.subscriptions) {
    if (row.stopped || replaced.contains(row.peer)) continue;  // a replaced peer's end with its old registration
    const auto found = situation.registration_by_id.find(row.peer);
    const state::Registration* registration = found == situation.registration_by_id.end() ? nullptr : found->second;
    const PeerCase* peer = situation.peer(row.peer);
    if (!peer && registration && identity_in_question(*registration, situation)) peer = situation.peer(registration->name);
    if (!peer || !still_asked_for(row, *peer, situation)) uninstantiate(row, peer, registration, draft);
  }
}

}  // namespace ingot::plan
