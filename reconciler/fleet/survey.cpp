#include "reconciler/fleet/survey.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

namespace ingot::fleet {

namespace {

using ByName = std::map<ImageName, ImageIdentity>;

/// How many members bear this name.
std::size_t bearers(const FleetSurvey& survey, const ServerName& name) {
  return static_cast<std::size_t>(std::count_if(survey.members.begin(), survey.members.end(),
                                                [&](const FleetMember& member) { return member.manifest.server.name == name; }));
}

/// By its root; a member whose card is not there, or whose root is another than the peer's card says, by its name.
FleetPeer resolve(const FleetSurvey& survey, std::size_t member, const PeerEntry& entry) {
  FleetPeer peer{.member = member, .entry = &entry, .means = std::nullopt};
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    const auto& card = survey.members[i].card;
    if (card && card->id == entry.card.id) peer.means = i;
  }
  for (std::size_t i = 0; i < survey.members.size() && !peer.means; ++i) {
    const bool another_of_that_name =
        i == member && survey.members[i].card.has_value();  // R1: it may bear this server's own name
    if (another_of_that_name || survey.manifest(i).server.name != entry.card.name || bearers(survey, entry.card.name) != 1)
      continue;
    peer.means = i;
    peer.wrong_root = survey.members[i].card.has_value();
  }
  return peer;
}

/// A root that no server has, for one that nobody says the root of.
ServerId made_up(std::size_t member) {
  ServerId id;
  for (std::size_t i = 0; i < sizeof member; ++i) id.root.bytes[i] = static_cast<std::uint8_t>(member >> (8 * i));
  return id;
}

void add_ids(FleetSurvey& survey) {
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    const auto& card = survey.members[i].card;
    const auto named =
        std::find_if(survey.peers.begin(), survey.peers.end(), [&](const FleetPeer& peer) { return peer.means == i; });
    survey.ids.push_back(card ? card->id : named != survey.peers.end() ? named->entry->card.id : made_up(i));
  }
}

/// Those that it declares, and the copies that it took over: of these a manifest says little more than the name.
std::vector<LocalImage> own_images(const Manifest& manifest) {
  std::vector<LocalImage> images = manifest.images;
  for (const CopyEntry& copy : manifest.copies) {
    const bool is_declared =
        std::any_of(images.begin(), images.end(), [&](const LocalImage& image) { return image.name == copy.name; });
    if (!copy.adopt || is_declared) continue;
    LocalImage image{.name = copy.name};
    image.state = copy.state.value_or(image.state);
    images.push_back(std::move(image));
  }
  return images;
}

/// Own public images by name, and copies by the name that they get here.
ByName names_of(const FleetSurvey& survey, std::size_t member) {
  ByName names;
  for (const auto& image : own_images(survey.manifest(member))) {
    if (!image.is_private) names.emplace(image.name, ImageIdentity{survey.ids[member], image.name, 1});
  }
  for (const auto& arrival : survey.arrivals[member]) {
    if (arrival.name) names.emplace(*arrival.name, arrival.image.identity);
  }
  return names;
}

/// The nearest public ancestor (R15).
std::optional<ImageIdentity> parent_of(const LocalImage& image, const Manifest& manifest, const ByName& names) {
  auto parent = image.parent;
  for (std::size_t steps = 0; parent && steps <= manifest.images.size(); ++steps) {
    if (const auto found = names.find(*parent); found != names.end()) return found->second;
    const auto own =
        std::find_if(manifest.images.begin(), manifest.images.end(), [&](const LocalImage& one) { return one.name == *parent; });
    parent = own == manifest.images.end() ? std::nullopt : own->parent;
  }
  return std::nullopt;
}

ImageEntry entry_of(const LocalImage& image, const ServerName& server, ImageIdentity identity,
                    std::optional<ImageIdentity> parent) {
  return {.name = image.name,
          .identity = std::move(identity),
          .origin_name = server,
          .copied_from = {},
          .listed = 1,
          .digest = image.digest.value_or(Digest{}),
          .type = image.type,
          .version = image.version,
          .platform = image.platform,
          .description = {},
          .labels = image.labels,
          .states = {{image.state, 1}},
          .reason = {},
          .parent = std::move(parent),
          .packed = {}};
}

/// Members that the series of a member shows: those it names, or the copies here of the series that it follows.
std::vector<SeriesMember> members_of(const SeriesDeclaration& series, const FleetSurvey& survey, std::size_t member,
                                     const ByName& names) {
  std::vector<SeriesMember> members;
  for (const auto& image : series.images) {
    if (const auto found = names.find(image); found != names.end()) members.push_back({found->second, 1});
  }
  if (!series.follow) return members;
  const auto peer = std::find_if(survey.peers.begin(), survey.peers.end(), [&](const FleetPeer& one) {
    return one.member == member && one.entry->name == series.follow->peer;
  });
  if (peer == survey.peers.end() || !peer->means || peer->means >= survey.catalogs.size()) return members;
  for (const auto& followed : survey.catalogs[*peer->means].series) {
    if (followed.name != series.follow->series) continue;
    for (const auto& one : followed.members) {
      if (std::any_of(names.begin(), names.end(), [&](const auto& named) { return named.second == one.image; }))
        members.push_back(one);
    }
  }
  return members;
}

