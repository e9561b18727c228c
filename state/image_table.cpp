#include "state/image_table.hpp"

#include "schema/error.hpp"
#include "state/lines.hpp"

namespace ingot::state {

namespace {

/// In the order of ImageRow's members; read_row depends on it.
constexpr char select_rows[] =
    "SELECT i.key, i.name, i.copy, i.origin, i.origin_image, i.identity_created, i.origin_name, i.copied_from, o.digest, o.size,"
    " i.kind, i.type, i.version, i.platform, i.description, i.labels, i.state, i.reason, i.withdrawn_by_origin, i.is_private,"
    " i.listed IS NOT NULL, i.protect, i.managed, i.parent_name, i.parent, i.parent_origin, i.parent_image, i.parent_created,"
    " i.source_stamp, i.unwanted_since, i.rule, i.deleted, i.listed, i.arrived, i.arrived_run, i.arrived_actor, i.arrived_commit,"
    " i.arrived_rule, i.arrived_peer, i.arrived_head, i.state_since, i.past_states"
    // A row whose object is gone must be noticed, not left out.
    " FROM image i LEFT JOIN object o ON o.number = i.object ";

std::optional<ImageIdentity> read_own_identity(Statement& row) {
  const auto origin = row.next<ServerId>();
  auto name = row.next<ImageName>();
  const auto created = row.next<std::optional<Serial>>();
  if (!created) return std::nullopt;
  return ImageIdentity{origin, std::move(name), *created};
}

std::optional<ImageIdentity> read_parent_identity(Statement& row) {
  const auto origin = row.next<std::optional<ServerId>>();
  auto name = row.next<std::optional<ImageName>>();
  const auto created = row.next<std::optional<Serial>>();
  if (!origin || !name || !created) return std::nullopt;
  return ImageIdentity{*origin, *std::move(name), *created};
}

Labels read_labels(Statement& row) {
  auto labels = parse_labels(row.next_text());
  if (!labels) row.damaged("labels that are none");
  return *std::move(labels);
}

Provenance read_papers(Statement& row) {
  return Provenance{.time = row.next<Time>(),
                    .run = row.next<std::string>(),
                    .actor = row.next<std::string>(),
                    .commit = row.next<std::optional<std::string>>(),
                    .rule = row.next<std::string>(),
                    .peer = row.next<std::optional<std::string>>(),
                    .head = row.next<std::optional<Digest>>()};
}

ImageRow read_row(Statement& row) {
  return ImageRow{.key = row.next<ImageKey>(),
                  .name = row.next<ImageName>(),
                  .copy = row.next<bool>(),
                  .identity = read_own_identity(row),
                  .origin_name = row.next<ServerName>(),
                  .copied_from = row.next<std::optional<ServerName>>(),
                  .digest = row.next<Digest>(),
                  .size = row.next<std::uint64_t>(),
                  .kind = row.next<ImageKind>(),
                  .type = row.next<TypeName>(),
                  .version = row.next<std::string>(),
                  .platform = row.next<std::string>(),
                  .description = row.next<std::string>(),
                  .labels = read_labels(row),
                  .state = row.next<ImageState>(),
                  .reason = row.next<std::string>(),
                  .withdrawn_by_origin = row.next<bool>(),
                  .is_private = row.next<bool>(),
                  .was_public = row.next<bool>(),
                  .protect = row.next<bool>(),
                  .managed = row.next<bool>(),
                  .parent_name = row.next<std::string>(),
                  .parent = row.next<std::optional<ImageKey>>(),
                  .parent_identity = read_parent_identity(row),
                  .source_stamp = row.next<std::string>(),
                  .unwanted_since = row.next<std::optional<Time>>(),
                  .rule = row.next<std::string>(),
                  .deleted = row.next<bool>(),
                  .created = row.next<std::optional<Serial>>(),
                  .papers = read_papers(row)};
}

void each_row(Statement rows, const ImageRows& visit, LeftOut* left_out = nullptr) {
  each_row_of(rows, left_out, [&] { visit(read_row(rows)); });
}

/// The next two columns: state_since, past_states.
ShownStates read_shown_states(Statement& row, ImageState now) {
  ShownStates shown{.past = {}, .now = now, .since = row.next<std::optional<Serial>>()};
  auto past = parse_past_states(row.next_text());
  if (!past) row.damaged("states of an image that are none");
  shown.past = *std::move(past);
  return shown;
}

}  // namespace

std::size_t count_images(Database& database) { return static_cast<std::size_t>(database.number("SELECT count(*) FROM image")); }

std::size_t count_copies_of(Database& database, const ServerId& origin) {
  Statement row = database.query("SELECT count(*) FROM image WHERE copy = 1 AND origin = ?", origin);
  return row.step() ? row.next<std::size_t>() : 0;
}

void each_image(Database& database, const ImageRows& visit, LeftOut* left_out) {
  each_row(database.scan(select_rows), visit, left_out);
}

void check_shown_states(Database& database) {
  Statement rows = database.scan("SELECT state_since, past_states FROM image");
  while (rows.step()) read_shown_states(rows, ImageState::published);
}

void each_own_image(Database& database, const ImageRows& visit) {
  static constexpr auto sql = joined_sql(select_rows, "WHERE i.copy = 0");
  each_row(database.scan(sql.data()), visit);
}

void each_copy_of(Database& database, const ServerId& origin, const ImageRows& visit) {
  static constexpr auto sql = joined_sql(select_rows, "WHERE i.copy = 1 AND i.origin = ?");
  each_row(database.scan(sql.data(), origin), visit);
}

void each_copy_of(Database& database, const ServerId& origin, const ImageName& name, const ImageRows& visit) {
  static constexpr auto sql =
      joined_sql(select_rows, "WHERE i.copy = 1 AND i.deleted = 0 AND i.origin = ? AND i.origin_image = ?");
  each_row(database.query(sql.data(), origin, name), visit);
}

void each_image_named(Database& database, const ImageName& name, const ImageRows& visit) {
  // Two queries: a UNION makes a table of its own each time, and a plan asks for every name of the manifest.
  static constexpr auto exactly = joined_sql(select_rows, "WHERE i.name = ?");
  static constexpr auto but_for_case =
      joined_sql(select_rows, "WHERE i.deleted = 0 AND i.name = ?1 COLLATE NOCASE AND i.name <> ?1");
  each_row(database.query(exactly.data(), name), visit);
  each_row(database.query(but_for_case.data(), name), visit);
}

void each_member_of(Database& database, const SeriesName& series, const ImageRows& visit) {
  static constexpr auto sql =
      joined_sql(select_rows,
                 "WHERE i.key IN (SELECT m.image FROM series_member m JOIN series s ON s.number = m.series"
                 " WHERE s.deleted = 0 AND s.name = ?)");
  each_row(database.query(sql.data(), series), visit);
}

void each_live_image_of(Database& database, const Digest& digest, const ImageRows& visit) {
  static constexpr auto sql =
      joined_sql(select_rows, "WHERE i.deleted = 0 AND i.object = (SELECT number FROM object WHERE digest = ?) ORDER BY i.key");
  each_row(database.query(sql.data(), digest), visit);
}

std::optional<ImageRecord> load_image(Database& database, ImageKey key) {
  static constexpr auto sql = joined_sql(select_rows, "WHERE i.key = ?");
  Statement row = database.query(sql.data(), key);
  if (!row.step()) return std::nullopt;
  ImageRecord image{.row = read_row(row), .shown = {}};
  image.shown = read_shown_states(row, shown_state(image.row));
  return image;
}

std::optional<ImageKey> live_image_named(Database& database, const ImageName& name) {
  Statement row = database.query("SELECT key FROM image WHERE deleted = 0 AND name = ? COLLATE NOCASE", name);
  if (!row.step()) return std::nullopt;
  return row.next<ImageKey>();
}

ImageKey insert_image(Database& database, const ImageRow& row, std::int64_t object, std::optional<std::int64_t> subscription) {
  const auto& identity = row.identity;
  const auto parent_of = [&](auto member) { return row.parent_identity ? &((*row.parent_identity).*member) : nullptr; };
  if (!identity) throw Error(Fault::internal, "an image without an origin cannot be recorded");
  return database.insert(
      "INSERT INTO image (name, copy, origin, origin_image, identity_created, origin_name, copied_from, object, kind, type, "
      "version,"
      " platform, description, labels, state, reason, withdrawn_by_origin, past_states, is_private, protect, managed, "
      "parent_name,"
      " parent, parent_origin, parent_image, parent_created, source_stamp, unwanted_since, rule, deleted, subscription, arrived, "
      "arrived_run,"
      " arrived_actor, arrived_commit, arrived_rule, arrived_peer, arrived_head)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?) RETURNING key",
      row.name, row.copy, identity->origin, identity->name, row.copy ? &identity->created : nullptr, row.origin_name,
      row.copied_from, object, row.kind, row.type, row.version, row.platform, row.description, write_labels(row.labels),
      row.state, row.reason, row.withdrawn_by_origin, row.is_private, row.protect, row.managed, row.parent_name, row.parent,
      parent_of(&ImageIdentity::origin), parent_of(&ImageIdentity::name), parent_of(&ImageIdentity::created), row.source_stamp,
      row.unwanted_since, row.rule, row.deleted, subscription, row.papers.time, row.papers.run, row.papers.actor,
      row.papers.commit, row.papers.rule, row.papers.peer, row.papers.head);
}

void update_image(Database& database, const ImageRecord& image) {
  const ImageRow& row = image.row;
  database.execute(
      "UPDATE image SET name = ?, version = ?, platform = ?, description = ?, labels = ?, state = ?, reason = ?,"
      " withdrawn_by_origin = ?, is_private = ?, protect = ?, managed = ?, state_since = ?, past_states = ? WHERE key = ?",
      row.name, row.version, row.platform, row.description, write_labels(row.labels), row.state, row.reason,
      row.withdrawn_by_origin, row.is_private, row.protect, row.managed, image.shown.since, write_past_states(image.shown.past),
      row.key);
}

void adopt_image(Database& database, const ImageRow& row, const ServerId& self) {
  // What was made from it and is this server's own follows it to its new identity; so does it itself to its parent's, if that
  // is here.
  database.execute(
      "UPDATE image SET parent = ?1 FROM (SELECT origin, origin_image, identity_created FROM image WHERE key = ?1) AS before"
      " WHERE copy = 0 AND parent IS NULL AND key > ?1 AND parent_origin = before.origin AND parent_image = before.origin_image"
      " AND parent_created = before.identity_created",
      row.key);
  database.execute(
      "UPDATE image SET copy = 0, origin = ?2, origin_image = name, identity_created = NULL, origin_name = ?3, copied_from = "
      "NULL,"
      " listed = NULL, unwanted_since = NULL, rule = ?4, subscription = NULL,"
      " parent = coalesce(parent, (SELECT p.key FROM image p WHERE p.copy = 1 AND p.deleted = 0 AND p.key < image.key"
      " AND p.origin = image.parent_origin AND p.origin_image = image.parent_image AND p.identity_created = "
      "image.parent_created))"
      " WHERE key = ?1",
      row.key, self, row.origin_name, row.rule);
}

void revive_image(Database& database, const ImageRow& row) {
  database.execute(
      "UPDATE image SET deleted = 0, deleted_serial = NULL, source_stamp = ?, rule = ?, arrived = ?, arrived_run = ?,"
      " arrived_actor = ?, arrived_commit = ?, arrived_rule = ?, arrived_peer = ?, arrived_head = ? WHERE key = ?",
      row.source_stamp, row.rule, row.papers.time, row.papers.run, row.papers.actor, row.papers.commit, row.papers.rule,
      row.papers.peer, row.papers.head, row.key);
}

std::string write_labels(const Labels& labels) {
  std::vector<std::string> items;
  for (const auto& [name, value] : labels) {
    items.push_back(name);
    items.push_back(value);
  }
  return write_lines(items);
}

std::optional<Labels> parse_labels(std::string_view text) {
  Labels labels;
  if (text.empty()) return labels;
  auto items = parse_lines(text);
  if (!items || items->size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < items->size(); i += 2) labels[std::move((*items)[i])] = std::move((*items)[i + 1]);
  return labels;
}

}  // namespace ingot::state
