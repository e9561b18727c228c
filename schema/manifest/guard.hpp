// [guard]: what one run may take away, and what a manifest's commit must be. It stands in a manifest, or on the host, where no
// merge can loosen it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/manifest/problem.hpp"

namespace ingot {

/// What the commit of a manifest must be before an apply does anything; where each is asked for, nullopt: it is not.
struct GitGuards {
  std::optional<At> clean{};      ///< all that was read is committed
  std::optional<At> forward{};    ///< it descends from the commit that was applied last
  std::optional<At> is_signed{};  ///< by ssh, with a key that the allowed signers name
  bool operator==(const GitGuards&) const = default;
  bool any() const { return clean || forward || is_signed; }
};

struct Guard {
  std::uint64_t removal_count = 5;
  double removal_percent = 10;
  std::uint64_t stops = 3;
  std::uint64_t withdrawals = 20;   ///< of one peer
  std::optional<At> removals_at{};  ///< where the key stands; nullopt: it does not
  std::optional<At> stops_at{};     ///< likewise
  std::optional<At> withdrawals_at{};
  GitGuards git{};
  /// Variables with secrets that entries may name though they bear another's name; of hosts alone. nullopt: it does not say.
  std::optional<std::vector<std::string>> variables{};
  /// Folders below which root may export, and run programs for exports; of hosts alone. nullopt: it does not say, so nowhere.
  std::optional<std::vector<std::string>> export_to{};
  std::optional<std::vector<std::string>> export_run{};
  std::vector<std::string> signers{};  ///< files of allowed signers, each of which must know a commit's; of hosts alone
  bool operator==(const Guard&) const = default;
};

/// Both together: of each bound the stricter, and whatever either asks for.
Guard strictest(const Guard& one, const Guard& other);

}  // namespace ingot
