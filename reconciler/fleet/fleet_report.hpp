// What a report about many servers counts: series that lack the newest image and since when, who copies from whom. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/fleet/fleet_status.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::fleet {

/// When heads of a server were signed, as far as they were seen.
using HeadTimes = std::map<Serial, Time>;

/// When a serial was published.
struct SerialTime {
  Time time;
  bool exact = false;  ///< false: then or earlier; the first head that was seen with it is of `time`
  bool operator==(const SerialTime&) const = default;
};
/// nullopt: no head that was seen is so new.
std::optional<SerialTime> time_of(Serial serial, const HeadTimes& heads);

enum class Standing {
  none,     ///< it has no image of the series, as far as is known wants none; other bytes than its owner's do not count
  owner,    ///< it makes the series
  current,  ///< no published image that it wants is newer than the newest that it has
  behind,   ///< it lacks one that it wants; where that is unknown: one that is newer than what it has
  unknown,  ///< nothing was ever heard of the server
};

/// How a server stands to a series.
struct SeriesStanding {
  Standing standing = Standing::none;
  bool is_certain = true;             ///< false: the server is in trouble, this is what it said last
  std::uint64_t behind = 0;           ///< published images that it lacks: newer than its newest
  std::optional<ImageName> has;       ///< its newest, by its name on the origin; nullopt: none
  std::optional<SerialTime> since{};  ///< when the first of the newer ones was published
};

struct FleetSeries {
  std::size_t origin = 0;  ///< place among the servers
  SeriesName name;
  ImageName latest;                  ///< the newest published image
  std::uint64_t members = 0;         ///< published ones
  std::uint64_t affected = 0;        ///< servers that answered and are behind
  std::uint64_t maybe_affected = 0;  ///< servers in trouble that were behind when they answered last
  std::vector<SeriesStanding> standings;
};

struct FleetTotals {
  std::uint64_t own = 0;     ///< images made there
  std::uint64_t copies = 0;  ///< images of others
  std::uint64_t bytes = 0;   ///< of the packed files as their origins publish them; each content once
};

/// What one server has of another.
struct FleetCopies {
  std::optional<std::size_t> from;  ///< nullopt: of a server without a card
  std::string from_name;
  std::size_t to = 0;
  std::uint64_t images = 0;
  std::uint64_t bytes = 0;  ///< of the packed files as their origin publishes them, else of the images; as in FleetTotals once
};

struct FleetReport {
  std::vector<FleetSeries> series;   ///< those with most servers behind first, then by origin and name
  std::vector<FleetTotals> totals;   ///< by server
  std::vector<FleetCopies> copies;   ///< by `to`, then most bytes first
  std::vector<FleetImage> images;    ///< as fleet_status gives them
  std::uint64_t servers_behind = 0;  ///< servers that answered and are behind in a series
};

/// `heads`: by server, may be shorter. `members`: as in fleet_status.
FleetReport fleet_report(const std::vector<FleetWord>& servers, const std::vector<HeadTimes>& heads,
                         const std::vector<FleetMember>& members = {});

}  // namespace ingot::fleet
