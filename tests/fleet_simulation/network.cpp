#include "tests/fleet_simulation/network.hpp"

#include <algorithm>

namespace ingot::fleet_simulation {

namespace {

constexpr Second mirror_keeps_a_head = 0;  ///< as in examples/nginx.conf
constexpr Second edge_keeps_a_head = 60;
constexpr double origin_line = 125e6;  ///< bytes per second: 1 Gbit/s
constexpr double cache_line = 1250e6;  ///< 10 Gbit/s

/// Keys of the model are small; those of real servers are hashes.
constexpr std::uint64_t small_keys = std::uint64_t{1} << 32U;

/// When a line has given these bytes too, after all that it was asked for before.
double over_line(double& taken, std::uint64_t bytes, double bytes_a_second, Second at) {
  taken = std::max(taken, static_cast<double>(at)) + static_cast<double>(bytes) / bytes_a_second;
  return taken;
}

}  // namespace

bool Network::Cache::Held::has(std::uint64_t key) const {
  return key < small_keys ? key < low_files.size() && low_files[key] : other_files.contains(key);
}

void Network::Cache::Held::add(std::uint64_t key) {
  if (key >= small_keys) {
    other_files.insert(key);
    return;
  }
  if (key >= low_files.size()) low_files.resize(key + key / 2 + 1);
  low_files[key] = true;
}

Network::Network(const Fleet& fleet, std::function<Serial(std::uint32_t)> published,
                 std::function<std::uint64_t(std::uint32_t, Serial)> head_bytes)
    : fleet_(fleet),
      published_(std::move(published)),
      head_bytes_(std::move(head_bytes)),
      head_kept_(fleet.options().topology == Topology::cdn ? edge_keeps_a_head : mirror_keeps_a_head),
      holds_(fleet.caches(), Cache{.of = std::vector<Cache::Held>(fleet.origins())}),
      origins_(fleet.origins()),
      caches_(fleet.caches()),
      uploads_(fleet.origins()),
      origin_hours_(fleet.origins()),
      cache_hours_(fleet.caches()),
      upload_hours_(fleet.origins()),
      origin_lines_(fleet.origins()),
      cache_lines_(fleet.caches()) {}

std::size_t Network::urls() const { return fleet_.options().topology == Topology::mirrors ? 2 : 1; }

std::optional<std::uint32_t> Network::cache_at(std::uint32_t site, std::size_t url) const {
  if (fleet_.options().topology == Topology::star || url > 0) return std::nullopt;
  return fleet_.cache_of(site);
}

bool Network::origin_answers(std::uint32_t origin, Second at) const {
  return published_(origin) > 0 && (fleet_.options().topology == Topology::cdn || fleet_.origin_is_up(origin, at));
}

void Network::count(Load& load, Hour& now, const Fetch& what, Second at) {
  if (at >= now.began + hour) now = {.began = at - at % hour};
  load.served += what;
  now.served += what;
  load.busiest_hour_requests = std::max(load.busiest_hour_requests, now.served.requests);
  load.busiest_hour_bytes = std::max(load.busiest_hour_bytes, now.served.bytes);
}

bool Network::from_behind(std::uint32_t origin, const Fetch& what, Second at) {
  if (!origin_answers(origin, at)) return false;
  if (fleet_.options().topology != Topology::cdn) count(origins_[origin], origin_hours_[origin], what, at);
  return true;
}

std::optional<Serial> Network::head(std::uint32_t site, std::uint32_t origin, std::size_t url, Second at) {
  const std::scoped_lock lock(mutex_);
  const auto cache = cache_at(site, url);
  const Serial newest = published_(origin);
  if (!cache) {
    if (!origin_answers(origin, at)) return std::nullopt;
    count(origins_[origin], origin_hours_[origin], {.requests = 1, .bytes = head_bytes_(origin, newest)}, at);
    return newest;
  }
  if (!fleet_.cache_is_up(*cache, at)) return std::nullopt;
  Cache::Held& held = holds_[*cache].of[origin];
  if (held.serial == 0 || at >= held.fetched + head_kept_) {
    if (!from_behind(origin, {.requests = 1, .bytes = newest == 0 ? 0 : head_bytes_(origin, newest)}, at)) {
      ++caches_[*cache].failed;
      return std::nullopt;
    }
    held.serial = newest;
    held.fetched = at;
  }
  count(caches_[*cache], cache_hours_[*cache], {.requests = 1, .bytes = head_bytes_(origin, held.serial)}, at);
  return held.serial;
}

bool Network::file(std::uint32_t site, std::uint32_t origin, std::size_t url, std::uint64_t key, std::uint64_t bytes, Second at) {
  const Fetch one{.requests = 1, .bytes = bytes};
  if (const auto cache = cache_at(site, url); cache && fleet_.cache_is_up(*cache, at)) {
    const std::scoped_lock lock(mutex_);
    Cache::Held& held = holds_[*cache].of[origin];
    if (!held.has(key)) {
      if (!from_behind(origin, one, at)) {
        ++caches_[*cache].failed;
        return false;
      }
      held.add(key);
      if (fleet_.options().topology == Topology::mirrors) held.filled = over_line(origin_lines_[origin], bytes, origin_line, at);
    }
  }
  return files(site, origin, url, one, at);
}

bool Network::files(std::uint32_t site, std::uint32_t origin, std::size_t url, const Fetch& all, Second at) {
  const std::scoped_lock lock(mutex_);
  const auto cache = cache_at(site, url);
  if (cache ? !fleet_.cache_is_up(*cache, at) : !origin_answers(origin, at)) return false;
  if (cache)
    count(caches_[*cache], cache_hours_[*cache], all, at);
  else
    count(origins_[origin], origin_hours_[origin], all, at);
  return true;
}

void Network::upload(std::uint32_t origin, const Fetch& what, Second at) {
  count(uploads_[origin], upload_hours_[origin], what, at);
}

double Network::delivered(std::uint32_t site, std::uint32_t origin, std::size_t url, std::uint64_t bytes, Second at) {
  const auto cache = cache_at(site, url);
  return cache ? over_line(cache_lines_[*cache], bytes, cache_line, at)
               : over_line(origin_lines_[origin], bytes, origin_line, at);
}

}  // namespace ingot::fleet_simulation
