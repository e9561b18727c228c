// Every peer entry of every manifest with the server that it means, and what each rule brings.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/fleet/check_fleet.hpp"
#include "reconciler/plan/desired/candidates.hpp"

namespace ingot::fleet {

/// A [[peer]] of a member that is not the member itself.
struct FleetPeer {
  std::size_t member = 0;  ///< whose entry it is
  const PeerEntry* entry = nullptr;
  std::optional<std::size_t> means;  ///< the member that it is; nullopt: one outside
  bool wrong_root = false;           ///< its card pins another root than that member's own card
};

struct FleetRule {
  const FleetPeer* peer = nullptr;
  const SubscriptionEntry* entry = nullptr;
  bool is_judged = false;                           ///< the peer is a member with this root
  bool knows_selector = false;                      ///< the peer's manifest names what it selects
  std::vector<plan::EvaluatedRule> evaluated = {};  ///< places are in the catalog of the peer
  std::vector<std::string> like = {};               ///< names that a misspelt selector may have meant
};

/// A copy that a rule brings.
struct FleetArrival {
  ImageEntry image;               ///< as its origin has it
  std::optional<ImageName> name;  ///< here; nullopt: `as` makes no valid name of it
  const FleetRule* rule = nullptr;
};

/// "sites/paris/ingot.toml:41"
std::string place_in(const Manifest& manifest, const At& at);

/// A peer of a manifest for the planner's rules, with its [[copy]] entries. Borrows both.
plan::PeerCase case_of(const PeerEntry& peer, const Manifest& manifest);

/// Borrows the members.
struct FleetSurvey {
  const std::vector<FleetMember>& members;
  std::vector<ServerId> ids = {};      ///< of the members, made up where no card says it
  std::vector<Catalog> catalogs = {};  ///< what each member would publish, all of serial 1
  std::deque<FleetPeer> peers = {};
  std::deque<FleetRule> rules = {};
  std::vector<std::vector<FleetArrival>> arrivals = {};  ///< by member; each image once

  const Manifest& manifest(std::size_t member) const { return members[member].manifest; }
  std::string place(std::size_t member, const At& at) const { return place_in(manifest(member), at); }
  /// The member's name in quotes, with its path if another bears it too.
  std::string called(std::size_t member) const;
};

FleetSurvey survey_fleet(const std::vector<FleetMember>& members);

void find_names(const FleetSurvey& survey, std::vector<FleetFinding>& findings);
void find_registrations(const FleetSurvey& survey, std::vector<FleetFinding>& findings);
void find_rules(const FleetSurvey& survey, std::vector<FleetFinding>& findings);

}  // namespace ingot::fleet
