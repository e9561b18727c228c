// What a server with `publish_state` says of its state. What is private is left out by each of these questions (R15).
#include "schema/address.hpp"
#include "state/peer_table.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

std::vector<StatedPeer> stated_peers(Database& database) {
  std::vector<StatedPeer> peers;
  for (auto& row : read_registrations(database))
    peers.push_back(
        {.name = std::move(row.name), .own_name = std::move(row.own_name), .id = row.id, .urls = std::move(row.urls)});
  return peers;
}

std::vector<StatedSubscription> stated_subscriptions(Database& database) {
  std::vector<StatedSubscription> subscriptions;
  for (auto& row : read_subscriptions(database)) {
    subscriptions.push_back({.peer = row.peer,
                             .peer_name = std::move(row.peer_name),
                             .selector = std::move(row.selector),
                             .baseline = row.baseline,
                             .since = std::move(row.since),
                             .options = std::move(row.options),
                             .rule = std::move(row.rule),
                             .stopped = row.stopped});
  }
  return subscriptions;
}

/// Those that the catalog shows. What is of another type, or will be as soon as it is there, may be private alone.
std::vector<StatedType> stated_types(Database& database) {
  std::vector<StatedType> types;
  Statement row = database.query(
      "SELECT name, base, managed FROM imagetype t WHERE"
      " EXISTS (SELECT 1 FROM image i WHERE i.type = t.name AND i.deleted = 0 AND i.is_private = 0 AND i.listed IS NOT NULL) "
      "ORDER BY name");
  while (row.step()) types.push_back({.name = row.next<TypeName>(), .base = row.next<TypeName>(), .managed = row.next<bool>()});
  return types;
}

/// The columns from `name` on. A private parent is not among them.
StatedImage read_stated(Statement& row, bool copy) {
  StatedImage image{.name = row.next<ImageName>(),
                    .managed = row.next<bool>(),
                    .protect = row.next<bool>(),
                    .parent = {},
                    .parent_now = {},
                    .under_withdrawal = {},
                    .unwanted_since = {},
                    .rule = {}};
  const auto parent = row.next<std::string>();
  auto parent_now = row.next<std::optional<ImageName>>();
  if (!copy && parent_now) {
    image.parent = ImageName::parse(parent);
    if (image.parent != parent_now) image.parent_now = std::move(parent_now);
  }
  const bool withdrawn = row.next<bool>();
  const auto state = row.next<ImageState>();
  if (copy && withdrawn) image.under_withdrawal = state;
  image.unwanted_since = row.next<std::optional<Time>>();
  auto rule = row.next<std::string>();
  if (copy || is_of(AddressKind::copy, rule)) image.rule = std::move(rule);  // of an own image: it was a copy
  return image;
}

std::vector<StatedImage> stated_images(Database& database) {
  std::vector<StatedImage> images;
  Statement row = database.scan(
      "SELECT i.copy, i.name, i.managed, i.protect, i.parent_name, p.name, i.withdrawn_by_origin, i.state, i.unwanted_since, "
      "i.rule"
      " FROM image i LEFT JOIN image p ON p.key = i.parent AND p.is_private = 0"
      " WHERE i.deleted = 0 AND i.is_private = 0 AND i.listed IS NOT NULL AND (i.copy = 1 OR i.managed = 0 OR i.protect = 1"
      " OR substr(i.rule, 1, 5) = 'copy.'"
      " OR i.parent_name <> '') ORDER BY i.name");
  while (row.step()) {
    const bool copy = row.next<bool>();
    auto image = read_stated(row, copy);
    if (copy || !image.is_usual()) images.push_back(std::move(image));
  }
  return images;
}

/// Those that a head has shown, and those that follow a peer's: no other has an image that all may know of.
std::vector<StatedSeries> stated_series(Database& database) {
  std::vector<StatedSeries> all;
  Statement row = database.query(
      "SELECT name, managed, follow_peer, follow_series FROM series WHERE deleted = 0 AND (created IS NOT NULL OR follow_peer IS "
      "NOT NULL) ORDER BY name");
  while (row.step()) all.push_back({.name = row.next<SeriesName>(), .managed = row.next<bool>(), .follow = read_follow(row)});
  return all;
}

}  // namespace

Stated State::stated() const {
  return impl_->read([&] {
    Database& database = impl_->database;
    return Stated{.copies_published = false,
                  .peers = stated_peers(database),
                  .subscriptions = stated_subscriptions(database),
                  .types = stated_types(database),
                  .images = stated_images(database),
                  .series = stated_series(database)};
  });
}

}  // namespace ingot::state
