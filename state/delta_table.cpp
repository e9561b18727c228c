#include "state/delta_table.hpp"

namespace ingot::state {

std::vector<DeltaRow> read_deltas(Database& database) {
  std::vector<DeltaRow> deltas;
  Statement rows = database.query("SELECT image, base, base_size, file, length FROM delta ORDER BY image, base");
  while (rows.step()) {
    DeltaRow row{
        .image = rows.next<Digest>(), .base = rows.next<Digest>(), .base_size = rows.next<std::uint64_t>(), .file = std::nullopt};
    const auto file = rows.next<std::optional<Digest>>();
    const auto length = rows.next<std::optional<std::uint64_t>>();
    if (file && length) row.file = Piece{.digest = *file, .length = *length};
    deltas.push_back(std::move(row));
  }
  return deltas;
}

std::map<Digest, std::vector<DeltaRef>> listed_deltas(Database& database) {
  std::map<Digest, std::vector<DeltaRef>> listed;
  Statement rows = database.query(
      "SELECT image, base, base_size, file, length FROM delta WHERE file IS NOT NULL AND EXISTS (SELECT 1 FROM object o JOIN "
      "image i"
      " ON i.object = o.number WHERE o.digest = delta.base AND i.deleted = 0 AND i.is_private = 0 AND i.listed IS NOT NULL)"
      " ORDER BY image, length, base");
  while (rows.step()) {
    std::vector<DeltaRef>& of_image = listed[rows.next<Digest>()];
    if (of_image.size() == most_deltas) continue;
    DeltaRef delta{.base = rows.next<Digest>(), .base_size = rows.next<std::uint64_t>(), .file = {}};
    delta.file.digest = rows.next<Digest>();
    delta.file.length = rows.next<std::uint64_t>();
    of_image.push_back(delta);
  }
  return listed;
}

}  // namespace ingot::state
