#include "reconciler/fleet/fleet_report.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "reconciler/fleet/fleet_wants.hpp"
#include "reconciler/fleet/held_images.hpp"

namespace ingot::fleet {

namespace {

/// What the servers say.
struct Words {
  const std::vector<FleetWord>& servers;
  std::vector<HeldImages> held = {};
  FleetWants wants;
};

Words words_of(const std::vector<FleetWord>& servers, const std::vector<FleetMember>& members) {
  Words words{.servers = servers, .wants = FleetWants(servers, members)};
  for (const FleetWord& server : servers) words.held.push_back(server.catalog ? HeldImages(*server.catalog) : HeldImages());
  return words;
}

/// An image of a series that its owner made.
struct OwnMember {
  ImageIdentity image;
  const ImageEntry* made = nullptr;  ///< what the owner says of it; null: the owner does not list it any more
  bool published = false;
  Serial since = 0;  ///< published: in the series and published
};

/// In their order.
std::vector<OwnMember> own_members(const SeriesEntry& series, const ServerId& owner, const HeldImages& there) {
  std::vector<OwnMember> members;
  for (const auto& member : series.members) {
    if (member.image.origin != owner) continue;
    OwnMember own{.image = member.image, .made = there.find(member.image)};
    own.published = own.made != nullptr && own.made->state() == ImageState::published;
    if (own.published) own.since = std::max(member.added, own.made->states.back().since);
    members.push_back(std::move(own));
  }
  return members;
}

/// Whether a server has the image. Other bytes under its identity are not the image.
bool holds(const HeldImages& here, const OwnMember& member) {
  if (member.made == nullptr) return here.find(member.image) != nullptr;
  const ImageEntry* const image = here.find(member.image, member.made->digest);
  return image != nullptr && member.made->digest == image->digest;
}

/// Of all members, also those that are withdrawn by now: a server that has one of them follows the series. Where a server says
/// what it wants, it lacks what it wants; else what is newer than what it has.
SeriesStanding standing_of(const std::vector<OwnMember>& members, const Words& words, std::size_t server,
                           const HeadTimes& heads) {
  const FleetWord& word = words.servers[server];
  if (!word.catalog) return {.standing = Standing::unknown, .is_certain = false, .has = std::nullopt};
  SeriesStanding standing{.is_certain = word.trouble == Code::none, .has = std::nullopt};
  const auto newest =
      std::find_if(members.rbegin(), members.rend(), [&](const OwnMember& member) { return holds(words.held[server], member); });
  const bool follows = newest != members.rend();
  if (follows) standing.has = newest->image.name;
  std::optional<Serial> first;
  for (auto newer = members.rbegin(); newer != newest; ++newer) {
    const Wanted wanted = words.wants.of(server, newer->image, false).wanted;
    if (!newer->published || wanted == Wanted::no || (wanted == Wanted::unknown && !follows)) continue;
    ++standing.behind;
    first = std::min(first.value_or(newer->since), newer->since);
  }
  if (standing.behind > 0)
    standing.standing = Standing::behind;
  else if (follows)
    standing.standing = Standing::current;
  if (first) standing.since = time_of(*first, heads);
  return standing;
}

const HeadTimes& heads_of(std::size_t server, const std::vector<HeadTimes>& heads) {
  static const HeadTimes none;
  return server < heads.size() ? heads[server] : none;
}

void add_series(const Words& words, const std::vector<HeadTimes>& heads, FleetReport& report) {
  const std::vector<FleetWord>& servers = words.servers;
  for (std::size_t owner = 0; owner < servers.size(); ++owner) {
    if (!servers[owner].catalog) continue;
    for (const auto& one : servers[owner].catalog->series) {
      const auto members = own_members(one, servers[owner].id, words.held[owner]);
      const auto is_published = [](const OwnMember& member) { return member.published; };
      const auto latest = std::find_if(members.rbegin(), members.rend(), is_published);
      if (latest == members.rend()) continue;
      FleetSeries series{.origin = owner,
                         .name = one.name,
                         .latest = latest->image.name,
                         .members = static_cast<std::uint64_t>(std::count_if(members.begin(), members.end(), is_published)),
                         .standings = {}};
      for (std::size_t i = 0; i < servers.size(); ++i) {
        series.standings.push_back(standing_of(members, words, i, heads_of(owner, heads)));
        if (i == owner) series.standings.back().standing = Standing::owner;
        if (series.standings.back().standing != Standing::behind) continue;
        ++(series.standings.back().is_certain ? series.affected : series.maybe_affected);
      }
      report.series.push_back(std::move(series));
    }
  }
  std::stable_sort(report.series.begin(), report.series.end(), [](const FleetSeries& one, const FleetSeries& other) {
    return std::tie(one.affected, one.maybe_affected) > std::tie(other.affected, other.maybe_affected);
  });
}

/// As its origin publishes it; else as large as the image is.
std::uint64_t length_of(const ImageEntry& image, const std::unordered_map<ServerId, std::size_t>& places,
                        const std::vector<HeldImages>& held) {
  if (const auto origin = places.find(image.identity.origin); origin != places.end()) {
    const ImageEntry* const made = held[origin->second].find(image.identity);
    if (made != nullptr && made->packed) return made->packed->file.length;
  }
  return image.packed ? image.packed->file.length : image.size;
}

void add_bytes(const std::vector<FleetWord>& servers, const std::vector<HeldImages>& held, FleetReport& report) {
  std::unordered_map<ServerId, std::size_t> places;
  for (std::size_t i = 0; i < servers.size(); ++i) places.emplace(servers[i].id, i);
  report.totals.resize(servers.size());
  for (std::size_t to = 0; to < servers.size(); ++to) {
    if (!servers[to].catalog) continue;
    std::map<ServerId, FleetCopies> from;
    std::unordered_set<Digest> counted;
    for (const auto& image : servers[to].catalog->images) {
      const std::uint64_t bytes = counted.insert(image.digest).second ? length_of(image, places, held) : 0;
      report.totals[to].bytes += bytes;
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
      copies.bytes += bytes;
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

FleetReport fleet_report(const std::vector<FleetWord>& servers, const std::vector<HeadTimes>& heads,
                         const std::vector<FleetMember>& members) {
  FleetReport report;
  const Words words = words_of(servers, members);
  add_series(words, heads, report);
  add_bytes(servers, words.held, report);
  report.images = fleet_status(servers, {}, members);
  report.servers_behind = servers_behind(report, servers.size());
  return report;
}

}  // namespace ingot::fleet
