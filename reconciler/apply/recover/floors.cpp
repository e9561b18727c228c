#include "reconciler/apply/recover/floors.hpp"

#include <algorithm>
#include <tuple>

#include "reconciler/trust/verify.hpp"

namespace ingot::apply {
namespace {

bool is_below(const std::optional<Floor>& floor, const plan::SeenHead& head) {
  return !floor || std::tie(floor->epoch, floor->serial) < std::tie(head.epoch, head.serial);
}

}  // namespace

void raise_floors(const plan::SeenHead& head, state::State& state, io::PeerMemory& memory) {
  const std::optional<Floor> beside = memory.floor(head.id);
  const Floor floor{.id = head.id,
                    .epoch = head.epoch,
                    .serial = head.serial,
                    .head = head.digest,
                    .root_version = beside ? std::max(beside->root_version, head.root_version) : head.root_version,
                    .issued = head.issued};
  if (is_below(state.floor(head.id), head)) state.raise_floor(floor);
  if (!is_below(beside, head)) return;
  const std::optional<io::CachedHead> cached = memory.head(head.id);
  const bool same = cached && trust::head_digest(cached->bytes) == head.digest;
  memory.raise_floor(floor, same ? cached->bytes : std::string());
}

void keep_seen(const std::vector<plan::SeenHead>& heads, state::State& state, io::PeerMemory& memory, Time now) {
  state::Effects newer;
  const std::vector<state::Registration> registered = state.registrations();
  for (const plan::SeenHead& head : heads) {
    raise_floors(head, state, memory);
    const bool is_newer = std::any_of(registered.begin(), registered.end(), [&head](const state::Registration& peer) {
      return peer.id == head.id && peer.head != head.digest;
    });
    if (is_newer) newer.push_back(state::SeenPeer{.id = head.id, .serial = head.serial, .head = head.digest, .seen = now});
  }
  if (!newer.empty()) state.record(newer);
}

}  // namespace ingot::apply
