#include "reconciler/fleet/fleet_status.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "reconciler/fleet/fleet_wants.hpp"
#include "reconciler/fleet/held_images.hpp"
#include "schema/exit_code.hpp"

namespace ingot::fleet {

namespace {

/// Member → its place in a series of the origin.
struct Membership {
  const SeriesEntry* series = nullptr;
  std::size_t place = 0;
};

/// The servers' catalogs, looked up.
class FleetTestimony {
 public:
  FleetTestimony(const std::vector<FleetWord>& servers, const std::vector<FleetMember>& members)
      : servers_(servers), wants_(servers, members) {
    for (const FleetWord& server : servers) {
      held_.push_back(server.catalog ? HeldImages(*server.catalog) : HeldImages());
      if (!server.catalog) continue;
      for (const auto& series : server.catalog->series) add_series(series, server.id);
      for (const auto& image : server.catalog->images) {
        if (image.identity.origin == server.id) made_.emplace(std::pair(image.identity.name, image.digest), image.identity);
        if (image.state() == ImageState::withdrawn && !this->server(image.identity.origin))
          withdrawn_[{image.identity.name, image.digest}].insert(image.identity.origin);
      }
    }
    for (auto& [series, first] : first_held_) {
      for (std::size_t i = 0; i < servers.size(); ++i) first.push_back(first_held(*series, i));
    }
  }

  const std::vector<FleetWord>& servers() const { return servers_; }
  FleetWant want(std::size_t server, const ImageIdentity& image) const {
    return wants_.of(server, image, entry(server, image) != nullptr);
  }
  const ImageEntry* entry(std::size_t server, const ImageIdentity& image) const {
    const auto origin = this->server(image.origin);
    const ImageEntry* const made = origin ? held_[*origin].find(image) : nullptr;
    return made != nullptr ? held_[server].find(image, made->digest) : held_[server].find(image);
  }
  /// Of an image whose origin does not list it, or was not asked, and that another server has taken over: that one's.
  ImageIdentity owned(const ImageEntry& image) const {
    if (at_origin(image.identity) != nullptr) return image.identity;
    const auto taken_over = made_.find({image.identity.name, image.digest});
    return taken_over == made_.end() ? image.identity : taken_over->second;
  }
  std::optional<std::size_t> server(const ServerId& id) const {
    const auto found = std::find_if(servers_.begin(), servers_.end(), [&](const FleetWord& word) { return word.id == id; });
    return found == servers_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - servers_.begin()));
  }
  /// The series of its origin that an image is in.
  const std::vector<Membership>& memberships(const ImageIdentity& image) const {
    static const std::vector<Membership> none;
    const auto found = memberships_.find(image);
    return found == memberships_.end() ? none : found->second;
  }
  /// Whether the server has a member of the series that is older than this one.
  bool has_older(std::size_t server, const Membership& in) const { return first_held_.at(in.series)[server] < in.place; }
  /// Whether an image of the same name and bytes was withdrawn by another origin, which is gone: its copies know what a server
  /// that took one over before did not see.
  bool is_withdrawn_by_lost_origin(const ImageIdentity& image, const Digest& digest) const {
    const auto found = withdrawn_.find({image.name, digest});
    return found != withdrawn_.end() && (found->second.size() > 1 || !found->second.contains(image.origin));
  }
  /// What its origin says of an image now.
  const ImageEntry* at_origin(const ImageIdentity& image) const {
    const auto origin = server(image.origin);
    return origin ? held_[*origin].find(image) : nullptr;
  }

 private:
  void add_series(const SeriesEntry& series, const ServerId& owner) {
    first_held_.try_emplace(&series);
    for (std::size_t i = 0; i < series.members.size(); ++i) {
      if (series.members[i].image.origin == owner) memberships_[series.members[i].image].push_back({&series, i});
    }
  }

  std::size_t first_held(const SeriesEntry& series, std::size_t server) const {
    const auto found = std::find_if(series.members.begin(), series.members.end(),
                                    [&](const SeriesMember& member) { return entry(server, member.image) != nullptr; });
    return static_cast<std::size_t>(found - series.members.begin());
  }

  const std::vector<FleetWord>& servers_;
  FleetWants wants_;
  std::vector<HeldImages> held_;
  std::map<std::pair<ImageName, Digest>, ImageIdentity> made_;  ///< by the servers themselves
  /// Of each series, for each server: the place of the first member that the server has; the number of members if it has none.
  std::unordered_map<const SeriesEntry*, std::vector<std::size_t>> first_held_;
  std::unordered_map<ImageIdentity, std::vector<Membership>> memberships_;
  /// The origins of withdrawn copies, as far as they are none of the servers.
  std::map<std::pair<ImageName, Digest>, std::set<ServerId>> withdrawn_;
};

bool is_withdrawn(const ImageEntry* image) { return image != nullptr && image->state() == ImageState::withdrawn; }

/// Whether the server has a copy of an older member of one of its series: then its rule should have brought this one, too.
bool follows_its_series(const FleetTestimony& words, std::size_t server, const ImageIdentity& image) {
  const auto& memberships = words.memberships(image);
  return std::any_of(memberships.begin(), memberships.end(), [&](const Membership& in) { return words.has_older(server, in); });
}

