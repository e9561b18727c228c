// The simulated network: who answers whom, what lies in which cache, and how much each server has to give. The model and the
// transport of the real servers both ask it, each one of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/fleet_simulation/catalog_model.hpp"
#include "tests/fleet_simulation/fleet.hpp"

namespace ingot::fleet_simulation {

/// What a server, mirror or edge gave.
struct Load {
  Fetch served;
  std::uint64_t failed = 0;  ///< requests that it could not answer
  std::uint64_t busiest_hour_requests = 0;
  std::uint64_t busiest_hour_bytes = 0;
  bool operator==(const Load&) const = default;
};

class Network {
 public:
  /// `published`: the serial of the newest head of an origin, 0: none yet.
  Network(const Fleet& fleet, std::function<Serial(std::uint32_t origin)> published,
          std::function<std::uint64_t(std::uint32_t origin, Serial)> head_bytes);

  /// How many URLs a site has of each origin.
  std::size_t urls() const;

  // A site asks at one of its URLs. False, or nullopt: no answer.
  std::optional<Serial> head(std::uint32_t site, std::uint32_t origin, std::size_t url, Second at);
  /// A file that never changes; `key` tells it from all others of that origin.
  bool file(std::uint32_t site, std::uint32_t origin, std::size_t url, std::uint64_t key, std::uint64_t bytes, Second at);
  /// Files that are known to be where they are asked for.
  bool files(std::uint32_t site, std::uint32_t origin, std::size_t url, const Fetch& all, Second at);

  /// The cache that a URL leads to; nullopt: to the origin itself.
  std::optional<std::uint32_t> cache_at(std::uint32_t site, std::size_t url) const;

  /// An origin puts so much into a store.
  void upload(std::uint32_t origin, const Fetch& what, Second at);

  /// When a cache has got what it lacked of an origin.
  double filled(std::uint32_t site, std::uint32_t origin) const { return holds_[fleet_.cache_of(site)].of[origin].filled; }
  /// When the line of who answers at this URL has given `bytes` more, which were asked for at `at`.
  double delivered(std::uint32_t site, std::uint32_t origin, std::size_t url, std::uint64_t bytes, Second at);

  const std::vector<Load>& origins() const { return origins_; }
  const std::vector<Load>& caches() const { return caches_; }
  const std::vector<Load>& uploads() const { return uploads_; }

 private:
  struct Cache {
    struct Held {
      Serial serial = 0;
      Second fetched = 0;
      double filled = 0;
      std::vector<bool> low_files = {};
      std::unordered_set<std::uint64_t> other_files = {};
      void add(std::uint64_t key);
      bool has(std::uint64_t key) const;
    };
    std::vector<Held> of;  ///< by origin
  };
  struct Hour {
    Second began = -hour;
    Fetch served = {};
  };

  bool origin_answers(std::uint32_t origin, Second at) const;
  /// A cache asks the origin, or the store that the origin uploads to.
  bool from_behind(std::uint32_t origin, const Fetch& what, Second at);
  static void count(Load& load, Hour& now, const Fetch& what, Second at);

  const Fleet& fleet_;
  std::function<Serial(std::uint32_t)> published_;
  std::function<std::uint64_t(std::uint32_t, Serial)> head_bytes_;
  Second head_kept_;  ///< how long a cache gives a head without asking again
  std::mutex mutex_;  ///< of what follows
  std::vector<Cache> holds_;
  std::vector<Load> origins_, caches_, uploads_;
  std::vector<Hour> origin_hours_, cache_hours_, upload_hours_;
  std::vector<double> origin_lines_, cache_lines_;  ///< until when each line is taken
};

}  // namespace ingot::fleet_simulation
