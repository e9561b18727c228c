#include "state/packed_columns.hpp"

namespace ingot::state {

Packed read_packed(Statement& row) {
  Packed packed;
  packed.file.digest = row.next<Digest>();
  packed.file.length = row.next<std::uint64_t>();
  packed.segments = row.next<std::uint64_t>();
  const auto digest = row.next<std::optional<Digest>>();
  const auto length = row.next<std::optional<std::uint64_t>>();
  if (digest && length) packed.table = Piece{.digest = *digest, .length = *length};
  return packed;
}

}  // namespace ingot::state
