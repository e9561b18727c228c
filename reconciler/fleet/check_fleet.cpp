#include "reconciler/fleet/check_fleet.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "reconciler/fleet/survey.hpp"

namespace ingot::fleet {

namespace {

/// The members, then each server outside once, by its root.
std::map<ServerId, std::size_t> add_servers(const FleetSurvey& survey, Fleet& fleet) {
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    const std::string called = survey.called(i);
    const auto& card = survey.members[i].card;
    std::string name = survey.manifest(i).server.name.text();
    if (called != fmt::format("\"{}\"", name)) name += " (" + survey.manifest(i).path + ")";
    fleet.servers.push_back({std::move(name), card ? std::optional(card->id) : std::nullopt, survey.manifest(i).path});
  }
  std::map<ServerId, std::size_t> outside;
  for (const auto& peer : survey.peers) {
    const ServerId& id = peer.entry->card.id;
    if ((peer.means && !peer.wrong_root) || outside.contains(id)) continue;
    outside.emplace(id, fleet.servers.size());
    const std::string name = peer.entry->card.name.text();
    const bool taken =
        std::any_of(fleet.servers.begin(), fleet.servers.end(), [&](const FleetServer& server) { return server.name == name; });
    fleet.servers.push_back({taken ? fmt::format("{} ({})", name, id.text().substr(0, 15)) : name, id, ""});
  }
  return outside;
}

void add_flows(const FleetSurvey& survey, const std::map<ServerId, std::size_t>& outside, Fleet& fleet) {
  for (const auto& rule : survey.rules) {
    FleetFlow flow{.from = rule.is_judged ? *rule.peer->means : outside.at(rule.peer->entry->card.id),
                   .to = rule.peer->member,
                   .rule = selector_text(rule.entry->selector),
                   .at = survey.place(rule.peer->member, rule.entry->at)};
    for (const auto& evaluated : rule.evaluated) {
      if (evaluated.verdict == plan::Verdict::wanted)
        flow.images.push_back(survey.catalogs[*rule.peer->means].images[evaluated.entry].identity.name);
    }
    fleet.flows.push_back(std::move(flow));
  }
}

}  // namespace

std::string_view text_of(Level level) {
  switch (level) {
    case Level::error: return "error";
    case Level::warning: return "warning";
    case Level::note: return "note";
  }
  return "";
}

Fleet check_fleet(const std::vector<FleetMember>& members) {
  const FleetSurvey survey = survey_fleet(members);
  Fleet fleet;
  add_flows(survey, add_servers(survey, fleet), fleet);
  find_names(survey, fleet.findings);
  find_registrations(survey, fleet.findings);
  find_rules(survey, fleet.findings);
  std::stable_sort(fleet.findings.begin(), fleet.findings.end(), [](const FleetFinding& one, const FleetFinding& other) {
    return std::tie(one.level, one.at, one.code, one.text) < std::tie(other.level, other.at, other.code, other.text);
  });
  return fleet;
}

}  // namespace ingot::fleet
