#include "state/export_table.hpp"

#include "state/peer_table.hpp"

namespace ingot::state {

std::vector<ExportRow> read_exports(Database& database, LeftOut* left_out) {
  std::vector<ExportRow> exports;
  Statement rows = database.query("SELECT name, folder, link, linked, run_for FROM export ORDER BY name, folder");
  each_row_of(rows, left_out, [&] {
    exports.push_back({.name = rows.next<ExportName>(),
                       .folder = rows.next<std::string>(),
                       .link = rows.next<std::string>(),
                       .linked = rows.next<std::optional<ImageName>>(),
                       .run_for = rows.next<std::optional<ImageName>>()});
  });
  return exports;
}

std::vector<ExportedRow> read_exported(Database& database, LeftOut* left_out) {
  std::vector<ExportedRow> exported;
  Statement rows = database.query(
      "SELECT name, folder, image, digest, kind, top, listing, changes, owner, mode FROM exported ORDER BY name, folder, image");
  each_row_of(rows, left_out, [&] {
    exported.push_back({.name = rows.next<ExportName>(),
                        .folder = rows.next<std::string>(),
                        .image = rows.next<ImageName>(),
                        .digest = rows.next<Digest>(),
                        .kind = rows.next<ImageKind>(),
                        .top = rows.next<std::string>(),
                        .listing = rows.next<Digest>(),
                        .changes = read_lines(rows),
                        .owner = rows.next<std::string>(),
                        .mode = rows.next<std::string>()});
  });
  return exported;
}

}  // namespace ingot::state
