// Names that collide: of servers, of images that meet on one server, of types; and R2 across sites.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "reconciler/fleet/survey.hpp"

namespace ingot::fleet {

namespace {

void find_same_servers(const FleetSurvey& survey, std::vector<FleetFinding>& findings) {
  for (std::size_t later = 0; later < survey.members.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const auto &one = survey.members[earlier], &other = survey.members[later];
      const std::string at = survey.place(later, other.manifest.server.at);
      if (one.card && other.card && one.card->id == other.card->id) {
        findings.push_back({Level::error, "same-root", at,
                            fmt::format("{} and {} have the same root: they would publish as one server", one.manifest.path,
                                        other.manifest.path),
                            "create one of them again with \"ingot init\", or leave out one manifest"});
      } else if (one.manifest.server.name.folded() == other.manifest.server.name.folded()) {
        findings.push_back({Level::warning, "same-name", at,
                            fmt::format("{} and {} are both called \"{}\": peers tell them apart by their roots, people do not",
                                        one.manifest.path, other.manifest.path, other.manifest.server.name.text()),
                            "give one of them another name"});
      }
    }
  }
}

/// R2 holds between a server and its peers; this looks at servers that are not registered yet, too.
void find_domain_names(const FleetSurvey& survey, std::vector<FleetFinding>& findings) {
  std::map<std::string, std::pair<std::size_t, std::string_view>> owners;  // of a client or target
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    const ServerSection& server = survey.manifest(i).server;
    const auto look_at = [&](const ServerName& name, std::string_view kind) {
      const std::string at = survey.place(i, server.at);
      for (std::size_t other = 0; other < survey.members.size(); ++other) {
        if (survey.manifest(other).server.name.folded() != name.folded()) continue;
        findings.push_back(
            {Level::error, "name-in-use", at,
             fmt::format("a {} of {} is called \"{}\", which is the name of the server at {}: they can never be peers", kind,
                         survey.called(i), name.text(), survey.manifest(other).path),
             fmt::format("rename the {}, or the server", kind)});
      }
      const auto [owner, is_new] = owners.try_emplace(name.folded(), i, kind);
      if (is_new || owner->second.first == i) return;
      findings.push_back({Level::warning, "shared-name", at,
                          fmt::format("\"{}\" is a {} of {} and a {} of {}", name.text(), kind, survey.called(i),
                                      owner->second.second, survey.called(owner->second.first)),
                          "each belongs to one server's management domain: remove it from the other, or rename it"});
    };
    for (const auto& client : server.clients) look_at(client, "client");
    for (const auto& target : server.targets) look_at(target, "target");
  }
}

/// What bears a name on a server.
struct Bearer {
  std::optional<Digest> digest;  ///< nullopt: not declared
  std::string text;              ///< "its own image (…:12)"
};

Bearer own_bearer(const LocalImage& image, const std::string& at) {
  return {image.digest, fmt::format("its own image \"{}\" ({})", image.name.text(), at)};
}

/// R14: the same name with other bits blocks the copy. What no manifest says the digest of is taken for other bits.
void find_image_names(const FleetSurvey& survey, std::size_t member, std::vector<FleetFinding>& findings) {
  std::map<std::string, Bearer> here;
  for (const auto& image : survey.manifest(member).images)
    here.emplace(image.name.folded(), own_bearer(image, survey.place(member, image.at)));
  for (const auto& arrival : survey.arrivals[member]) {
    const std::string at = survey.place(member, arrival.rule->entry->at);
    const std::string from = arrival.rule->peer->entry->name.text(), name = arrival.image.identity.name.text();
    if (!arrival.name) {
      findings.push_back({Level::error, "bad-name", at, fmt::format("`as` makes no valid name of \"{}\" of \"{}\"", name, from),
                          "shorten `as`"});
      continue;
    }
    const std::optional<Digest> digest = arrival.image.digest == Digest{} ? std::nullopt : std::optional(arrival.image.digest);
    const auto [bearer, is_new] =
        here.try_emplace(arrival.name->folded(), Bearer{digest, fmt::format("the copy of \"{}\" from \"{}\"", name, from)});
    if (is_new || (digest && bearer->second.digest == digest)) continue;
    findings.push_back({Level::error, "name-conflict", at,
                        fmt::format("on {} the copy of \"{}\" from \"{}\" would be called \"{}\" as {}: it is blocked",
                                    survey.called(member), name, from, arrival.name->text(), bearer->second.text),
                        "give the copies other names with as = \"{peer}-{name}\", or exclude one"});
  }
}

void find_types(const FleetSurvey& survey, std::size_t member, std::vector<FleetFinding>& findings) {
  std::map<std::string, TypeDeclaration> declared;
  for (const auto& type : survey.manifest(member).types) declared.emplace(type.name.folded(), type);
  for (const auto& arrival : survey.arrivals[member]) {
    const auto here = declared.find(arrival.image.type.folded());
    if (here == declared.end()) continue;
    const auto& origin = survey.manifest(*arrival.rule->peer->means).types;
    const auto there =
        std::find_if(origin.begin(), origin.end(), [&](const TypeDeclaration& type) { return type.name == arrival.image.type; });
    if (there == origin.end() || there->base == here->second.base) continue;
    findings.push_back(
        {Level::error, "type-conflict", survey.place(member, here->second.at),
         fmt::format("type \"{}\" is based on {} on {} and on {} on \"{}\", whose images of it are to come", there->name.text(),
                     here->second.base.text(), survey.called(member), there->base.text(), arrival.rule->peer->entry->name.text()),
         "give the type one base everywhere, or another name"});
    declared.erase(here);  // told once
  }
}

}  // namespace

void find_names(const FleetSurvey& survey, std::vector<FleetFinding>& findings) {
  find_same_servers(survey, findings);
  find_domain_names(survey, findings);
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    find_image_names(survey, i, findings);
    find_types(survey, i, findings);
  }
}

}  // namespace ingot::fleet