template <class Entries>
void sort_by_name(Entries& entries) {
  std::sort(entries.begin(), entries.end(), [](const auto& one, const auto& other) { return one.name < other.name; });
}

Catalog catalog_of(const FleetSurvey& survey, std::size_t member) {
  const Manifest& manifest = survey.manifest(member);
  const ByName names = names_of(survey, member);
  Catalog catalog;
  for (const auto& image : own_images(manifest)) {
    if (!image.is_private)
      catalog.images.push_back(entry_of(image, manifest.server.name, names.at(image.name), parent_of(image, manifest, names)));
  }
  for (const auto& arrival : survey.arrivals[member]) {
    if (!arrival.name || names.at(*arrival.name) != arrival.image.identity) continue;
    catalog.images.push_back(arrival.image);
    catalog.images.back().name = *arrival.name;
    catalog.images.back().copied_from = arrival.rule->peer->entry->name;
  }
  for (const auto& series : manifest.series)
    catalog.series.push_back({.name = series.name, .created = 1, .members = members_of(series, survey, member, names)});
  for (const auto& type : manifest.types) catalog.types.push_back({type.name, type.base});
  sort_by_name(catalog.images);
  sort_by_name(catalog.series);
  sort_by_name(catalog.types);
  return catalog;
}

/// Asks each rule what it wants of the peer's catalog: the planner's question.
void judge_rules(FleetSurvey& survey) {
  for (auto& rule : survey.rules) {
    if (!rule.peer->means || rule.peer->wrong_root) continue;
    const plan::PeerCase peer = case_of(*rule.peer->entry, survey.manifest(rule.peer->member));
    plan::CatalogIndex index(survey.catalogs[*rule.peer->means], survey.ids[*rule.peer->means]);
    rule.is_judged = true;
    rule.knows_selector = index.knows(rule.entry->selector);
    rule.like = index.names_like(rule.entry->selector);
    rule.evaluated = plan::judge(plan::Terms{.peer = &peer, .rule = rule.entry}, index);
  }
}

/// What comes to each member: an image once, by the first rule that wants it (R6).
void gather_arrivals(FleetSurvey& survey) {
  survey.arrivals.assign(survey.members.size(), {});
  std::vector<std::set<ImageIdentity>> here(survey.members.size());
  for (const auto& rule : survey.rules) {
    const std::size_t to = rule.peer->member;
    for (const auto& evaluated : rule.evaluated) {
      if (evaluated.verdict != plan::Verdict::wanted) continue;
      const ImageEntry& image = survey.catalogs[*rule.peer->means].images[evaluated.entry];
      if (!here[to].insert(image.identity).second) continue;
      survey.arrivals[to].push_back(
          {image, name_here(rule.entry->options.as, rule.peer->entry->name, image.identity.name), &rule});
    }
  }
}

void make_catalogs(FleetSurvey& survey) {
  std::vector<Catalog> catalogs;
  for (std::size_t i = 0; i < survey.members.size(); ++i) catalogs.push_back(catalog_of(survey, i));
  survey.catalogs = std::move(catalogs);
}

void add_peers_and_rules(FleetSurvey& survey) {
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    const auto& card = survey.members[i].card;
    for (const auto& entry : survey.manifest(i).peers) {
      FleetPeer peer = resolve(survey, i, entry);
      if (peer.means != i && !(card && card->id == entry.card.id)) survey.peers.push_back(peer);
    }
    for (const auto& rule : survey.manifest(i).subscriptions) {
      const auto peer = std::find_if(survey.peers.begin(), survey.peers.end(),
                                     [&](const FleetPeer& one) { return one.member == i && one.entry->name == rule.peer; });
      if (peer != survey.peers.end()) survey.rules.push_back({.peer = &*peer, .entry = &rule});
    }
  }
}

}  // namespace

plan::PeerCase case_of(const PeerEntry& peer, const Manifest& manifest) {
  plan::PeerCase known{.entry = &peer};
  for (const auto& copy : manifest.copies) {
    if (copy.peer == peer.name) known.copies.emplace(copy.name.text(), &copy);
  }
  return known;
}

std::string place_in(const Manifest& manifest, const At& at) {
  const auto slash = manifest.path.rfind('/');
  return (slash == std::string::npos ? "" : manifest.path.substr(0, slash + 1)) + at.text();
}

std::string FleetSurvey::called(std::size_t member) const {
  const ServerName& name = manifest(member).server.name;
  return bearers(*this, name) == 1 ? fmt::format("\"{}\"", name.text())
                                   : fmt::format("\"{}\" ({})", name.text(), manifest(member).path);
}

FleetSurvey survey_fleet(const std::vector<FleetMember>& members) {
  FleetSurvey survey{.members = members};
  add_peers_and_rules(survey);
  add_ids(survey);
  survey.arrivals.assign(members.size(), {});
  // What descends from a copy is known once the copies are: each round brings one more step of such a chain.
  constexpr int most_rounds = 8;
  std::size_t known = 0;
  for (int round = 0; round < most_rounds; ++round) {
    make_catalogs(survey);
    judge_rules(survey);
    gather_arrivals(survey);
    std::size_t now = 0;
    for (const auto& arrivals : survey.arrivals) now += arrivals.size();
    if (round > 0 && now == known) break;
    known = now;
  }
  return survey;
}

}  // namespace ingot::fleet
