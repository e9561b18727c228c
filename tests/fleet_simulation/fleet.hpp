// The fleet that is simulated: who makes images and who copies them, when, and what goes wrong. Everything follows from the
// options, so that the model and the real servers see the same world.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/text/quantity.hpp"

namespace ingot::fleet_simulation {

/// Since the simulation began.
using Second = std::int64_t;

inline constexpr Second hour = 3600;
inline constexpr Second day = 24 * hour;
/// When the simulation begins.
inline constexpr Time beginning{Seconds(1'800'000'000)};
inline constexpr Second head_life = 14 * day;  ///< the default of `head_ttl`

enum class Topology {
  star,     ///< sites ask the origins
  mirrors,  ///< sites ask a caching proxy, and the origin if that is down
  cdn,      ///< origins upload to a store, and sites ask a CDN before it
};

struct Options {
  std::uint32_t servers = 1000;
  std::uint32_t images = 1'000'000;
  double years = 5;
  std::uint32_t seed = 1;
  Topology topology = Topology::star;
  double down = 5;  ///< percent of the servers, at any moment
  double slow = 5;  ///< percent of the sites
  double skew = 5;  ///< percent of the sites
  bool json = false;
  bool check = true;        ///< hold the model against real servers
  bool growth = true;       ///< measure the real code at growing sizes
  std::string folder = {};  ///< for the real servers; "": memory, if there is any
};

struct Outage {
  Second from = 0;
  Second to = 0;
};

/// One run of an origin: images that it adds and withdraws, by their numbers.
struct OriginRun {
  Second at = 0;
  std::uint32_t first = 0, end = 0;  ///< images that come
  std::vector<std::uint32_t> withdrawn = {};
};

class Fleet {
 public:
  explicit Fleet(const Options& options);

  const Options& options() const { return options_; }
  std::uint32_t origins() const { return origins_; }
  std::uint32_t sites() const { return options_.servers - origins_; }
  std::uint32_t caches() const { return caches_; }  ///< mirrors, or edges of the CDN; 0: a star
  std::uint32_t images_of_an_origin() const { return options_.images / origins_; }
  std::uint32_t series() const { return series_; }  ///< of each origin
  std::uint32_t nights() const { return nights_; }
  /// In the last days nothing is made and nothing fails.
  Second quiet_from() const { return Second{nights_} * day; }
  Second end() const { return quiet_from() + 3 * day; }

  std::string origin_name(std::uint32_t origin) const;
  std::string series_name(std::uint32_t series) const;

  // Images of an origin, by number.
  std::string image_name(std::uint32_t origin, std::uint32_t image) const;  ///< sorted as series, then number
  std::uint32_t series_of(std::uint32_t image) const { return image % series_; }
  bool is_private(std::uint32_t origin, std::uint32_t image) const;
  bool is_withdrawn(std::uint32_t origin, std::uint32_t image) const;   ///< a week after it came
  std::uint64_t size(std::uint32_t origin, std::uint32_t image) const;  ///< plain bytes

  /// Sorted by time.
  std::vector<OriginRun> runs_of(std::uint32_t origin) const;

  // Sites.
  Second phase(std::uint32_t site) const { return phases_[site]; }  ///< it asks so many seconds after each full hour
  /// The two series that it follows of each origin: the first is followed by all sites.
  std::uint32_t followed(std::uint32_t site, int which) const { return which == 0 ? 0 : 1 + site % (series_ - 1); }
  bool is_slow(std::uint32_t site) const { return slow_[site]; }
  Second skew(std::uint32_t site) const { return skews_[site]; }  ///< its clock is so much ahead
  std::uint32_t cache_of(std::uint32_t site) const { return site % caches_; }

  bool origin_is_up(std::uint32_t origin, Second at) const { return is_up(origin_outages_[origin], at); }
  bool site_is_up(std::uint32_t site, Second at) const { return is_up(site_outages_[site], at); }
  bool cache_is_up(std::uint32_t cache, Second at) const { return is_up(cache_outages_[cache], at); }

 private:
  using Outages = std::vector<Outage>;
  static bool is_up(const Outages& outages, Second at);
  Outages outages(std::uint64_t seed) const;
  std::uint64_t hash(std::uint64_t what, std::uint64_t which) const;
  bool falls_to(double percent, std::uint64_t what, std::uint64_t which) const;

  Options options_;
  std::uint32_t origins_, caches_, nights_, series_ = 0;
  std::vector<Outages> origin_outages_, site_outages_, cache_outages_;
  std::vector<Second> phases_, skews_;
  std::vector<bool> slow_;
};

std::string_view text_of(Topology topology);

}  // namespace ingot::fleet_simulation
