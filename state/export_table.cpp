#include "state/export_table.hpp"

#include "state/peer_table.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

constexpr char link_columns[] = "SELECT name, folder, link, linked, run_for FROM export ";
constexpr char image_columns[] =
    "SELECT name, folder, image, digest, kind, top, listing, changes, owner, mode, mount FROM exported ";

ExportRow read_export(Statement& rows) {
  return {.name = rows.next<ExportName>(),
          .folder = rows.next<std::string>(),
          .link = rows.next<std::string>(),
          .linked = rows.next<std::optional<ImageName>>(),
          .run_for = rows.next<std::optional<ImageName>>()};
}

ExportedRow read_exported_image(Statement& rows) {
  return {.name = rows.next<ExportName>(),
          .folder = rows.next<std::string>(),
          .image = rows.next<ImageName>(),
          .digest = rows.next<Digest>(),
          .kind = rows.next<ImageKind>(),
          .top = rows.next<std::string>(),
          .listing = rows.next<Digest>(),
          .changes = read_lines(rows),
          .owner = rows.next<std::string>(),
          .mode = rows.next<std::string>(),
          .mount = rows.next<std::string>()};
}

}  // namespace

std::vector<ExportRow> read_exports(Database& database, LeftOut* left_out) {
  std::vector<ExportRow> exports;
  static constexpr auto sql = joined_sql(link_columns, "ORDER BY name, folder");
  Statement rows = database.query(sql.data());
  each_row_of(rows, left_out, [&] { exports.push_back(read_export(rows)); });
  return exports;
}

std::vector<ExportedRow> read_exported(Database& database, LeftOut* left_out) {
  std::vector<ExportedRow> exported;
  static constexpr auto sql = joined_sql(image_columns, "ORDER BY name, folder, image");
  Statement rows = database.query(sql.data());
  each_row_of(rows, left_out, [&] { exported.push_back(read_exported_image(rows)); });
  return exported;
}

std::optional<ExportRow> State::export_in(const ExportName& name, const std::string& folder) const {
  return impl_->read([&]() -> std::optional<ExportRow> {
    static constexpr auto sql = joined_sql(link_columns, "WHERE name = ? AND folder = ?");
    Statement row = impl_->database.query(sql.data(), name, folder);
    return row.step() ? std::optional(read_export(row)) : std::nullopt;
  });
}

std::optional<ExportedRow> State::exported(const ExportName& name, const std::string& folder, const ImageName& image) const {
  return impl_->read([&]() -> std::optional<ExportedRow> {
    static constexpr auto sql = joined_sql(image_columns, "WHERE name = ? AND folder = ? AND image = ?");
    Statement row = impl_->database.query(sql.data(), name, folder, image);
    return row.step() ? std::optional(read_exported_image(row)) : std::nullopt;
  });
}

}  // namespace ingot::state
