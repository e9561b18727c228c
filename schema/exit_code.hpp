// The exit codes (schema/rules.md): the one table from Fault to number.
#pragma once

#include "schema/error.hpp"

namespace ingot {

inline constexpr int exit_done = 0;
inline constexpr int exit_internal = 1;
inline constexpr int exit_changes = 2;
inline constexpr int exit_incomplete = 3;
inline constexpr int exit_untrusted = 4;
inline constexpr int exit_busy = 5;
inline constexpr int exit_local = 6;
inline constexpr int exit_refused = 7;
inline constexpr int exit_stale = 8;
inline constexpr int exit_approval = 9;
inline constexpr int exit_usage = 64;
inline constexpr int exit_manifest = 65;
inline constexpr int exit_interrupted = 130;
inline constexpr int exit_terminated = 143;

int exit_code_of(Fault fault);
/// Where several hold, the first of 4, 6, 8, 7, 3, 2 wins; any other non-zero code beats them.
int worse_exit_code(int one, int other);

}  // namespace ingot
