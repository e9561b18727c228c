#include "reconciler/plan/situation.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/overloaded.hpp"

namespace ingot::plan {

namespace {

template <class Map, class Key>
auto found_in(const Map& map, const Key& key) -> typename Map::mapped_type {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type{} : found->second;
}

/// Another root under a name that is registered, and nothing says that it replaces the old one (R5).
const state::Registration* changed_identity(const PeerEntry& entry, const Situation& situation) {
  if (situation.registration_by_id.contains(entry.card.id)) return nullptr;
  for (const auto& registration : situation.snapshot.registrations) {
    if (registration.name != entry.name || entry.replaces == registration.id) continue;
    // A registered peer that the manifest now calls by another name has only left this name free.
    return situation.peer_by_id.contains(registration.id) ? nullptr : &registration;
  }
  return nullptr;
}

Unknown identity_changed(const PeerEntry& entry, const state::Registration& before) {
  return Unknown{
      .code = Code::untrusted,
      .why = fmt::format("peer \"{}\" was registered with the root {}, and its card now names {}: if that is meant, say "
                         "`replaces = \"{}\"` in its entry",
                         entry.name.text(), before.id.text(), entry.card.id.text(), before.id.text()),
      .detail_code = Code::identity_changed,
      .last = std::nullopt};
}

void look_at(PeerCase& peer, const PeerView& view) {
  std::visit(Overloaded{[&](const PeerCatalog& seen) {
                          if (!seen.catalog) return;
                          peer.sight = Sight::read;
                          peer.head = &seen.head;
                          peer.catalog = seen.catalog;
                          peer.release = seen.release ? &*seen.release : nullptr;
                          peer.remarks = &seen.remarks;
                        },
                        [&](const Settled& seen) {
                          peer.sight = Sight::settled;
                          peer.head = &seen.head;
                          peer.settled = &seen;
                          peer.remarks = &seen.remarks;
                        },
                        [&](const OwnPeer&) { peer.sight = Sight::own; },
                        [&](const RetiredPeer&) {
                          peer.sight = Sight::retired;
                          peer.why = {.code = Code::retired,
                                      .why = fmt::format("the manifest says that peer \"{}\" is retired, so it is not asked",
                                                         peer.name().text()),
                                      .detail_code = Code::none,
                                      .last = std::nullopt};
                        },
                        [&](const Unknown& unknown) { peer.why = unknown; }},
             view);
}

void look_at_peers(Situation& situation) {
  const auto& entries = situation.manifest.peers;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    situation.peer_by_name.emplace(entries[i].name.text(), i);
    situation.peer_by_id.emplace(entries[i].card.id, i);
  }
  for (const auto& registration : situation.snapshot.registrations)
    situation.registration_by_id.emplace(registration.id, &registration);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    PeerCase peer{.entry = &entries[i]};
    peer.why = {.code = Code::unreachable,
                .why = fmt::format("peer \"{}\" was not asked", entries[i].name.text()),
                .detail_code = Code::none,
                .last = {}};
    if (i < situation.observed.peers.size()) look_at(peer, situation.observed.peers[i]);
    if (entries[i].card.id == situation.observed.self) peer.sight = Sight::own;
    peer.registration = found_in(situation.registration_by_id, entries[i].card.id);
    if (entries[i].replaces && !peer.registration) peer.replaced = found_in(situation.registration_by_id, *entries[i].replaces);
    const state::Registration* before =
        peer.sight == Sight::own || peer.sight == Sight::retired ? nullptr : changed_identity(entries[i], situation);
    if (before) {
      peer.changed_from = before;
      peer.why = identity_changed(entries[i], *before);
      peer.sight = Sight::unknown;
      peer.head = nullptr;
      peer.catalog = nullptr;
      peer.remarks = nullptr;
    }
    situation.peers.push_back(std::move(peer));
  }
  for (const auto& copy : situation.manifest.copies) {
    const auto found = situation.peer_by_name.find(copy.peer.text());
    if (found != situation.peer_by_name.end()) situation.peers[found->second].copies.emplace(copy.name.text(), &copy);
  }
}

void look_at_images(Situation& situation) {
  const auto& rows = situation.snapshot.images;
  situation.row_by_key.reserve(rows.size());
  situation.live_by_name.reserve(rows.size());
  situation.live_by_identity.reserve(rows.size());
  for (const auto& row : rows) {
    situation.row_by_key.emplace(row.key, &row);
    if (row.deleted) {
      situation.deleted_by_name[row.name.text()].push_back(&row);
      continue;
    }
    situation.live_by_name.emplace(row.name.folded(), &row);
    if (!row.copy && is_of(AddressKind::copy, row.rule)) situation.taken_over.emplace(row.rule, &row);
    if (row.identity) situation.live_by_identity.emplace(*row.identity, &row);
  }
}

}  // namespace

const CopyEntry* PeerCase::copy_entry(const ImageName& on_peer) const {
  return copies.empty() ? nullptr : found_in(copies, on_peer.text());
}

std::string PeerCase::mend() const {
  if (changed_from)
    return fmt::format("if the new root is right, write `replaces = \"{}\"` in its entry; if not, restore its old card",
                       changed_from->id.text());
  if (why.code == Code::untrusted) return "a human must find out why it is untrusted; nothing is copied from it until then";
  if (why.code == Code::expired) return "its owner must publish a new head";
  return why.mend.empty() ? "run \"ingot apply\" again when the peer answers" : why.mend;
}

const PeerCase* Situation::peer(const ServerName& name) const {
  const auto found = peer_by_name.find(name.text());
  return found == peer_by_name.end() ? nullptr : &peers[found->second];
}

const PeerCase* Situation::peer(const ServerId& id) const {
  const auto found = peer_by_id.find(id);
  return found == peer_by_id.end() ? nullptr : &peers[found->second];
}

const state::ImageRow* Situation::bearer(const ImageName& name) const { return found_in(live_by_name, name.folded()); }

const state::ImageRow* Situation::live(const ImageName& name) const {
  const state::ImageRow* row = bearer(name);
  return row && row->name == name ? row : nullptr;
}

const LocalImage* Situation::local(const ImageName& name) const { return found_in(local_by_name, name.folded()); }

Situation survey(const Manifest& manifest, const state::Snapshot& snapshot, const Observed& observed) {
  Situation situation{.manifest = manifest, .snapshot = snapshot, .observed = observed};
  look_at_peers(situation);
  look_at_images(situation);
  for (const auto& image : observed.damaged) situation.damaged.push_back(&image);
  for (const auto& image : manifest.images) situation.local_by_name.emplace(image.name.folded(), &image);
  for (const auto& series : manifest.series) {
    for (const auto& name : series.images) situation.series_listing[name.text()].push_back(&series);
  }
  for (const auto& type : snapshot.types) situation.type_by_name.emplace(type.name.folded(), &type);
  return situation;
}

}  // namespace ingot::plan
