// Packed bytes and floors of trust.
#include "state/delta_table.hpp"
#include "state/image_table.hpp"
#include "state/packed_columns.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

ObjectRow read_object(Statement& row) {
  return ObjectRow{.digest = row.next<Digest>(), .size = row.next<std::uint64_t>(), .packed = read_packed(row)};
}

constexpr char select_objects[] =
    "SELECT digest, size, file_digest, file_length, segments, table_digest, table_length FROM object ";

}  // namespace

Floor read_floor(Statement& row) {
  return Floor{.id = row.next<ServerId>(),
               .epoch = row.next<std::uint64_t>(),
               .serial = row.next<Serial>(),
               .head = row.next<Digest>(),
               .root_version = row.next<std::uint64_t>(),
               .issued = row.next<Time>()};
}

std::optional<ObjectRow> State::object(const Digest& digest) const {
  return impl_->read([&]() -> std::optional<ObjectRow> {
    static constexpr auto sql = joined_sql(select_objects, "WHERE digest = ?");
    Statement row = impl_->database.query(sql.data(), digest);
    if (!row.step()) return std::nullopt;
    return read_object(row);
  });
}

bool State::is_secret(const Digest& digest) const {
  return impl_->read([&] {
    Statement object = impl_->database.query("SELECT number FROM object WHERE digest = ?", digest);
    if (!object.step()) return false;
    const auto number = object.next<std::int64_t>();
    Statement live =
        impl_->database.query("SELECT is_private FROM image WHERE object = ? AND deleted = 0 ORDER BY is_private", number);
    if (live.step()) return live.next<bool>();
    return impl_->database.query("SELECT 1 FROM image WHERE copy = 0 AND object = ? AND is_private = 1", number).step();
  });
}

std::vector<ImageRow> State::live_images_of(const Digest& digest) const {
  return impl_->read([&] {
    std::vector<ImageRow> images;
    each_live_image_of(impl_->database, digest, [&images](ImageRow&& image) { images.push_back(std::move(image)); });
    return images;
  });
}

std::vector<DeltaRow> State::deltas() const {
  return impl_->read([&] { return read_deltas(impl_->database); });
}

void State::each_object(const std::function<void(const ObjectRow&)>& visit) const {
  impl_->read([&] {
    static constexpr auto sql = joined_sql(select_objects, "ORDER BY digest");
    Statement rows = impl_->database.scan(sql.data());
    while (rows.step()) visit(read_object(rows));
  });
}

void State::each_public_object(bool publish_copies, const std::function<void(const ObjectRow&)>& visit) const {
  impl_->read([&] {
    static constexpr auto sql = joined_sql(
        select_objects, "WHERE number IN (SELECT object FROM image WHERE deleted = 0 AND is_private = 0 AND copy <= ?)");
    Statement rows = impl_->database.scan(sql.data(), publish_copies);
    while (rows.step()) visit(read_object(rows));
  });
}

std::optional<Floor> State::floor(const ServerId& id) const {
  return impl_->read([&]() -> std::optional<Floor> {
    Statement row = impl_->database.query("SELECT id, epoch, serial, head, root_version, issued FROM floor WHERE id = ?", id);
    return row.step() ? std::optional(read_floor(row)) : std::nullopt;
  });
}

std::vector<Floor> State::floors() const {
  return impl_->read([&] {
    std::vector<Floor> all;
    Statement rows = impl_->database.query("SELECT id, epoch, serial, head, root_version, issued FROM floor ORDER BY id");
    while (rows.step()) all.push_back(read_floor(rows));
    return all;
  });
}

void write_floor(Database& database, const Floor& floor) {
  database.execute(
      "INSERT INTO floor (id, epoch, serial, head, root_version, issued) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
      floor.id, floor.epoch, floor.serial, floor.head, floor.root_version, floor.issued);
  database.execute(
      "UPDATE floor SET epoch = ?2, serial = ?3, head = ?4, issued = ?5 WHERE id = ?1 AND (epoch, serial) < (?2, ?3)", floor.id,
      floor.epoch, floor.serial, floor.head, floor.issued);
  database.execute("UPDATE floor SET root_version = ?2 WHERE id = ?1 AND root_version < ?2", floor.id, floor.root_version);
}

void State::raise_floor(const Floor& floor) {
  impl_->write([&](Recording&) { write_floor(impl_->database, floor); });
}

}  // namespace ingot::state
