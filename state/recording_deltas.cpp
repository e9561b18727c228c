// Effects on deltas.
#include "state/recording.hpp"

namespace ingot::state {

void Recording::put(const PutDelta& effect) {
  const DeltaRow& row = effect.row;
  const Digest* const file = row.file ? &row.file->digest : nullptr;
  const std::uint64_t* const length = row.file ? &row.file->length : nullptr;
  database_.execute(
      "INSERT INTO delta (image, base, base_size, file, length) VALUES (?, ?, ?, ?, ?)"
      " ON CONFLICT (image, base) DO UPDATE SET base_size = excluded.base_size, file = excluded.file, length = excluded.length",
      row.image, row.base, row.base_size, file, length);
  changed_ = true;
  if (row.file) content_ = true;
}

void Recording::put(const DropDelta& effect) {
  const bool listed =
      database_.query("SELECT 1 FROM delta WHERE image = ? AND base = ? AND file IS NOT NULL", effect.image, effect.base).step();
  database_.execute("DELETE FROM delta WHERE image = ? AND base = ?", effect.image, effect.base);
  changed_ = true;
  if (listed) content_ = true;
}

}  // namespace ingot::state
