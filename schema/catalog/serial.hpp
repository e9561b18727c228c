// The number of a server's catalog (schema/rules.md): grows, never restarts.
#pragma once

#include <cstdint>

namespace ingot {

using Serial = std::uint64_t;

/// The largest serial: what every JSON reader keeps exactly.
inline constexpr Serial largest_serial = (Serial{1} << 53) - 1;
/// A catalog whose serial jumps by more than this is untrusted.
inline constexpr Serial largest_jump = Serial{1} << 32;

}  // namespace ingot
