// Which images each server wants, from the state that it publishes: its subscriptions, evaluated with the planner's own function.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "reconciler/fleet/fleet_status.hpp"

namespace ingot::fleet {

class FleetWants {
 public:
  /// Borrows the servers. `members`: manifests of some of them, by the root of their cards.
  FleetWants(const std::vector<FleetWord>& servers, const std::vector<FleetMember>& members);

  /// `is_here`: the server has it.
  FleetWant of(std::size_t server, const ImageIdentity& image, bool is_here) const;

 private:
  class Evaluation;
  struct Evaluated {
    FleetWant want;
    bool keeps = false;  ///< wanted if it is here already
  };
  struct Wants {
    std::unordered_map<ImageIdentity, Evaluated> images = {};  ///< that a rule names
    /// Servers that rules are about, and of which no catalog is known.
    std::unordered_map<ServerId, std::shared_ptr<const FleetWantRule>> unknown_origins = {};
    std::unordered_map<ImageIdentity, const StatedImage*> said = {};  ///< of the images that are here
  };

  const std::vector<FleetWord>& servers_;
  std::vector<Wants> wants_;  ///< by server
};

}  // namespace ingot::fleet
