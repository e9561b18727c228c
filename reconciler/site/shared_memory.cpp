#include "reconciler/site/shared_memory.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::site {

namespace {

/// Epoch and serial; nullopt: it is no head.
std::optional<std::pair<std::uint64_t, Serial>> place_of_head(const std::string& bytes) {
  const auto envelope = parse_envelope(bytes);
  const auto* const opened = std::get_if<Envelope>(&envelope);
  if (opened == nullptr) return std::nullopt;
  const auto parsed = parse_head(opened->payload);
  const auto* const head = std::get_if<Head>(&parsed);
  return head == nullptr ? std::nullopt : std::optional(std::pair(head->epoch, head->serial));
}

bool is_newer(const std::string& head, const std::string& other) { return place_of_head(head) > place_of_head(other); }

std::string kept_bytes(io::PeerMemory& memory, const ServerId& id) {
  const auto kept = memory.head(id);
  return kept ? kept->bytes : "";
}

void learn_evidence(const state::KnownToAll& known, io::PeerMemory& memory) {
  const bool here = memory.has_evidence(known.id);
  const bool shared = memory.is_evidence_shared(known.id);
  if (known.evidence.empty()) {
    if (here && shared) memory.set_evidence_aside(known.id);
    if (shared) memory.mark_evidence_shared(known.id, false);
  } else if (!here && !shared) {
    memory.take_evidence(known.id, known.evidence);
    memory.mark_evidence_shared(known.id, true);
  }
}

/// What all know of a peer, once they know what this machine does.
state::KnownToAll told_of(state::KnownToAll known, io::PeerMemory& memory) {
  const auto kept = memory.head(known.id);
  if (kept && is_newer(kept->bytes, known.head)) {
    known.head = kept->bytes;
    known.url = kept->url;
    known.fetched = kept->fetched;
  }
  const bool here = memory.has_evidence(known.id);
  const bool shared = memory.is_evidence_shared(known.id);
  if (here && !shared && known.evidence.empty()) known.evidence = memory.evidence(known.id);
  if (!here && shared) known.evidence.clear();  // a human has looked at it, and removed it
  return known;
}

void tell_floor(const ServerId& id, state::State& state, io::PeerMemory& memory) {
  const auto beside = memory.floor(id);
  const auto known = state.floor(id);
  if (beside && (!known || std::tie(known->epoch, known->serial) < std::tie(beside->epoch, beside->serial)))
    state.raise_floor(*beside);
}

state::KnownToAll of(const ServerId& id, const std::vector<state::KnownToAll>& all) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const state::KnownToAll& one) { return one.id == id; });
  return found == all.end() ? state::KnownToAll{.id = id} : *found;
}

}  // namespace

void learn_of_peers(const state::State& state, io::PeerMemory& memory) {
  if (!state.is_shared()) return;
  for (const state::KnownToAll& known : state.known_to_all()) {
    if (is_newer(known.head, kept_bytes(memory, known.id)))
      memory.keep_head(known.id, {.bytes = known.head, .url = known.url, .fetched = known.fetched});
    learn_evidence(known, memory);
  }
}

void tell_of_peers(Site& site) {
  if (!site.state.is_shared()) return;
  const auto before = site.state.known_to_all();
  std::vector<state::KnownToAll> news;
  std::vector<ServerId> contradicted;
  for (const PeerEntry& peer : site.manifest.peers) {
    const ServerId& id = peer.card.id;
    if (id == site.state.self()) continue;
    tell_floor(id, site.state, site.memory);
    const state::KnownToAll known = of(id, before);
    const state::KnownToAll now = told_of(known, site.memory);
    if (!now.evidence.empty() && !site.memory.is_evidence_shared(id)) contradicted.push_back(id);
    if (now != known) news.push_back(now);
  }
  site.state.make_known_to_all(news);
  for (const ServerId& id : contradicted) site.memory.mark_evidence_shared(id, true);
}

std::vector<state::KnownToAll> all_known(state::State& state, io::PeerMemory& memory) {
  const auto before = state.known_to_all();
  std::vector<state::KnownToAll> all;
  for (const ServerId& id : memory.servers()) {
    tell_floor(id, state, memory);
    all.push_back(told_of(of(id, before), memory));
  }
  return all;
}

void carry_memory(io::PeerMemory& from, io::PeerMemory& to) {
  for (const ServerId& id : from.servers()) {
    if (const auto record = from.floor_record(id)) to.raise_floor(record->floor, record->head_envelope);
    const auto kept = from.head(id);
    if (kept && is_newer(kept->bytes, kept_bytes(to, id))) to.keep_head(id, *kept);
    if (from.has_evidence(id)) to.take_evidence(id, from.evidence(id));
  }
  for (const auto* const memory : {&from, &to}) {
    if (const auto trouble = memory->trouble())
      throw Error(Fault::local, *trouble, "mend that, and run again; nothing was moved");
  }
}

}  // namespace ingot::site
