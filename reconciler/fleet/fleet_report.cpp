#include "reconciler/fleet/fleet_report.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace ingot::fleet {

namespace {

using Entries = std::unordered_map<ImageIdentity, const ImageEntry*>;

/// What each server says, looked up by identity.
std::vector<Entries> entries_of(const std::vector<FleetWord>& servers) {
  std::vector<Entries> entries(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (!servers[i].catalog) continue;
    for (const auto& image : servers[i].catalog->images) entries[i].emplace(image.identity, &image);
  }
  return entries;
}

struct PublishedMember {
  ImageIdentity image;
  Serial since = 0;  ///< in the series and published
};

/// The published images of a series that its owner made, in their order.
std::vector<PublishedMember> published_members(const SeriesEntry& series, const ServerId& owner, const Entries& there) {
  std::vector<PublishedMember> members;
  for (const auto& member : series.members) {
    const auto image = there.find(member.image);
    if (member.image.origin == owner && image != there.end() && image->second->state() == ImageState::published)
      members.push_back({member.image, std::max(member.added, image->second->states.back().since)});
  }
  return members;
}

SeriesStanding standing_of(const std::vector<PublishedMember>& members, const FleetWord& server, const Entries& here,
                           const HeadTimes& heads) {
  if (!server.catalog) return {.standing = Standing::unknown, .is_certain = false, .has = std::nullopt};
  SeriesStanding standing{.is_certain = server.trouble == Code::none, .has = std::nullopt};
  const auto newest =
      std::find_if(members.rbegin(), members.rend(), [&](const PublishedMember& member) { return here.contains(member.image); });
  if (newest == members.rend()) return standing;
  standing.has = newest->image.name;
  standing.behind = static_cast<std::uint64_t>(newest - members.rbegin());
  standing.standing = standing.behind == 0 ? Standing::current : Standing::behind;
  if (standing.behind > 0) {
    const auto first = std::min_element(members.rbegin(), newest, [](const PublishedMember& one, const PublishedMember& other) {
      return one.since < other.since;
    });
    standing.since = time_of(first->since, heads);
  }
  return standing;
}

const HeadTimes& heads_of(std::size_t server, const std::vector<HeadTimes>& heads) {
  static const HeadTimes none;
  return server < heads.size() ? heads[server] : none;
}

void add_series(const std::vector<FleetWord>& servers, const std::vector<Entries>& entries, const std::vector<HeadTimes>& heads,
                FleetReport& report) {
  for (std::size_t owner = 0; owner < servers.size(); ++owner) {
    if (!servers[owner].catalog) continue;
    for (const auto& one : servers[owner].catalog->series) {
      const auto members = published_members(one, servers[owner].id, entries[owner]);
      if (members.empty()) continue;
      FleetSeries series{
          .origin = owner, .name = one.name, .latest = members.back().image.name, .members = members.size(), .standings = {}};
      for (std::size_t i = 0; i < servers.size(); ++i) {
        series.standings.push_back(standing_of(members, servers[i], entries[i], heads_of(owner, heads)));
        if (i == owner) series.standings.back().standing = Standing::owner;
        if (series.standings.back().standing == Standing::behind) ++series.affected;
      }
      report.series.push_back(std::move(series));
    }
  }
  std::stable_sort(report.series.begin(), report.series.end(),
                   [](const FleetSeries& one, const FleetSeries& other) { return one.affected > other.affected; });
}

/// As its origin publishes it; else as large as the image is.
std::uint64_t length_of(const ImageEntry& image, const std::unordered_map<ServerId, std::size_t>& places,
                        const std::vector<Entries>& entries) {
  if (const auto origin = places.find(image.identity.origin); origin != places.end()) {
    const auto made = entries[origin->second].find(image.identity);
    if (made != entries[origin->second].end() && made->second->packed) return made->second->packed->file.length;
  }
  return image.packed ? image.packed->file.length : image.size;
}

void add_bytes(const std::vector<FleetWord>& servers, const std::vector<Entries>& entries, FleetReport& report) {
  std::unordered_map<ServerId, std::size_t> places;
  for (std::size_t i = 0; i < servers.size(); ++i) places.emplace(servers[i].id, i);
  report.totals.resize(servers.size());
  for (std::size_t to = 0; to < servers.size(); ++to) {
    if (!servers[to].catalog) continue;
    std::map<ServerId, FleetCopies> from;
    std::unordered_set<Digest> counted;
    for (const auto& image : servers[to].catalog->images) {
      const std::uint64_t length = length_of(image, places, entries);
      if (counted.insert(image.digest).second) report.totals[to].bytes += length;
      const ServerId& origin = image.identity.origin;
      if (origin == servers[to].id) {
        ++report.totals[to].own;
        continue;
      }
      ++report.totals[to].copies;
      FleetCopies& copies = from[origin];
      const auto place = places.find(origin);
      copies.from = place == places.end() ? std::nullopt : std::optional(place->second);
      copies.from_name = copies.from ? servers[*copies.from].name : image.origin_name.text();
      copies.to = to;
      ++copies.images;
      copies.bytes += length;
    }
    const auto begin = static_cast<std::ptrdiff_t>(report.copies.size());
    for (auto& [id, copies] : from) report.copies.push_back(std::move(copies));
    std::stable_sort(report.copies.begin() + begin, report.copies.end(),
                     [](const FleetCopies& one, const FleetCopies& other) { return one.bytes > other.bytes; });
  }
}

/// Servers that answered and are behind in some series.
std::uint64_t servers_behind(const FleetReport& report, std::size_t servers) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < servers; ++i) {
    if (std::any_of(report.series.begin(), report.series.end(), [&](const FleetSeries& series) {
          return series.standings[i].standing == Standing::behind && series.standings[i].is_certain;
        }))
      ++count;
  }
  return count;
}

}  // namespace

std::optional<SerialTime> time_of(Serial serial, const HeadTimes& heads) {
  const auto first = heads.lower_bound(serial);
  if (first == heads.end()) return std::nullopt;
  return SerialTime{.time = first->second, .exact = first->first == serial};
}

FleetReport fleet_report(const std::vector<FleetWord>& servers, const std::vector<HeadTimes>& heads) {
  FleetReport report;
  const auto entries = entries_of(servers);
  add_series(servers, entries, heads, report);
  add_bytes(servers, entries, report);
  report.images = fleet_status(servers, {});
  report.servers_behind = servers_behind(report, servers.size());
  return report;
}

}  // namespace ingot::fleet
