// The model: all servers of the fleet, second by second, without their disks. What a site asks for is reckoned as the real code
// does it; `check.hpp` holds that against real servers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "schema/catalog/catalog.hpp"
#include "tests/fleet_simulation/catalog_model.hpp"
#include "tests/fleet_simulation/fleet.hpp"
#include "tests/fleet_simulation/network.hpp"

namespace ingot::fleet_simulation {

/// What the bytes of an image are.
struct Bytes {
  Digest digest;
  std::uint64_t size = 0;
  Packed packed;
};

/// An origin: its catalog, and which images each of its series shows.
class OriginModel {
 public:
  OriginModel(const Fleet& fleet, std::uint32_t number, ServerId id);

  /// Does what is to be done then; false: no new head came of it.
  bool run(const OriginRun& run, const std::function<Bytes(std::uint32_t image)>& bytes);

  /// An image that a head shows.
  struct Shown {
    std::uint32_t image = 0;
    Serial created = 0;
    Serial withdrawn = 0;  ///< 0: it is not
    std::uint64_t file_bytes = 0;
    std::uint64_t table_bytes = 0;  ///< 0: it has no table
  };
  CatalogModel catalog;
  std::vector<std::vector<Shown>> shown;  ///< by series, in the order in which they came

 private:
  ImageEntry entry_of(std::uint32_t image, Serial created, const Bytes& bytes) const;

  const Fleet& fleet_;
  std::uint32_t number_;
  std::vector<std::size_t> places_;  ///< in its series, by image; of the public ones
  std::map<std::uint32_t, ImageEntry> may_be_withdrawn_;
};

/// What came of a site's asking all its peers.
struct Poll {
  std::uint64_t copies = 0;
  Fetch heads;   ///< requests for heads and roots that were answered
  Fetch pieces;  ///< indexes and pages
  Fetch images;
  bool has_news = false;  ///< a catalog was read anew, or an image was wanted
  bool has_failed = false;
  Second finished = 0;
};

struct SiteTotals {
  std::uint64_t polls = 0;
  std::uint64_t idle = 0;      ///< polls without news and failures
  std::uint64_t read = 0;      ///< polls that read a new catalog
  std::uint64_t failed = 0;    ///< polls in which a peer did not answer, or was not trusted
  std::uint64_t recorded = 0;  ///< runs that did something
  std::uint64_t copies = 0;
  Fetch idle_heads;  ///< of idle polls
  Fetch heads, pieces, images;
};

class FleetModel {
 public:
  /// `ids`: of the origins.
  FleetModel(const Fleet& fleet, const std::vector<ServerId>& ids);

  void run_origin(std::uint32_t origin, const OriginRun& run, const std::function<Bytes(std::uint32_t image)>& bytes);
  /// nullopt: the site is down, or its last run goes on.
  std::optional<Poll> poll(std::uint32_t site, Second at);

  const OriginModel& origin(std::uint32_t number) const { return origins_[number]; }
  const Network& network() const { return network_; }
  const SiteTotals& totals() const { return totals_; }
  /// The heads and roots of trust that the last poll asked for, answered or not.
  struct Asked {
    std::uint32_t origin;
    std::size_t url;
    bool is_root;
  };
  const std::vector<Asked>& asked() const { return asked_; }
  /// Whether a site has all that it wants of what is published.
  bool has_all(std::uint32_t site) const;
  /// The images of one origin that a site has, or had before they were withdrawn.
  std::vector<OriginModel::Shown> copies_of(std::uint32_t site, std::uint32_t origin) const;

  /// For each image that all sites want, after how many seconds so many of them had it.
  struct Spread {
    double half = 0, most = 0, all = 0;  ///< most: 95 %
  };
  std::vector<Spread> spreads() const;

 private:
  /// What a site knows of an origin.
  struct Known {
    bool root = false;
    Serial floor = 0;
    Serial read = 0;                                        ///< the head whose catalog was read last
    std::array<std::size_t, 2> next{};                      ///< the first image of each followed series that was not looked at
    std::vector<std::pair<int, std::size_t>> missing = {};  ///< series and place of what could not be had
    std::vector<std::pair<int, std::size_t>> passed = {};   ///< of what was withdrawn before it came
  };
  struct Site {
    std::vector<Known> of;
    Second busy_until = 0;
  };
  enum class Answer { good, none, stale, untrusted };

  std::optional<Serial> ask_for_head(std::uint32_t site, std::uint32_t origin, std::size_t url, Second at, Poll& poll);

  void ask(std::uint32_t site, std::uint32_t origin, Second at, Poll& poll);
  Answer ask_at(std::uint32_t site, std::uint32_t origin, std::size_t url, Second at, Poll& poll);
  bool read_catalog(std::uint32_t site, std::uint32_t origin, std::size_t url, Serial to, Second at, Poll& poll);
  void copy_wanted(std::uint32_t site, std::uint32_t origin, Second at, Poll& poll);
  bool copy(std::uint32_t site, std::uint32_t origin, const OriginModel::Shown& image, Second at, Poll& poll);
  void count(const Poll& poll);
  const OriginModel::Shown& shown(std::uint32_t site, std::uint32_t origin, int which, std::size_t place) const {
    return origins_[origin].shown[fleet_.followed(site, which)][place];
  }

  const Fleet& fleet_;
  std::vector<OriginModel> origins_;
  Network network_;
  std::vector<Site> sites_;
  /// What lies whole in a cache: of an origin, from a serial to another.
  std::vector<std::map<std::pair<Serial, Serial>, bool>> whole_in_cache_;
  std::vector<std::vector<std::vector<float>>> lags_;  ///< seconds, by origin, place in the first series, site
  /// What came with this poll, and the line that it came over.
  struct Came {
    std::uint32_t origin;
    std::size_t url;
    std::uint64_t bytes;
  };
  std::vector<Came> came_;
  std::vector<Asked> asked_;
  std::vector<std::pair<std::uint32_t, std::size_t>> came_for_all_;
  SiteTotals totals_;
};

/// Bytes of an image that nobody makes.
Bytes imagined_bytes(const Fleet& fleet, std::uint32_t origin, std::uint32_t image);

/// An identity that follows from the seed.
ServerId imagined_id(const Fleet& fleet, std::uint32_t origin);

/// Calls them in the order of time: `publish` before `ask` in the same second.
void play(const Fleet& fleet, const std::function<void(std::uint32_t origin, const OriginRun&)>& publish,
          const std::function<void(std::uint32_t site, Second at)>& ask);

}  // namespace ingot::fleet_simulation
