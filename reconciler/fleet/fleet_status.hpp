// What many servers publish, laid side by side: which image is where, and which server wants it. Pure. It knows what the
// published trees say and no more: what a server wants is known only if it publishes its state.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/fleet/check_fleet.hpp"
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
  std::shared_ptr<const Stated> stated =
      {};  ///< null: it does not publish its state, or nothing is known; in trouble: what it said last
};

/// Where an image stands on a server.
enum class Holding {
  origin,     ///< it was made here
  present,    ///< a copy, with the origin's digest as far as that is known
  withdrawn,  ///< it is here, and withdrawn by its origin or here
  waiting,    ///< not here, and wanted; where that is unknown: a copy of an older member of its series is here
  absent,     ///< not published here: not wanted, or where that is unknown not yet asked for, or private
  differs,    ///< a copy under its identity, with other bits
};
std::string_view text_of(Holding holding);  ///< "origin" …

enum class Wanted { unknown, no, yes };

/// A subscription of a server, as it publishes it.
struct FleetWantRule {
  std::string address;  ///< "subscription.london.series:db19"
  std::string at = {};  ///< "sites/paris/ingot.toml:41"; "": its manifest is not known, or does not have the rule
};

/// Whether a server wants an image, and why.
struct FleetWant {
  Wanted wanted = Wanted::unknown;
  Code code = Code::none;                          ///< why not: "before-baseline", "excluded" …
  std::shared_ptr<const FleetWantRule> rule = {};  ///< that wants it, or that names it and does not want it; null: none
};

struct FleetHolding {
  std::optional<Holding> holding;  ///< nullopt: unknown, nothing was ever heard of that server
  bool is_certain = true;          ///< false: the server is in trouble, this is what it said last
  bool misses_withdrawal = false;  ///< its origin, or the one before, has withdrawn it, and here it is not
  FleetWant want = {};

  /// It is wanted and not here, as far as the server itself says.
  bool is_lacking() const { return want.wanted == Wanted::yes && holding == Holding::waiting; }
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

/// Sorted by origin, then name; of one series in its order. An image that a server has taken over is that server's: the copies of
/// its first origin's, which does not list it any more, are copies of it. `members`: manifests of servers, which say where their
/// rules are written, and which images [[copy]] keeps out; may be empty.
std::vector<FleetImage> fleet_status(const std::vector<FleetWord>& servers, const FleetQuestion& question,
                                     const std::vector<FleetMember>& members = {});

/// 4 if bits differ or a server is untrusted, 3 if a server is in other trouble, 2 if one lacks an image or a withdrawal, else 0.
int exit_code_of(const std::vector<FleetWord>& servers, const std::vector<FleetImage>& images);

}  // namespace ingot::fleet
