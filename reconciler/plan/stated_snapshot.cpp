#include "reconciler/plan/stated_snapshot.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "state/image_rows.hpp"

namespace ingot::plan {

namespace {

using RowsByName = std::map<std::string, state::ImageRow*, std::less<>>;  ///< living ones, by folded name

state::ImageRow row_of(const ImageEntry& entry, bool copy) {
  state::ImageRow row = state::listed_row(entry.name, entry);
  row.copy = copy;
  row.copied_from = entry.copied_from;
  row.state = entry.state();
  row.reason = entry.reason;
  row.was_public = true;
  row.managed = !copy;
  if (copy) row.parent_identity = entry.parent;
  row.created = entry.listed;
  return row;
}

state::ImageRow row_of(const ImageTombstone& tombstone, const ServerName& server) {
  state::ImageRow row = state::blank_row(tombstone.identity.name, server);
  row.identity = tombstone.identity;
  row.digest = tombstone.digest;
  row.type = tombstone.type;
  row.was_public = true;
  row.deleted = true;
  row.created = tombstone.identity.created;
  return row;
}

/// As the manifest has it: nothing is to be done for it.
state::ImageRow assumed_row(const LocalImage& image, const ServerName& server) {
  state::ImageRow row = state::declared_row(image, server);
  if (image.digest) row.digest = *image.digest;
  if (image.parent) row.parent_name = image.parent->text();
  return row;
}

void add_said(state::ImageRow& row, const StatedImage& said) {
  row.managed = said.managed;
  row.protect = said.protect;
  if (said.parent) row.parent_name = said.parent->text();
  row.withdrawn_by_origin = said.under_withdrawal.has_value();
  if (said.under_withdrawal) row.state = *said.under_withdrawal;
  row.unwanted_since = said.unwanted_since;
  row.rule = said.rule;
}

class SnapshotMaking {
 public:
  SnapshotMaking(const PeerCatalog& server, const Manifest& manifest) : server_(server), manifest_(manifest) {}

  std::variant<StatedSnapshot, std::string> all() {
    state::Snapshot& snapshot = made_.snapshot;
    snapshot.published_serial = snapshot.reserved_serial = server_.head.serial;
    snapshot.head_expires = server_.head.expires;
    snapshot.scope.publish_copies = manifest_.server.publish_copies;
    add_images();
    for (const auto& said : server_.stated->images) {
      if (!describe(said)) return fmt::format("it names an image \"{}\", which the catalog does not have", said.name.text());
    }
    add_peers();
    add_types();
    add_series();
    return std::move(made_);
  }

 private:
  void add_images() {
    auto& rows = made_.snapshot.images;
    std::set<std::string> known;
    for (const auto& entry : server_.catalog->images) {
      rows.push_back(row_of(entry, entry.identity.origin != server_.head.id));
      known.insert(entry.name.folded());
    }
    for (const auto& image : manifest_.images) {
      if (!image.is_private || known.contains(image.name.folded())) continue;
      rows.push_back(assumed_row(image, manifest_.server.name));
      ++made_.assumed;
    }
    made_.snapshot.images_total = rows.size();
    for (const auto& tombstone : server_.catalog->deleted) rows.push_back(row_of(tombstone, server_.head.own_name));
    std::sort(rows.begin(), rows.end(), [](const state::ImageRow& one, const state::ImageRow& other) {
      return std::tie(one.name, other.deleted, one.created) < std::tie(other.name, one.deleted, other.created);
    });
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].key = static_cast<state::ImageKey>(i) + 1;
      if (!rows[i].deleted) live_.emplace(rows[i].name.folded(), &rows[i]);
    }
    add_private_parents();
  }

  state::ImageRow* live(const ImageName& name) const {
    const auto found = live_.find(name.folded());
    return found == live_.end() || found->second->name != name ? nullptr : found->second;
  }

  /// Of a parent that is private nothing is said; one that the manifest makes public is not known at all.
  void add_private_parents() {
    for (const auto& image : manifest_.images) {
      state::ImageRow* row = image.parent ? live(image.name) : nullptr;
      if (row == nullptr) continue;
      const state::ImageRow* parent = live(*image.parent);
      if (parent != nullptr ? parent->is_private : declares_public(*image.parent)) row->parent_name = image.parent->text();
    }
  }

  bool describe(const StatedImage& said) {
    state::ImageRow* row = live(said.name);
    if (row == nullptr || row->is_private) return false;
    const std::string private_parent = said.parent ? "" : row->parent_name;
    add_said(*row, said);
    if (!private_parent.empty()) row->parent_name = private_parent;
    if (const state::ImageRow* parent = said.parent_now ? live(*said.parent_now) : nullptr) row->parent = parent->key;
    return true;
  }

  void add_peers() {
    state::Snapshot& snapshot = made_.snapshot;
    for (const auto& one : server_.stated->peers) {
      snapshot.registrations.push_back({.name = one.name,
                                        .own_name = one.own_name,
                                        .id = one.id,
                                        .urls = one.urls,
                                        .serial = 0,
                                        .head = {},
                                        .registered = {},
                                        .seen = {}});
    }
    for (const auto& one : server_.stated->subscriptions) {
      snapshot.subscriptions.push_back({.peer = one.peer,
                                        .peer_name = one.peer_name,
                                        .selector = one.selector,
                                        .baseline = one.baseline,
                                        .since = one.since,
                                        .options = one.options,
                                        .rule = one.rule,
                                        .instantiated = {},
                                        .stopped = one.stopped,
                                        .copies = 0});
    }
  }

