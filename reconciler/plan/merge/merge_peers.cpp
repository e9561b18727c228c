// Registrations: which peers to register, to update and to unregister (R3, R5, R19).
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

std::string why_updated(const PeerCase& peer, const state::Registration& registration) {
  std::vector<std::string> changes;
  if (registration.name != peer.name())
    changes.push_back(fmt::format("name: {} → {}", registration.name.text(), peer.name().text()));
  if (registration.own_name != peer.entry->card.name) {
    changes.push_back(fmt::format("name in its card: {} → {}", registration.own_name.text(), peer.entry->card.name.text()));
  }
  if (registration.urls != peer.entry->urls) {
    const auto joined = [](const std::vector<std::string>& urls) { return fmt::format("{}", fmt::join(urls, " ")); };
    changes.push_back(fmt::format("URLs: {} → {}", joined(registration.urls), joined(peer.entry->urls)));
  }
  return listed(changes);
}

Reason reason(const PeerCase& peer, Code code, std::string text) {
  return {.code = code, .rule = peer_address(peer.name()).text, .at = peer.entry->at, .text = std::move(text)};
}

void block_unknown(const PeerCase& peer, Verb verb, Draft& draft) {
  if (peer.is_away()) return;  // a note says so
  draft.blocked.push_back(
      {.address = peer_address(peer.name()),
       .verb = verb,
       .code = Code::peer_unknown,
       .text = fmt::format("peer \"{}\" is {}, so it cannot be verified", peer.name().text(), text_of(peer.why.code)),
       .mend = peer.mend(),
       .at = peer.entry->at});
}

void block_changed_identity(const PeerCase& peer, Draft& draft) {
  draft.blocked.push_back({.address = peer_address(peer.name()),
                           .verb = Verb::update,
                           .code = Code::identity_changed,
                           .text = fmt::format("peer \"{}\" was registered with the root {}, and its card now names {}",
                                               peer.name().text(), peer.changed_from->id.text(), peer.id().text()),
                           .mend = peer.mend(),
                           .at = peer.entry->at});
}

void update_peer(const PeerCase& peer, const state::Registration& before, Draft& draft) {
  const bool replaces = before.id != peer.id();
  const std::string text =
      replaces ? fmt::format("its entry says that it replaces the root {}", before.id.text()) : why_updated(peer, before);
  if (text.empty()) return;
  if (replaces && peer.sight == Sight::unknown) return block_unknown(peer, Verb::update, draft);
  UpdatePeer action{.peer = peer.name(),
                    .previous_name = before.name,
                    .card = peer.entry->card,
                    .urls = peer.entry->urls,
                    .replaces = replaces ? std::optional(before.id) : std::nullopt,
                    .head = peer.head ? std::optional(*peer.head) : std::nullopt};
  draft.add({.change = change_of(peer_address(peer.name()), std::move(action), {reason(peer, Code::changed, text)}),
             .phase = Phase::peers});
}

void register_peer(const PeerCase& peer, Draft& draft) {
  if (!peer.head) return block_unknown(peer, Verb::register_, draft);
  RegisterPeer action{.peer = peer.name(), .card = peer.entry->card, .urls = peer.entry->urls, .head = *peer.head};
  draft.add({.change = change_of(
                 peer_address(peer.name()), std::move(action),
                 {reason(peer, Code::new_, fmt::format("its head at serial {} verifies against its card", peer.head->serial))}),
             .phase = Phase::peers});
}

/// Its registration stays, with another name if the manifest gives it one; nothing takes its head to do that.
void merge_retired(const PeerCase& peer, const Situation& situation, Draft& draft) {
  const auto& rules = situation.manifest.subscriptions;
  const auto count = static_cast<std::uint64_t>(
      std::count_if(rules.begin(), rules.end(), [&](const SubscriptionEntry& rule) { return rule.peer == peer.name(); }));
  draft.notes.push_back({Code::retired, peer_address(peer.name()).text,
                         fmt::format("it is retired and not asked; its copies stay{}",
                                     count == 0 ? ""
                                                : fmt::format(", and {} to it {} nothing", counted(count, "subscription"),
                                                              count == 1 ? "brings" : "bring"))});
  if (peer.registration) update_peer(peer, *peer.registration, draft);
}

void merge_peer(const PeerCase& peer, const Situation& situation, Draft& draft) {
  if (peer.sight == Sight::retired) return merge_retired(peer, situation, draft);
  if (peer.sight == Sight::own) {
    draft.notes.push_back(
        {Code::own_peer, peer_address(peer.name()).text, "it is this server: the entry and its subscriptions are skipped"});
    return;
  }
  if (peer.settled) draft.notes.insert(draft.notes.end(), peer.settled->notes.begin(), peer.settled->notes.end());
  if (peer.changed_from) return block_changed_identity(peer, draft);
  const state::Registration* before = peer.registration ? peer.registration : peer.replaced;
  if (before)
    update_peer(peer, *before, draft);
  else
    register_peer(peer, draft);
}

