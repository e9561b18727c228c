// Reading what earlier runs recorded. Whatever the scope leaves out is not read at all.
#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "state/delta_table.hpp"
#include "state/export_table.hpp"
#include "state/image_table.hpp"
#include "state/peer_table.hpp"
#include "state/state_impl.hpp"
#include "state/upload_table.hpp"

namespace ingot::state {

namespace {

std::vector<TypeRow> read_types(Database& database) {
  std::vector<TypeRow> types;
  Statement rows = database.query("SELECT name, base, managed, images FROM imagetype ORDER BY name");
  while (rows.step()) {
    types.push_back(TypeRow{.name = rows.next<TypeName>(),
                            .base = rows.next<TypeName>(),
                            .managed = rows.next<bool>(),
                            .images = rows.next<std::uint64_t>()});
  }
  return types;
}

std::vector<SeriesMemberRow> read_members(Database& database, std::int64_t series) {
  std::vector<SeriesMemberRow> members;
  Statement rows = database.query(
      "SELECT m.image, i.name FROM series_member m LEFT JOIN image i ON i.key = m.image WHERE m.series = ? ORDER BY m.position",
      series);
  while (rows.step()) members.push_back(SeriesMemberRow{.image = rows.next<ImageKey>(), .name = rows.next<ImageName>()});
  return members;
}

std::vector<SeriesRow> read_series(Database& database) {
  std::vector<SeriesRow> series;
  Statement rows = database.query(
      "SELECT number, name, managed, follow_peer, follow_series, wanted FROM series WHERE deleted = 0 ORDER BY name");
  while (rows.step()) {
    const auto number = rows.next<std::int64_t>();
    series.push_back(SeriesRow{.name = rows.next<SeriesName>(),
                               .managed = rows.next<bool>(),
                               .members = read_members(database, number),
                               .follow = read_follow(rows),
                               .wanted = read_lines(rows)});
  }
  return series;
}

/// By the history. A copy that was not finished, as its run died, has not failed.
std::set<Address> read_failing(Database& database) {
  std::set<Address> failing;
  Statement rows = database.scan(
      "SELECT address, outcome = 'failed' FROM action"
      " WHERE verb IN ('copy', 'repair') AND outcome IN ('done', 'failed') ORDER BY sequence");
  while (rows.step()) {
    Address address{.text = rows.next<std::string>()};
    if (rows.next<bool>())
      failing.insert(std::move(address));
    else
      failing.erase(address);
  }
  return failing;
}

/// Every server that copies here may come from, but those that the scope leaves out.
std::vector<ServerId> origins_in(Database& database, const SnapshotScope& scope) {
  std::vector<ServerId> origins;
  Statement rows = database.query("SELECT id FROM peer");
  while (rows.step()) {
    if (const auto id = rows.next<ServerId>(); !scope.without_copies_of.contains(id)) origins.push_back(id);
  }
  return origins;
}

/// Sorts by name, then key. Rows are large: each is moved once, along the circles of the permutation.
void sort_images(std::vector<ImageRow>& images) {
  std::vector<std::size_t> from(images.size());
  std::iota(from.begin(), from.end(), std::size_t{0});
  const auto before = [&images](std::size_t one, std::size_t other) {
    return std::tie(images[one].name, images[one].key) < std::tie(images[other].name, images[other].key);
  };
  if (std::is_sorted(from.begin(), from.end(), before)) return;
  std::sort(from.begin(), from.end(), before);
  for (std::size_t start = 0; start < from.size(); ++start) {
    if (from[start] == start) continue;
    ImageRow first = std::move(images[start]);
    std::size_t hole = start;
    while (from[hole] != start) {
      images[hole] = std::move(images[from[hole]]);
      hole = std::exchange(from[hole], hole);
    }
    images[hole] = std::move(first);
    from[hole] = hole;
  }
}

/// The images of settled peers that the scope keeps all the same, each once.
void read_named(Database& database, const SnapshotScope& scope, std::vector<ImageRow>& images) {
  std::set<ImageKey> known;
  const auto add = [&](ImageRow&& image) {
    const bool left_out = image.copy && scope.without_copies_of.contains(image.identity->origin);
    if (left_out && known.insert(image.key).second) images.push_back(std::move(image));
  };
  for (const auto& name : scope.but_names) each_image_named(database, name, add);
  for (const auto& name : scope.but_members_of) each_member_of(database, name, add);
  for (const auto& origin : scope.without_copies_of) {
    for (const auto& name : scope.but_copies_of) each_copy_of(database, origin, name, add);
  }
  for (const auto& row : read_exported(database)) each_image_named(database, row.image, add);
}

std::vector<ImageRow> read_images(Database& database, const SnapshotScope& scope) {
  std::vector<ImageRow> images;
  const auto keep = [&images](ImageRow&& image) { images.push_back(std::move(image)); };
  if (scope.without_copies_of.empty()) {
    images.reserve(count_images(database));
    each_image(database, keep);
  } else {
    each_own_image(database, keep);
    for (const auto& origin : origins_in(database, scope)) {
      images.reserve(images.size() + count_copies_of(database, origin));
      each_copy_of(database, origin, keep);
    }
    read_named(database, scope, images);
  }
  sort_images(images);
  return images;
}

}  // namespace

std::vector<Registration> State::registrations() const {
  return impl_->read([&] { return read_registrations(impl_->database); });
}

std::uint64_t State::revision_of(const ServerId& peer) const {
  return impl_->read([&] {
    Statement row = impl_->database.query(
        "SELECT common_revision + coalesce((SELECT revision FROM peer WHERE id = ?), 0) FROM meta WHERE one = 1", peer);
    if (!row.step()) row.damaged("a row is missing");
    return row.next<std::uint64_t>();
  });
}

std::optional<ImageRow> State::live_image(const ImageName& name) const {
  return impl_->read([&] {
    std::optional<ImageRow> found;
    each_image_named(impl_->database, name, [&](ImageRow&& image) {
      if (!image.deleted && image.name == name) found = std::move(image);
    });
    return found;
  });
}

Snapshot State::snapshot(const SnapshotScope& scope) const {
  return impl_->read([&] {
    Database& database = impl_->database;
    Statement meta =
        database.query("SELECT lineage, generation, published, reserved, published_expires, live_images FROM meta WHERE one = 1");
    if (!meta.step()) meta.damaged("a row is missing");
    Snapshot snapshot;
    snapshot.lineage = meta.next<std::string>();
    snapshot.generation = meta.next<std::uint64_t>();
    snapshot.published_serial = meta.next<Serial>();
    snapshot.reserved_serial = meta.next<Serial>();
    snapshot.head_expires = meta.next<std::optional<Time>>();
    snapshot.images_total = meta.next<std::uint64_t>();
    snapshot.content_pending = content_pending(scope.publish_copies);
    snapshot.registrations = read_registrations(database);
    snapshot.subscriptions = read_subscriptions(database);
    snapshot.types = read_types(database);
    snapshot.images = read_images(database, scope);
    snapshot.series = read_series(database);
    snapshot.exports = read_exports(database);
    snapshot.exported = read_exported(database);
    snapshot.deltas = read_deltas(database);
    snapshot.uploads = read_uploads(database);
    if (!scope.without_failures) snapshot.failing = read_failing(database);
    snapshot.scope = scope;
    return snapshot;
  });
}

}  // namespace ingot::state