  std::uint64_t images_of(const TypeName& type) const {
    const auto& rows = made_.snapshot.images;
    return static_cast<std::uint64_t>(
        std::count_if(rows.begin(), rows.end(), [&](const state::ImageRow& row) { return !row.deleted && row.type == type; }));
  }

  bool declares_public_of(const TypeName& type) const {
    const auto& images = manifest_.images;
    return std::any_of(images.begin(), images.end(), [&](const LocalImage& one) { return !one.is_private && one.type == type; });
  }
  bool declares_public(const ImageName& name) const {
    const auto& images = manifest_.images;
    return std::any_of(images.begin(), images.end(), [&](const LocalImage& one) { return !one.is_private && one.name == name; });
  }

  /// Of a type that the catalog does not show nothing is said: one of which the manifest has a public image is new, else it is
  /// there.
  void add_types() {
    auto& types = made_.snapshot.types;
    for (const auto& one : server_.stated->types)
      types.push_back({.name = one.name, .base = one.base, .managed = one.managed, .images = images_of(one.name)});
    for (const auto& declared : manifest_.types) {
      if (std::any_of(types.begin(), types.end(),
                      [&](const state::TypeRow& one) { return one.name.folded() == declared.name.folded(); }))
        continue;
      const std::uint64_t users = images_of(declared.name);  // private ones alone
      if (users == 0 && declares_public_of(declared.name)) continue;
      types.push_back({.name = declared.name, .base = declared.base, .managed = true, .images = users});
      ++made_.assumed_types;
    }
    std::sort(types.begin(), types.end(),
              [](const state::TypeRow& one, const state::TypeRow& other) { return one.name < other.name; });
  }

  std::vector<state::SeriesMemberRow> shown_members(const SeriesName& name) const {
    std::vector<state::SeriesMemberRow> members;
    for (const auto& series : server_.catalog->series) {
      if (series.name != name) continue;
      for (const auto& member : series.members) {
        const auto found = by_identity_.find(member.image);
        if (found != by_identity_.end()) members.push_back({.image = found->second->key, .name = found->second->name});
      }
    }
    return members;
  }

  /// The declared members that are here, in their order.
  std::vector<state::SeriesMemberRow> declared_members(const SeriesDeclaration& series, bool with_private) const {
    std::vector<state::SeriesMemberRow> members;
    std::set<ImageName> once;
    for (const auto& name : series.images) {
      const state::ImageRow* row = once.insert(name).second ? live(name) : nullptr;
      if (row != nullptr && (with_private || !row->is_private)) members.push_back({.image = row->key, .name = row->name});
    }
    return members;
  }

  void add_series() {
    auto& all = made_.snapshot.series;
    for (const auto& row : made_.snapshot.images) {
      if (!row.deleted && row.identity) by_identity_.emplace(*row.identity, &row);
    }
    for (const auto& one : server_.stated->series)
      all.push_back(
          {.name = one.name, .managed = one.managed, .members = shown_members(one.name), .follow = one.follow, .wanted = {}});
    for (const auto& declared : manifest_.series) assume_members(declared);
    std::sort(all.begin(), all.end(),
              [](const state::SeriesRow& one, const state::SeriesRow& other) { return one.name < other.name; });
  }

  /// Private images have the places that the manifest gives them, if the others are as it has them. A series of which nothing is
  /// said has no public image; one that the manifest gives its first is new, else it is there.
  void assume_members(const SeriesDeclaration& declared) {
    auto& all = made_.snapshot.series;
    auto members = declared_members(declared, true);
    const auto shown = declared_members(declared, false);
    const auto row = std::find_if(all.begin(), all.end(),
                                  [&](const state::SeriesRow& one) { return one.name.folded() == declared.name.folded(); });
    if (row != all.end()) {
      if (row->members == shown) row->members = std::move(members);
      return;
    }
    if (declared.follow || !shown.empty()) return;
    if (members.empty() &&
        std::any_of(declared.images.begin(), declared.images.end(), [&](const ImageName& name) { return declares_public(name); }))
      return;
    all.push_back({.name = declared.name, .managed = true, .members = std::move(members), .follow = {}, .wanted = {}});
    ++made_.assumed_series;
  }

  const PeerCatalog& server_;
  const Manifest& manifest_;
  StatedSnapshot made_;
  RowsByName live_;
  std::unordered_map<ImageIdentity, const state::ImageRow*> by_identity_;
};

}  // namespace

std::variant<StatedSnapshot, std::string> stated_snapshot(const PeerCatalog& server, const Manifest& manifest) {
  return SnapshotMaking(server, manifest).all();
}

std::string why_publish_again(const PeerCatalog& server, const ServerSection& section) {
  if (server.head.own_name != section.name) {
    return fmt::format("the published head says that this server is \"{}\", the manifest says \"{}\"",
                       server.head.own_name.text(), section.name.text());
  }
  if (server.stated->copies_published != section.publish_copies)
    return fmt::format("`publish_copies` is now {}", section.publish_copies);
  return section.publish_state ? "" : "`publish_state` is now false";
}

}  // namespace ingot::plan
