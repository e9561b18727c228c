#include "reconciler/command/questions/query_rows.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "reconciler/site/find_image.hpp"

namespace ingot::command {

namespace {

std::vector<show::ShownType> builtin_rows(const std::map<TypeName, std::uint64_t>& images) {
  std::vector<show::ShownType> rows;
  for (const auto& type : builtin_types()) {
    const auto count = images.find(type);
    rows.push_back({.name = type, .base = std::nullopt, .managed = false, .images = count == images.end() ? 0 : count->second});
  }
  return rows;
}

/// What the peer is called now: it may have been renamed since.
ServerName name_now(const state::SubscriptionRow& row, const std::vector<state::Registration>& registrations) {
  const auto peer = std::find_if(registrations.begin(), registrations.end(),
                                 [&](const state::Registration& one) { return one.id == row.peer; });
  return peer == registrations.end() ? row.peer_name : peer->name;
}

std::string why_blocked(const state::SubscriptionRow& row, const ServerName& name, const site::LastPlan& last) {
  const auto blocked = last.blocked.find(subscription_address(name, row.selector).text);
  if (blocked != last.blocked.end()) return blocked->second;
  const auto peer = last.peers.find(row.peer);
  return peer == last.peers.end() || peer->second.status == Code::ok
             ? ""
             : fmt::format("its peer is {}", text_of(peer->second.status));
}

}  // namespace

std::vector<show::ShownSeries> series_rows(const state::Snapshot& snapshot) {
  std::set<state::ImageKey> withdrawn;
  for (const auto& image : snapshot.images) {
    if (site::is_withdrawn(image)) withdrawn.insert(image.key);
  }
  std::vector<show::ShownSeries> rows;
  for (const auto& series : snapshot.series) {
    show::ShownSeries row{.name = series.name, .images = {}, .follows = series.follow};
    for (const auto& member : series.members) {
      row.images.push_back(member.name);
      if (withdrawn.contains(member.image)) row.withdrawn.insert(member.name);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<show::ShownSeries> series_of(const Catalog& catalog) {
  std::unordered_map<ImageIdentity, const ImageEntry*> by_identity;
  for (const auto& image : catalog.images) by_identity.emplace(image.identity, &image);
  std::vector<show::ShownSeries> rows;
  for (const auto& series : catalog.series) {
    show::ShownSeries row{.name = series.name, .images = {}, .follows = std::nullopt};
    for (const auto& member : series.members) {
      const auto image = by_identity.find(member.image);
      if (image == by_identity.end()) continue;
      row.images.push_back(image->second->name);
      if (image->second->state() == ImageState::withdrawn) row.withdrawn.insert(image->second->name);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<show::ShownType> type_rows(const state::Snapshot& snapshot) {
  std::map<TypeName, std::uint64_t> images;
  for (const auto& image : snapshot.images) {
    if (!image.deleted) ++images[image.type];
  }
  std::vector<show::ShownType> rows = builtin_rows(images);
  for (const auto& type : snapshot.types)
    rows.push_back({.name = type.name, .base = type.base, .managed = type.managed, .images = type.images});
  return rows;
}

std::vector<show::ShownType> types_of(const Catalog& catalog) {
  std::map<TypeName, std::uint64_t> images;
  for (const auto& image : catalog.images) ++images[image.type];
  std::vector<show::ShownType> rows = builtin_rows(images);
  for (const auto& type : catalog.types)
    rows.push_back({.name = type.name, .base = type.base, .managed = std::nullopt, .images = images[type.name]});
  for (auto& row : rows) row.managed = std::nullopt;
  return rows;
}

std::vector<show::ShownSubscription> subscription_rows(const state::Snapshot& snapshot, const site::LastPlan& last) {
  std::vector<show::ShownSubscription> rows;
  for (const auto& row : snapshot.subscriptions) {
    if (row.stopped) continue;
    const ServerName name = name_now(row, snapshot.registrations);
    rows.push_back({.peer = name,
                    .selector = row.selector,
                    .baseline = row.baseline,
                    .since = row.since,
                    .instantiated = row.instantiated,
                    .copies = row.copies,
                    .blocked = why_blocked(row, name, last)});
  }
  return rows;
}

bool touched(const state::State& state, const state::RunRecord& run, const std::string& name) {
  const auto whole = state.run(run.start.id);
  return whole && std::any_of(whole->actions.begin(), whole->actions.end(), [&](const state::ActionRecord& action) {
           return action.address.text == name || action.address.text.ends_with("." + name);
         });
}

}  // namespace ingot::command
