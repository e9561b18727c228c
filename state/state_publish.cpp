// What this server publishes: serials for events, the public content, and what the last head showed.
#include <map>
#include <set>

#include <fmt/format.h>

#include "schema/error.hpp"
#include "state/delta_table.hpp"
#include "state/image_table.hpp"
#include "state/packed_columns.hpp"
#include "state/public_parent.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

/// Gives `serial` to every event that the next head shows first. Gives how many there were.
std::int64_t number_events(Database& database, Serial serial) {
  std::int64_t events = database.execute(
      "UPDATE image SET listed = ?1, identity_created = CASE copy WHEN 0 THEN ?1 ELSE identity_created END"
      " WHERE listed IS NULL AND is_private = 0 AND deleted = 0",
      serial);
  events += database.execute("UPDATE image SET state_since = ? WHERE state_since IS NULL AND listed IS NOT NULL AND deleted = 0",
                             serial);
  events += database.execute(
      "UPDATE image SET deleted_serial = ? WHERE deleted = 1 AND copy = 0 AND deleted_serial IS NULL AND listed IS NOT NULL",
      serial);
  events += database.execute(
      "UPDATE series SET created = ? WHERE created IS NULL AND deleted = 0 AND EXISTS (SELECT 1 FROM series_member m"
      " JOIN image i ON i.key = m.image WHERE m.series = series.number AND i.listed IS NOT NULL)",
      serial);
  events += database.execute(
      "UPDATE series_member SET added = ? WHERE added IS NULL AND (SELECT listed FROM image WHERE key = image) IS NOT NULL",
      serial);
  events += database.execute(
      "UPDATE series SET deleted_serial = ? WHERE deleted = 1 AND created IS NOT NULL AND deleted_serial IS NULL", serial);
  return events;
}

/// The parts of an image's row that both an entry and a tombstone need.
struct ShownImage {
  ImageName name;
  bool copy = false;
  ImageIdentity identity;
  ServerName origin_name;
  std::optional<ServerName> copied_from;
  Serial listed = 0;
  std::optional<Serial> deleted;
  Digest digest;
  std::uint64_t size = 0;
  ImageKind kind = ImageKind::file;
  TypeName type;
};

ImageIdentity read_identity(Statement& row) {
  return ImageIdentity{.origin = row.next<ServerId>(), .name = row.next<ImageName>(), .created = row.next<Serial>()};
}

ShownImage read_shown(Statement& row) {
  return ShownImage{.name = row.next<ImageName>(),
                    .copy = row.next<bool>(),
                    .identity = read_identity(row),
                    .origin_name = row.next<ServerName>(),
                    .copied_from = row.next<std::optional<ServerName>>(),
                    .listed = row.next<Serial>(),
                    .deleted = row.next<std::optional<Serial>>(),
                    .digest = row.next<Digest>(),
                    .size = row.next<std::uint64_t>(),
                    .kind = row.next<ImageKind>(),
                    .type = row.next<TypeName>()};
}

/// A copy's parent is what its origin says; an own image's the nearest ancestor that is public.
std::optional<ImageIdentity> shown_parent(Database& database, bool copy, ParentLink link) {
  if (copy && link.identity) return std::move(link.identity);
  return public_parent(database, std::move(link));
}

/// Takes the columns from `state` on: only changes that have a serial are shown.
std::vector<StateSince> read_states(Statement& row) {
  const auto here = row.next<ImageState>();
  const bool withdrawn = row.next<bool>();
  ShownStates shown{.past = {}, .now = shown_state(here, withdrawn), .since = row.next<std::optional<Serial>>()};
  auto past = parse_past_states(row.next_text());
  if (!past) row.damaged("states of an image that are none");
  shown.past = *std::move(past);
  auto states = shown.with_serials();
  if (states.empty()) row.damaged("a shown image has no state");
  return states;
}

using DeltasByImage = std::map<Digest, std::vector<DeltaRef>>;

std::vector<DeltaRef> deltas_of(const ShownImage& shown, const DeltasByImage& deltas) {
  const auto found = shown.copy ? deltas.end() : deltas.find(shown.digest);
  return found == deltas.end() ? std::vector<DeltaRef>{} : found->second;
}

ImageEntry read_entry(Database& database, Statement& row, ShownImage&& shown, ParentLink&& link, bool publish_copies,
                      const DeltasByImage& deltas) {
  auto version = row.next<std::string>();
  auto platform = row.next<std::string>();
  auto description = row.next<std::string>();
  auto labels = parse_labels(row.next_text());
  if (!labels) row.damaged("labels that are none");
  auto reason = row.next<std::string>();
  auto states = read_states(row);
  auto packed = read_packed(row);
  const bool withdrawn = states.back().state == ImageState::withdrawn;
  auto made_by = deltas_of(shown, deltas);
  return ImageEntry{.name = std::move(shown.name),
                    .identity = std::move(shown.identity),
                    .origin_name = std::move(shown.origin_name),
                    .copied_from = std::move(shown.copied_from),
                    .listed = shown.listed,
                    .digest = shown.digest,
                    .size = shown.size,
                    .kind = shown.kind,
                    .type = std::move(shown.type),
                    .version = std::move(version),
                    .platform = std::move(platform),
                    .description = std::move(description),
                    .labels = *std::move(labels),
                    .states = std::move(states),
                    .reason = withdrawn ? std::move(reason) : std::string(),
                    .parent = shown_parent(database, shown.copy, std::move(link)),
                    .packed = shown.copy && !publish_copies ? std::nullopt : std::optional(std::move(packed)),
                    .deltas = std::move(made_by)};
}

