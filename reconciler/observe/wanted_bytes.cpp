#include "reconciler/observe/wanted_bytes.hpp"

#include <algorithm>
#include <set>

#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/observe/cached_catalog.hpp"
#include "reconciler/plan/make_plan.hpp"

namespace ingot::observe {

namespace {

std::vector<plan::PeerView> remembered_views(site::Site& site) {
  std::vector<plan::PeerView> views;
  for (const auto& peer : site.manifest.peers) {
    if (peer.card.id == site.state.self()) {
      views.emplace_back(plan::OwnPeer{});
      continue;
    }
    if (peer.retired) {
      views.emplace_back(plan::RetiredPeer{});
      continue;
    }
    auto cached = cached_catalog(site.memory, peer.card.id);
    if (cached)
      views.emplace_back(plan::PeerCatalog{std::move(cached->head), std::move(cached->catalog)});
    else
      views.emplace_back(plan::Unknown{
          .code = Code::unreachable, .why = "nothing is known of it", .detail_code = Code::none, .last = std::nullopt});
  }
  return views;
}

/// A copy that only waits for something: a name that is taken, a type that is missing.
void add_blocked_copies(const plan::Plan& plan, const Manifest& manifest, const std::vector<plan::PeerView>& views,
                        std::unordered_set<Digest>& wanted) {
  std::set<Address> blocked;
  for (const auto& one : plan.blocked) {
    if (one.verb == Verb::copy) blocked.insert(one.address);
  }
  if (blocked.empty()) return;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto* const seen = std::get_if<plan::PeerCatalog>(&views[i]);
    if (seen == nullptr) continue;
    for (const auto& image : seen->catalog->images) {
      if (image.identity.origin == seen->head.id && blocked.contains(copy_address(manifest.peers[i].name, image.identity.name)))
        wanted.insert(image.digest);
    }
  }
}

/// R18: the bytes of a deleted image that bears a name of the manifest bring it back.
void add_put_back(const Manifest& manifest, const state::Snapshot& snapshot, std::unordered_set<Digest>& wanted) {
  std::set<ImageName> named;
  for (const auto& image : manifest.images) named.insert(image.name);
  for (const auto& row : snapshot.images) {
    if (row.deleted && !row.copy && named.contains(row.name)) wanted.insert(row.digest);
  }
}

}  // namespace

apply::WantedBytes wanted_bytes(site::Site& site, Time now) {
  const std::vector<plan::PeerView> views = remembered_views(site);
  const state::Snapshot snapshot = site.state.snapshot();
  const plan::Observed observed{
      .now = now, .self = site.state.self(), .peers = views, .sources = {}, .disk = {}, .objects = {}, .publish_again = ""};
  const auto made =
      plan::make_plan(site.manifest, snapshot, observed, {.raise_removals = {}, .raise_stops = {}, .allow_empty = true});
  const auto& plan = std::get<plan::Plan>(made);
  apply::WantedBytes wanted;
  wanted.complete = std::none_of(views.begin(), views.end(),
                                 [](const plan::PeerView& view) { return std::holds_alternative<plan::Unknown>(view); });
  for (const auto& change : plan.actions) {
    if (const auto* const copy = std::get_if<plan::CopyImage>(&change.action)) wanted.digests.insert(copy->entry->digest);
    if (const plan::Transfer* const transfer = plan::transfer_of(change.action)) {
      for (const plan::DeltaStep& step : transfer->steps) wanted.digests.insert(step.file.digest);
    }
  }
  add_blocked_copies(plan, site.manifest, views, wanted.digests);
  add_put_back(site.manifest, snapshot, wanted.digests);
  for (const auto& image : apply::all_damaged_images(site.state, site.store))
    wanted.digests.insert(image.digest);  // a repair may be under way
  return wanted;
}

}  // namespace ingot::observe