/// The peer that is registered under the name that `peer` takes, and that the manifest calls otherwise now.
const PeerCase* leaves_name_to(const PeerCase& peer, const Situation& situation) {
  for (const auto& other : situation.peers) {
    if (&other != &peer && other.registration && other.registration->name == peer.name()) return &other;
  }
  return nullptr;
}

/// A name must be free before another peer takes it; names that go round in a circle cannot be given in one run.
void order_names(const Situation& situation, Draft& draft) {
  for (auto& one : draft.changes) {
    if (one.phase != Phase::peers) continue;
    const PeerCase* peer = nullptr;
    for (const auto& each : situation.peers) {
      if (peer_address(each.name()) == one.change.address) peer = &each;
    }
    const PeerCase* leaver = peer ? leaves_name_to(*peer, situation) : nullptr;
    if (leaver) draft.wait_for(one.change, peer_address(leaver->name()));
  }
}

bool goes_round(const PeerCase& peer, const Situation& situation) {
  const PeerCase* next = leaves_name_to(peer, situation);
  for (std::size_t steps = 0; next && steps <= situation.peers.size(); ++steps) {
    if (next == &peer) return true;
    next = leaves_name_to(*next, situation);
  }
  return false;
}

}  // namespace

bool identity_in_question(const state::Registration& registration, const Situation& situation) {
  const PeerCase* bearer = situation.peer(registration.name);
  return bearer && !bearer->registration && bearer->replaced != &registration && !situation.peer(registration.id);
}

void note_unknown_peers(const Situation& situation, Draft& draft) {
  for (const auto& peer : situation.peers) {
    if (peer.is_away())
      draft.notes.push_back({Code::offline, peer_address(peer.name()).text, fmt::format("it is unreachable: {}", peer.why.why)});
    else if (peer.sight == Sight::unknown)
      draft.unknown.push_back({.peer = peer.name(), .code = peer.why.code, .text = peer.why.why, .at = peer.entry->at});
  }
}

void note_remarks(const Situation& situation, Draft& draft) {
  for (const auto& peer : situation.peers) {
    if (peer.remarks == nullptr) continue;
    for (const auto& remark : *peer.remarks) {
      const Address address = peer_address(peer.name());
      if (!remark.incomplete) {
        draft.notes.push_back({.code = remark.code, .address = address.text, .text = remark.text});
        continue;
      }
      draft.blocked.push_back({.address = address,
                               .verb = Verb::update,
                               .code = remark.code,
                               .text = remark.text,
                               .mend = remark.mend,
                               .at = peer.entry->at});
    }
  }
}

void merge_peers(const Situation& situation, Draft& draft) {
  for (const auto& peer : situation.peers) {
    if (peer.registration && goes_round(peer, situation)) {
      draft.blocked.push_back(
          {.address = peer_address(peer.name()),
           .verb = Verb::update,
           .code = Code::name_in_use,
           .text = fmt::format("it cannot be renamed to \"{}\": another peer still has that name, and the manifest exchanges the "
                               "names",
                               peer.name().text()),
           .mend = "give one of these peers an unused name, run \"ingot apply\", then give all of them their final names",
           .at = peer.entry->at});
    } else {
      merge_peer(peer, situation, draft);
    }
  }
  order_names(situation, draft);
}

void merge_dropped_peers(const Situation& situation, Draft& draft) {
  std::set<ServerId> replaced;
  for (const auto& peer : situation.peers) {
    if (peer.replaced) replaced.insert(peer.replaced->id);
  }
  for (const auto& registration : situation.snapshot.registrations) {
    if (situation.peer(registration.id) || replaced.contains(registration.id) || identity_in_question(registration, situation))
      continue;
    Change change = change_of(peer_address(registration.name), UnregisterPeer{.peer = registration.name, .id = registration.id},
                              {{.code = Code::dropped,
                                .rule = peer_address(registration.name).text,
                                .at = std::nullopt,
                                .text = "the manifest no longer has it; its copies and its trust floor stay"}});
    for (const auto& other : draft.changes) {
      const auto* stop = std::get_if<Uninstantiate>(&other.change.action);
      if (stop && stop->id == registration.id) change.after.push_back(other.change.address);
    }
    draft.add({.change = std::move(change), .phase = Phase::unregistrations});
  }
}

}  // namespace ingot::plan
