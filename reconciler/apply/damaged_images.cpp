#include "reconciler/apply/damaged_images.hpp"

#include <map>
#include <set>

namespace ingot {
namespace {

/// Under the name that the peer has here now.
Address address_of(const ImageRow& row, const std::map<ServerId, ServerName>& peers) {
  if (!row.copy || !row.identity) return image_address(row.name);
  const auto peer = peers.find(row.identity->origin);
  return copy_address(peer != peers.end() ? peer->second : row.copied_from.value_or(row.origin_name), row.identity->name);
}

template <class Holds>
std::vector<DamagedImage> damaged_among(const std::set<Digest>& digests, const State& state, const Store& store, Holds holds) {
  if (digests.empty()) return {};
  std::vector<ImageRow> rows;
  for (ImageRow& row : state.snapshot().images) {
    if (digests.contains(row.digest) && holds(row)) rows.push_back(std::move(row));
  }
  return damaged_images(state, store, rows);
}

std::vector<DamagedImage> offered_among(const std::set<Digest>& digests, const State& state, const Store& store, bool publish_copies) {
  return damaged_among(digests, state, store, [publish_copies](const ImageRow& row) { return !row.is_private && (publish_copies || !row.copy); });
}

}  // namespace

std::vector<DamagedImage> damaged_images(const State& state, const Store& store, const std::vector<ImageRow>& rows) {
  std::map<ServerId, ServerName> peers;
  for (const Registration& peer : state.registrations()) peers.emplace(peer.id, peer.name);
  std::vector<DamagedImage> found;
  for (const ImageRow& row : rows) {
    if (row.deleted) continue;
    const auto object = state.object(row.digest);
    const DamagedImage image{.address = address_of(row, peers), .name = row.name, .copy = row.copy, .path = "", .why = "the state does not know its bytes"};
    if (!object) {
      found.push_back(image);
      continue;
    }
    for (const Damage& damage : store.lacks(object->packed)) {
      found.push_back(image);
      found.back().path = damage.path;
      found.back().why = damage.why;
    }
  }
  return found;
}

std::vector<DamagedImage> all_damaged_images(const State& state, const Store& store) {
  std::set<Digest> digests;
  state.each_object([&](const ObjectRow& object) {
    if (!store.has(object.packed)) digests.insert(object.digest);
  });
  return damaged_among(digests, state, store, [](const ImageRow&) { return true; });
}

std::vector<DamagedImage> damaged_public_images(const State& state, const Store& store, bool publish_copies) {
  std::set<Digest> digests;
  state.each_public_object(publish_copies, [&](const ObjectRow& object) {
    if (!store.has(object.packed)) digests.insert(object.digest);
  });
  return offered_among(digests, state, store, publish_copies);
}

std::vector<DamagedImage> damaged_left_out(const State& state, const Store& store, bool publish_copies) {
  return offered_among(store.left_out(), state, store, publish_copies);
}

}  // namespace ingot
