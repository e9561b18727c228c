// What one change of a plan is about, in the words that its line shows.
#pragma once

#include <optional>
#include <string>

#include "reconciler/plan/plan.hpp"

namespace ingot {

struct PlanLine {
  std::optional<ServerName> peer;  ///< nullopt: this server's own
  std::string name;                ///< of the thing: "db19_25", "series db19", "fpps-2"
  std::string detail;              ///< size and bytes to fetch, or what changes; may be ""
};

PlanLine plan_line(const Change& change);

/// The peer that a change is about; nullopt: this server's own.
std::optional<ServerName> peer_of(const Change& change);

/// The plain name in its address: the image's name on the peer, the selector's value, the peer …; "" if there is none.
std::string name_in(const Change& change);

}  // namespace ingot
