// What many servers publish, laid side by side: which image is where. Pure. It knows what the published trees say and no more:
// a server publishes what it has, not what it wants.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/plan/observed.hpp"
#include "schema/catalog/card.hpp"

namespace ingot::fleet {

/// A server as it was found, by its card.
struct FleetWord {
  std::string name;  ///< unique
  ServerId id;
  Code trouble = Code::none;               ///< none: it answered; else "unreachable", "expired", "untrusted"
  std::string why;                         ///< of the trouble
  std::optional<plan::SeenHead> head;      ///< of the catalog, or the last one that is known of
  std::shared_ptr<const Catalog> catalog;  ///< what it says or, in trouble, what it said last; null: nothing is known
};

/// Where an image stands on a server.
enum class Holding {
  origin,     ///< it was made here
  present,    ///< a copy, with the origin's digest as far as that is known
  withdrawn,  ///< it is here, and withdrawn by its origin or here
  waiting,    ///< a copy of an older member of its series is here, it is not
  absent,     ///< not published here: not wanted, not yet asked for, or private
  differs,    ///< a copy under its identity, with other bits
};
std::string_view text_of(Holding holding);  ///< "origin" …

struct FleetHolding {
  std::optional<Holding> holding;  ///< nullopt: unknown, nothing was ever heard of that server
  bool is_certain = true;          ///< false: the server is in trouble, this is what it said last
  bool misses_withdrawal = false;  ///< its origin has withdrawn it, and here it is not
};

struct FleetImage {
  ImageIdentity identity;
  std::string origin;                  ///< as it is called among the servers, or as it calls itself
  std::optional<Digest> digest;        ///< the origin's; nullopt: the origin could not be asked, or does not have it any more
  bool withdrawn = false;              ///< by its origin
  std::vector<SeriesName> series;      ///< of the origin that it is in
  std::vector<FleetHolding> holdings;  ///< by server
};

/// What is asked about: both empty, all.
struct FleetQuestion {
  std::string image;   ///< its name, on its origin or as a copy
  std::string series;  ///< its name on a server that has such a series
};

/// Sorted by origin, then name; of one series in its order.
std::vector<FleetImage> fleet_status(const std::vector<FleetWord>& servers, const FleetQuestion& question);

/// 4 if bits differ or a server is untrusted, 3 if a server is in other trouble, 2 if one lacks an image or a withdrawal, else 0.
int exit_code_of(const std::vector<FleetWord>& servers, const std::vector<FleetImage>& images);

}  // namespace ingot::fleet