/// Gives the custom types of the images that it showed.
std::set<TypeName> show_images(Database& database, bool publish_copies, const State::PublicContent& visit) {
  std::set<TypeName> types;
  const DeltasByImage deltas = listed_deltas(database);
  Statement row = database.scan(
      "SELECT i.name, i.copy, i.origin, i.origin_image, i.identity_created, i.origin_name, i.copied_from, i.listed, "
      "i.deleted_serial,"
      " o.digest, o.size, i.kind, i.type, i.parent, i.parent_origin, i.parent_image, i.parent_created, i.version, i.platform,"
      " i.description, i.labels, i.reason, i.state, i.withdrawn_by_origin, i.state_since, i.past_states,"
      " o.file_digest, o.file_length, o.segments, o.table_digest, o.table_length"
      " FROM image i LEFT JOIN object o ON o.number = i.object"
      " WHERE i.listed IS NOT NULL AND i.is_private = 0 AND (i.copy = 0 OR i.deleted = 0) ORDER BY i.name, i.listed");
  while (row.step()) {
    auto shown = read_shown(row);
    auto link = read_parent_link(row);
    if (shown.deleted) {
      visit.deleted_image(ImageTombstone{.identity = std::move(shown.identity),
                                         .deleted = *shown.deleted,
                                         .digest = shown.digest,
                                         .type = std::move(shown.type),
                                         .parent = public_parent(database, std::move(link))});
      continue;
    }
    if (!is_builtin(shown.type)) types.insert(shown.type);
    visit.image(read_entry(database, row, std::move(shown), std::move(link), publish_copies, deltas));
  }
  return types;
}

std::vector<SeriesMember> shown_members(Database& database, std::int64_t series) {
  std::vector<SeriesMember> members;
  Statement row = database.query(
      "SELECT i.origin, i.origin_image, i.identity_created, m.added FROM series_member m JOIN image i ON i.key = m.image"
      " WHERE m.series = ? AND m.added IS NOT NULL AND i.is_private = 0 ORDER BY m.position",
      series);
  while (row.step()) members.push_back(SeriesMember{.image = read_identity(row), .added = row.next<Serial>()});
  return members;
}

void show_series(Database& database, const State::PublicContent& visit) {
  Statement row =
      database.query("SELECT number, name, created, deleted_serial FROM series WHERE created IS NOT NULL ORDER BY name, created");
  while (row.step()) {
    const auto number = row.next<std::int64_t>();
    auto name = row.next<SeriesName>();
    const auto created = row.next<Serial>();
    if (const auto deleted = row.next<std::optional<Serial>>()) {
      visit.deleted_series(SeriesTombstone{.name = std::move(name), .created = created, .deleted = *deleted});
    } else {
      visit.series(SeriesEntry{.name = std::move(name), .created = created, .members = shown_members(database, number)});
    }
  }
}

void show_types(Database& database, const std::set<TypeName>& types, const State::PublicContent& visit) {
  for (const auto& name : types) {
    Statement row = database.query("SELECT base FROM imagetype WHERE name = ?", name);
    if (!row.step()) row.damaged(fmt::format("the image type \"{}\" is missing", name.text()));
    visit.type(TypeEntry{.name = name, .base = row.next<TypeName>()});
  }
}

}  // namespace

Serial State::reserve_serial(Serial at_least) {
  return impl_->write([&](Recording& recording) {
    Database& database = impl_->database;
    const auto last = static_cast<Serial>(
        database.number("SELECT CASE WHEN reserved > published THEN reserved ELSE published END FROM meta WHERE one = 1"));
    const Serial serial = std::max(last, at_least) + 1;
    if (serial > largest_serial)
      throw Error(Fault::local, fmt::format("the serials of the catalog are used up ({})", largest_serial));
    if (number_events(database, serial) > 0) recording.note_change();
    database.execute("UPDATE meta SET reserved = ?, reserved_content = content WHERE one = 1", serial);
    return serial;
  });
}

void State::each_public(bool publish_copies, const PublicContent& visit) const {
  impl_->read([&] {
    const auto types = show_images(impl_->database, publish_copies, visit);
    show_series(impl_->database, visit);
    show_types(impl_->database, types, visit);
  });
}

void State::finish_publish(const Published& published, const std::function<void()>& put_head) {
  impl_->write([&](Recording& recording) {
    if (content_pending(published.copies_published)) recording.note_change();
    if (impl_->database.execute("UPDATE meta SET published = ?1, published_content = reserved_content, published_head = ?2,"
                                " published_index = ?3, published_expires = ?4, published_copies = ?5 WHERE reserved = ?1",
                                published.serial, published.head, published.index, published.expires,
                                published.copies_published) != 1) {
      throw_changed_by_another(impl_->database);
    }
    if (put_head) put_head();
  });
}

Serial State::reserved_serial() const {
  const std::scoped_lock lock(impl_->mutex);
  return static_cast<Serial>(impl_->database.number("SELECT reserved FROM meta WHERE one = 1"));
}

std::optional<State::Published> State::published() const {
  return impl_->read([&]() -> std::optional<Published> {
    Statement row = impl_->database.query(
        "SELECT published, published_head, published_index, published_expires, published_copies FROM meta WHERE published > 0");
    if (!row.step()) return std::nullopt;
    return Published{.serial = row.next<Serial>(),
                     .head = row.next<Digest>(),
                     .index = row.next<Digest>(),
                     .expires = row.next<Time>(),
                     .copies_published = row.next<bool>()};
  });
}

bool State::content_pending(bool publish_copies) const {
  return impl_->read([&] {
    Statement row = impl_->database.query(
        "SELECT published = 0 OR published_content IS DISTINCT FROM content OR published_copies IS DISTINCT FROM ? FROM meta "
        "WHERE one = 1",
        publish_copies);
    if (!row.step()) row.damaged("a row is missing");
    return row.next<bool>();
  });
}

}  // namespace ingot::state
