#include "reconciler/apply/upkeep/damaged_images.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "state/image_address.hpp"

namespace ingot::apply {
namespace {

template <class Holds>
std::vector<plan::DamagedImage> damaged_among(const std::set<Digest>& digests, const state::State& state,
                                              const store::Store& store, Holds holds) {
  std::vector<state::ImageRow> rows;
  for (const Digest& digest : digests) {
    for (state::ImageRow& row : state.live_images_of(digest)) {
      if (holds(row)) rows.push_back(std::move(row));
    }
  }
  std::sort(rows.begin(), rows.end(),
            [](const state::ImageRow& one, const state::ImageRow& other) { return one.name < other.name; });
  return damaged_images(state, store, rows);
}

std::vector<plan::DamagedImage> offered_among(const std::set<Digest>& digests, const state::State& state,
                                              const store::Store& store, bool publish_copies) {
  return damaged_among(digests, state, store,
                       [publish_copies](const state::ImageRow& row) { return !row.is_private && (publish_copies || !row.copy); });
}

}  // namespace

std::vector<plan::DamagedImage> damaged_images(const state::State& state, const store::Store& store,
                                               const std::vector<state::ImageRow>& rows) {
  if (rows.empty()) return {};
  const state::PeerNames peers = state::peer_names(state.registrations());
  const std::set<Digest> left_out = store.left_out();
  std::vector<plan::DamagedImage> found;
  for (const state::ImageRow& row : rows) {
    if (row.deleted) continue;
    const auto object = state.object(row.digest);
    if (!object) continue;  // no row is without its object
    for (store::Damage& damage : store.lacks(object->packed)) {
      found.push_back({.address = state::present_address(row, peers),
                       .name = row.name,
                       .copy = row.copy,
                       .path = std::move(damage.path),
                       .why = std::move(damage.why),
                       .key = row.key,
                       .digest = row.digest,
                       .left_out = left_out.contains(row.digest)});
    }
  }
  return found;
}

std::vector<plan::DamagedImage> all_damaged_images(const state::State& state, const store::Store& store) {
  std::set<Digest> digests;
  state.each_object([&](const state::ObjectRow& object) {
    if (!store.lacks(object.packed).empty()) digests.insert(object.digest);
  });
  return damaged_among(digests, state, store, [](const state::ImageRow&) { return true; });
}

std::vector<plan::DamagedImage> damaged_public_images(const state::State& state, const store::Store& store, bool publish_copies) {
  std::set<Digest> digests;
  state.each_public_object(publish_copies, [&](const state::ObjectRow& object) {
    if (!store.lacks(object.packed).empty()) digests.insert(object.digest);
  });
  return offered_among(digests, state, store, publish_copies);
}

std::vector<plan::DamagedImage> damaged_left_out(const state::State& state, const store::Store& store, bool publish_copies) {
  return offered_among(store.left_out(), state, store, publish_copies);
}

}  // namespace ingot::apply
