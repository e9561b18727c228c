#include "schema/exit_code.hpp"

#include <algorithm>
#include <array>

namespace ingot {

int exit_code_of(Fault fault) {
  switch (fault) {
    case Fault::internal: return exit_internal;
    case Fault::incomplete: return exit_incomplete;
    case Fault::untrusted: return exit_untrusted;
    case Fault::busy: return exit_busy;
    case Fault::local: return exit_local;
    case Fault::refused: return exit_refused;
    case Fault::stale: return exit_stale;
    case Fault::approval: return exit_approval;
    case Fault::usage: return exit_usage;
    case Fault::manifest: return exit_manifest;
    case Fault::interrupted: return exit_interrupted;
    case Fault::terminated: return exit_terminated;
  }
  return exit_internal;
}

int worse_exit_code(int one, int other) {
  static constexpr std::array<int, 7> worst_first{exit_untrusted,  exit_local,   exit_stale, exit_refused,
                                                  exit_incomplete, exit_changes, exit_done};
  const auto rank = [](int code) {
    const auto* const place = std::find(worst_first.begin(), worst_first.end(), code);
    // Codes outside the list (a bug, a signal, wrong usage) say that the run itself ended: nothing outranks them.
    return place == worst_first.end() ? -1 : static_cast<int>(place - worst_first.begin());
  };
  return rank(other) < rank(one) ? other : one;
}

}  // namespace ingot
