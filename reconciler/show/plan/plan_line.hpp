// What one change of a plan is about, in the words that its line shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconciler/plan/plan.hpp"

namespace ingot::show {

struct PlanLine {
  std::optional<ServerName> peer;  ///< nullopt: this server's own
  std::string name;                ///< of the thing: "db19_25", "series db19", "fpps-2"
  std::string detail;              ///< size and bytes to fetch, or what changes; may be ""
};

PlanLine plan_line(const plan::Change& change);

/// The peer that a change is about; nullopt: this server's own.
std::optional<ServerName> peer_of(const plan::Change& change);

/// The plain name in its address: the image's name on the peer, the selector's value, the peer …; "" if there is none.
std::string name_in(const plan::Change& change);

/// What a line calls the action of this address, verb and intent, as plan_line would; nullopt: these alone do not tell.
std::optional<std::string> title_by_intent(const Address& address, Verb verb, std::string_view intent);

/// What a line says of a copy: its size, what is to be fetched, its name and state here if they are not the usual ones.
struct CopyDetail {
  std::uint64_t size = 0;
  plan::Method method = plan::Method::whole;
  std::string from;  ///< the image here that has the bytes; "": none
  std::uint64_t bytes = 0;
  std::size_t steps = 0;  ///< deltas
  std::string name_there;
  std::string name_here;
  std::string state;
  std::string text() const;
};

}  // namespace ingot::show