Holding holding_of(const FleetTestimony& words, std::size_t server, const ImageIdentity& image, Wanted wanted) {
  const ImageEntry* const here = words.entry(server, image);
  const ImageEntry* const origin = words.at_origin(image);
  if (here == nullptr) {
    if (wanted != Wanted::unknown) return wanted == Wanted::yes ? Holding::waiting : Holding::absent;
    const bool may_come = origin != nullptr && !is_withdrawn(origin) && words.servers()[server].id != image.origin;
    return may_come && follows_its_series(words, server, image) ? Holding::waiting : Holding::absent;
  }
  if (origin != nullptr && origin->digest != here->digest) return Holding::differs;
  if (is_withdrawn(here)) return Holding::withdrawn;
  return words.servers()[server].id == image.origin ? Holding::origin : Holding::present;
}

FleetHolding at_server(const FleetTestimony& words, std::size_t server, const ImageIdentity& image) {
  const FleetWord& word = words.servers()[server];
  if (!word.catalog) return {.holding = std::nullopt, .is_certain = false};
  FleetWant want = words.want(server, image);
  const Holding holding = holding_of(words, server, image, want.wanted);
  const ImageEntry* const here = words.entry(server, image);
  const bool is_good = holding == Holding::present || holding == Holding::origin;
  return {.holding = holding,
          .is_certain = word.trouble == Code::none,
          .misses_withdrawal = is_good && (is_withdrawn(words.at_origin(image)) ||
                                           (here != nullptr && words.is_withdrawn_by_lost_origin(image, here->digest))),
          .want = std::move(want)};
}

FleetImage image_of(const FleetTestimony& words, const ImageEntry& entry) {
  const ImageIdentity& identity = entry.identity;
  const ImageEntry* const origin = words.at_origin(identity);
  const auto server = words.server(identity.origin);
  FleetImage image{.identity = identity,
                   .origin = server ? words.servers()[*server].name : entry.origin_name.text(),
                   .digest = origin != nullptr ? std::optional(origin->digest) : std::nullopt,
                   .withdrawn = is_withdrawn(origin),
                   .series = {},
                   .holdings = {}};
  for (const auto& in : words.memberships(identity)) image.series.push_back(in.series->name);
  for (std::size_t i = 0; i < words.servers().size(); ++i) image.holdings.push_back(at_server(words, i, identity));
  return image;
}

/// The images of all series of that name, each once, in their order.
std::vector<ImageIdentity> members_of(const std::vector<FleetWord>& servers, const std::string& name) {
  std::vector<ImageIdentity> members;
  std::set<ImageIdentity> seen;
  for (const auto& server : servers) {
    if (!server.catalog) continue;
    for (const auto& series : server.catalog->series) {
      if (series.name.text() != name) continue;
      for (const auto& member : series.members) {
        if (seen.insert(member.image).second) members.push_back(member.image);
      }
    }
  }
  return members;
}

std::map<ImageIdentity, const ImageEntry*> all_images(const std::vector<FleetWord>& servers) {
  std::map<ImageIdentity, const ImageEntry*> all;
  for (const auto& server : servers) {
    if (!server.catalog) continue;
    for (const auto& image : server.catalog->images) all.emplace(image.identity, &image);
  }
  return all;
}

std::set<ImageIdentity> called(const std::vector<FleetWord>& servers, const std::string& name) {
  std::set<ImageIdentity> images;
  for (const auto& server : servers) {
    if (!server.catalog) continue;
    for (const auto& image : server.catalog->images) {
      if (image.name.text() == name || image.identity.name.text() == name) images.insert(image.identity);
    }
  }
  return images;
}

}  // namespace

std::string_view text_of(Holding holding) {
  switch (holding) {
    case Holding::origin: return "origin";
    case Holding::present: return "present";
    case Holding::withdrawn: return "withdrawn";
    case Holding::waiting: return "waiting";
    case Holding::absent: return "absent";
    case Holding::differs: return "differs";
  }
  return "";
}

std::vector<FleetImage> fleet_status(const std::vector<FleetWord>& servers, const FleetQuestion& question,
                                     const std::vector<FleetMember>& members) {
  const FleetTestimony words(servers, members);
  const auto all = all_images(servers);
  std::vector<FleetImage> images;
  std::set<ImageIdentity> shown;
  const auto show = [&](const ImageIdentity& identity) {
    const auto entry = all.find(identity);
    if (entry == all.end()) return;
    const ImageIdentity owned = words.owned(*entry->second);
    if (shown.insert(owned).second) images.push_back(image_of(words, *all.at(owned)));
  };
  if (!question.series.empty()) {
    for (const auto& member : members_of(servers, question.series)) show(member);
    return images;
  }
  const auto wanted = called(servers, question.image);
  for (const auto& [identity, entry] : all) {
    if (question.image.empty() || wanted.contains(identity)) show(identity);
  }
  std::stable_sort(images.begin(), images.end(), [](const FleetImage& one, const FleetImage& other) {
    return std::tie(one.origin, one.identity.name, one.identity.created) <
           std::tie(other.origin, other.identity.name, other.identity.created);
  });
  return images;
}

int exit_code_of(const std::vector<FleetWord>& servers, const std::vector<FleetImage>& images) {
  int exit = exit_done;
  for (const auto& server : servers) {
    if (server.trouble != Code::none)
      exit = worse_exit_code(exit, server.trouble == Code::untrusted ? exit_untrusted : exit_incomplete);
  }
  for (const auto& image : images) {
    for (const auto& held : image.holdings) {
      if (held.holding == Holding::differs) exit = worse_exit_code(exit, exit_untrusted);
      if (held.is_certain && (held.misses_withdrawal || held.holding == Holding::waiting))
        exit = worse_exit_code(exit, exit_changes);
    }
  }
  return exit;
}

}  // namespace ingot::fleet
