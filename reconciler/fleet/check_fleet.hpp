// The manifests of many servers, read together: what does not fit, and who gets what from whom. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/catalog/card.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::fleet {

/// One server as its folder in git says.
struct FleetMember {
  Manifest manifest;
  std::optional<Card> card;  ///< its own, beside the manifest; nullopt: it is known by its name alone
};

enum class Level { error, warning, note };
std::string_view text_of(Level level);  ///< "error" …

struct FleetFinding {
  Level level = Level::error;
  std::string code;  ///< stable: "name-conflict", "unknown-selector" …
  std::string at;    ///< "sites/paris/ingot.toml:41", as the manifest was named
  std::string text;
  std::string mend;
};

/// A server of the fleet, or a peer outside it.
struct FleetServer {
  std::string name;  ///< unique: with the manifest's path if two bear it
  std::optional<ServerId> id;
  std::string manifest;  ///< its path; "": it is outside
};

/// What one rule brings from one server to another.
struct FleetFlow {
  std::size_t from = 0;  ///< place in Fleet::servers
  std::size_t to = 0;
  std::string rule;  ///< "series db19", "all"
  std::string at;
  std::vector<ImageName> images = {};  ///< of the origin's manifest, once the rule counts them; nothing is known of one outside
};

struct Fleet {
  std::vector<FleetServer> servers;    ///< the members in their order, then the others
  std::vector<FleetFlow> flows;        ///< by the member that gets them, in the order of its manifest
  std::vector<FleetFinding> findings;  ///< errors first, then by place
};

/// What a manifest cannot tell is not evaluated: images that no manifest names, and from when on a subscription counts.
Fleet check_fleet(const std::vector<FleetMember>& members);

}  // namespace ingot::fleet
