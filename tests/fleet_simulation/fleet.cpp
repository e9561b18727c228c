#include "tests/fleet_simulation/fleet.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace ingot::fleet_simulation {

namespace {

/// What a hash is of.
enum What : std::uint64_t { a_phase = 1, a_slow_site, a_skewed_site, a_skew, an_outage, a_night, an_image, a_size };

/// splitmix64
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31U);
}

/// From 0 to 1.
double share(std::uint64_t hash) { return static_cast<double>(hash >> 11U) / 9007199254740992.0; }

constexpr std::uint32_t days_until_withdrawn = 7;

}  // namespace

std::string_view text_of(Topology topology) {
  switch (topology) {
    case Topology::star: return "star";
    case Topology::mirrors: return "mirrors";
    case Topology::cdn: return "cdn";
  }
  return "";
}

Fleet::Fleet(const Options& options)
    : options_(options),
      origins_(std::max<std::uint32_t>(2, options.servers / 100)),
      caches_(options.topology == Topology::star ? 0 : origins_),
      nights_(static_cast<std::uint32_t>(std::ceil(options.years * 365))) {
  if (options.servers < origins_ + 2 || options.images < origins_ * 4 || nights_ == 0)
    throw std::invalid_argument("a fleet has at least 4 servers, 8 images and a day");
  series_ = std::clamp<std::uint32_t>(images_of_an_origin() / 50, 2, 200);
  for (std::uint32_t i = 0; i < origins_; ++i) origin_outages_.push_back(outages(i));
  for (std::uint32_t i = 0; i < caches_; ++i)
    cache_outages_.push_back(options.topology == Topology::cdn ? Outages() : outages(1'000'000 + i));
  for (std::uint32_t i = 0; i < sites(); ++i) {
    site_outages_.push_back(outages(2'000'000 + i));
    phases_.push_back(static_cast<Second>(hash(a_phase, i) % hour));
    slow_.push_back(falls_to(options.slow, a_slow_site, i));
    const auto off = static_cast<Second>(hash(a_skew, i) % (4 * hour)) - 2 * hour;
    skews_.push_back(falls_to(options.skew, a_skewed_site, i) ? off : 0);
  }
}

std::uint64_t Fleet::hash(std::uint64_t what, std::uint64_t which) const {
  return mixed(mixed(options_.seed * 31ULL + what) + which);
}

bool Fleet::falls_to(double percent, std::uint64_t what, std::uint64_t which) const {
  return share(hash(what, which)) * 100 < percent;
}

/// Half a day in the middle, with as much time between them as makes the share of servers that are down.
Fleet::Outages Fleet::outages(std::uint64_t seed) const {
  Outages found;
  if (options_.down <= 0) return found;
  const double down = 12.0 * hour;
  const double up = down * (100 - options_.down) / options_.down;
  double at = 0;
  for (std::uint64_t i = 0;; i += 2) {
    at += -up * std::log(1 - share(hash(an_outage, seed * 1'000'000 + i)));
    const double until = at - down * std::log(1 - share(hash(an_outage, seed * 1'000'000 + i + 1)));
    if (at >= static_cast<double>(quiet_from())) return found;
    found.push_back({static_cast<Second>(at), std::min(static_cast<Second>(until), quiet_from())});
    at = until;
  }
}

bool Fleet::is_up(const Outages& outages, Second at) {
  const auto next = std::upper_bound(outages.begin(), outages.end(), at,
                                     [](Second moment, const Outage& outage) { return moment < outage.from; });
  return next == outages.begin() || at >= std::prev(next)->to;
}

std::string Fleet::origin_name(std::uint32_t origin) const { return fmt::format("origin-{}", origin); }
std::string Fleet::series_name(std::uint32_t series) const { return fmt::format("s{:03}", series); }
std::string Fleet::image_name(std::uint32_t origin, std::uint32_t image) const {
  return fmt::format("o{}-s{:03}-{:06}", origin, series_of(image), image);
}

bool Fleet::is_private(std::uint32_t origin, std::uint32_t image) const {
  return hash(an_image, origin * 10'000'000ULL + image) % 100 == 0;
}
bool Fleet::is_withdrawn(std::uint32_t origin, std::uint32_t image) const {
  return hash(an_image, origin * 10'000'000ULL + image) % 100 == 1;
}

/// 0.4 to 4 GB, half of that packed.
std::uint64_t Fleet::size(std::uint32_t origin, std::uint32_t image) const {
  return 400'000'000 + hash(a_size, origin * 10'000'000ULL + image) % 3'600'000'000ULL;
}

std::vector<OriginRun> Fleet::runs_of(std::uint32_t origin) const {
  std::vector<OriginRun> runs;
  const std::uint64_t images = images_of_an_origin();
  const auto up_to = [&](std::uint64_t night) { return static_cast<std::uint32_t>(images * night / nights_); };
  const Second begins = hour + static_cast<Second>(hash(a_night, origin) % (4 * hour));
  for (std::uint32_t night = 0; night < nights_; ++night) {
    OriginRun run{.at = Second{night} * day + begins, .first = up_to(night), .end = up_to(night + 1)};
    for (const Outage& outage : origin_outages_[origin]) {
      if (outage.from <= run.at && run.at < outage.to) run.at = outage.to;  // it catches up when it is back
    }
    if (!runs.empty()) run.at = std::max(run.at, runs.back().at + 60);
    if (night >= days_until_withdrawn) {
      for (std::uint32_t i = up_to(night - days_until_withdrawn); i < up_to(night - days_until_withdrawn + 1); ++i) {
        if (is_withdrawn(origin, i)) run.withdrawn.push_back(i);
      }
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace ingot::fleet_simulation
