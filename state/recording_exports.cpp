// Effects on what is exported.
#include "state/lines.hpp"
#include "state/recording.hpp"

namespace ingot::state {

void Recording::put(const PutExport& effect) {
  const ExportRow& row = effect.row;
  database_.execute(
      "INSERT INTO export (name, folder, link, linked, run_for) VALUES (?, ?, ?, ?, ?)"
      " ON CONFLICT (name, folder) DO UPDATE SET link = excluded.link, linked = excluded.linked, run_for = excluded.run_for",
      row.name, row.folder, row.link, row.linked, row.run_for);
  changed_ = true;
}

void Recording::put(const DropExport& effect) {
  database_.execute("DELETE FROM export WHERE name = ? AND folder = ?", effect.name, effect.folder);
  changed_ = true;
}

void Recording::put(const PutExported& effect) {
  const ExportedRow& row = effect.row;
  database_.execute(
      "INSERT INTO exported (name, folder, image, digest, kind, top, listing, changes, owner, mode, mount)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (name, folder, image) DO UPDATE SET digest = excluded.digest, kind = excluded.kind, top = excluded.top,"
      " listing = excluded.listing, changes = excluded.changes, owner = excluded.owner, mode = excluded.mode, mount = "
      "excluded.mount",
      row.name, row.folder, row.image, row.digest, row.kind, row.top, row.listing, write_lines(row.changes), row.owner, row.mode,
      row.mount);
  changed_ = true;
}

void Recording::put(const DropExported& effect) {
  database_.execute("DELETE FROM exported WHERE name = ? AND folder = ? AND image = ?", effect.name, effect.folder, effect.image);
  changed_ = true;
}

}  // namespace ingot::state
