// Rules that can never match, and images that do not reach a server that counts on them.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/fleet/survey.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::fleet {

namespace {

const SeriesEntry* series_of(const FleetRule& rule, const FleetSurvey& survey) {
  const auto* const select = std::get_if<SelectSeries>(&rule.entry->selector);
  if (select == nullptr) return nullptr;
  const auto& all = survey.catalogs[*rule.peer->means].series;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const SeriesEntry& series) { return series.name == select->series; });
  return found == all.end() ? nullptr : &*found;
}

/// Members that are copies on the peer: it never gives them on (R4). By name there, with whose they are.
std::vector<std::string> foreign_members(const SeriesEntry& series, const FleetSurvey& survey, std::size_t peer) {
  std::vector<std::string> foreign;
  for (const auto& member : series.members) {
    if (member.image.origin == survey.ids[peer]) continue;
    const auto& images = survey.catalogs[peer].images;
    const auto image =
        std::find_if(images.begin(), images.end(), [&](const ImageEntry& entry) { return entry.identity == member.image; });
    if (image != images.end()) foreign.push_back(fmt::format("\"{}\" of \"{}\"", image->name.text(), image->origin_name.text()));
  }
  return foreign;
}

void find_unknown_selector(const FleetRule& rule, const FleetSurvey& survey, const std::string& at,
                           std::vector<FleetFinding>& findings) {
  const bool may_be_deleted = std::holds_alternative<SelectImage>(rule.entry->selector);  // a tombstone still has descendants
  const auto near = nearest(value_of(rule.entry->selector), rule.like);
  findings.push_back(
      {may_be_deleted ? Level::warning : Level::error, "unknown-selector", at,
       fmt::format("the manifest of {} has no {} \"{}\": the rule can never match", survey.called(*rule.peer->means),
                   kind_of(rule.entry->selector), value_of(rule.entry->selector)),
       near ? fmt::format("did you mean \"{}\"?", *near) : "correct the rule, or add it there"});
}

/// True: told.
bool find_foreign_members(const FleetRule& rule, const FleetSurvey& survey, const std::string& at,
                          std::vector<FleetFinding>& findings) {
  const SeriesEntry* const series = series_of(rule, survey);
  if (series == nullptr) return false;
  const auto foreign = foreign_members(*series, survey, *rule.peer->means);
  if (foreign.empty()) return false;
  const bool all = foreign.size() == series->members.size();
  findings.push_back(
      {all ? Level::error : Level::warning, "not-origin", at,
       fmt::format("{} of series \"{}\" of {} never comes to {}: {} a copy there, and copies are not redistributed",
                   all ? "nothing" : "a part", series->name.text(), survey.called(*rule.peer->means),
                   survey.called(rule.peer->member),
                   foreign.size() == 1 ? foreign.front() + " is" : fmt::format("each of {} is", fmt::join(foreign, ", "))),
       "register its origin, and subscribe there"});
  return true;
}

void find_nothing_wanted(const FleetRule& rule, const FleetSurvey& survey, const std::string& at,
                         std::vector<FleetFinding>& findings) {
  const auto wanted = [](const plan::EvaluatedRule& evaluated) {
    return evaluated.verdict == plan::Verdict::wanted || evaluated.verdict == plan::Verdict::beyond_latest;
  };
  if (std::any_of(rule.evaluated.begin(), rule.evaluated.end(), wanted)) return;
  const std::string rule_text =
      fmt::format("rule {} on {}", selector_text(rule.entry->selector), survey.called(*rule.peer->means));
  if (rule.evaluated.empty()) {
    findings.push_back({Level::note, "no-match", at, fmt::format("{} matches no image of its manifest yet", rule_text),
                        "nothing to do if such images will come"});
    return;
  }
  const auto all = [&](plan::Verdict verdict) {
    return std::all_of(rule.evaluated.begin(), rule.evaluated.end(),
                       [&](const plan::EvaluatedRule& evaluated) { return evaluated.verdict == verdict; });
  };
  const std::string why = all(plan::Verdict::excluded) ? "`exclude` leaves none of them"
                          : all(plan::Verdict::where)  ? "none of them is as `where` says"
                          : all(plan::Verdict::state)  ? "none of them is in one of its `states`"
                                                       : "its options leave none of them";
  findings.push_back({all(plan::Verdict::state) ? Level::note : Level::warning,
                      std::string(text_of(plan::code_of(rule.evaluated.front().verdict))), at,
                      fmt::format("{} selects {} images, and {}", rule_text, rule.evaluated.size(), why),
                      "correct the options of the subscription"});
}

void find_rule(const FleetRule& rule, const FleetSurvey& survey, std::vector<FleetFinding>& findings) {
  const std::string at = survey.place(rule.peer->member, rule.entry->at);
  if (!rule.knows_selector) return find_unknown_selector(rule, survey, at, findings);
  if (!find_foreign_members(rule, survey, at, findings)) find_nothing_wanted(rule, survey, at, findings);
}

/// A rule on a peer of which nothing is known may bring anything.
bool may_get_from_outside(const FleetSurvey& survey, std::size_t member) {
  return std::any_of(survey.rules.begin(), survey.rules.end(),
                     [&](const FleetRule& rule) { return rule.peer->member == member && !rule.is_judged; });
}

std::set<ImageName> names_here(const FleetSurvey& survey, std::size_t member) {
  std::set<ImageName> names;
  for (const auto& image : survey.manifest(member).images) names.insert(image.name);
  for (const auto& arrival : survey.arrivals[member]) {
    if (arrival.name) names.insert(*arrival.name);
  }
  for (const auto& copy : survey.manifest(member).copies) {  // a copy that this server took over is its own image
    if (copy.adopt) names.insert(copy.name);
  }
  return names;
}

/// Images that a manifest names as its own series' members or parents, and that no rule brings.
void find_never_arriving(const FleetSurvey& survey, std::size_t member, std::vector<FleetFinding>& findings) {
  if (may_get_from_outside(survey, member)) return;
  const Manifest& manifest = survey.manifest(member);
  const auto names = names_here(survey, member);
  const auto never = [&](const ImageName& image, const At& at, const std::string& who) {
    if (names.contains(image)) return;
    findings.push_back({Level::error, "never-arrives", survey.place(member, at),
                        fmt::format("{} of {} names \"{}\", which is not its own image, and no rule copies it", who,
                                    survey.called(member), image.text()),
                        "add a rule that copies it, or remove the name"});
  };
  for (const auto& series : manifest.series) {
    for (const auto& image : series.images) never(image, series.at, fmt::format("series \"{}\"", series.name.text()));
  }
  for (const auto& image : manifest.images) {
    if (image.parent) never(*image.parent, image.at, fmt::format("image \"{}\"", image.name.text()));
  }
}

/// A series that follows one of a peer, of which nothing comes.
void find_empty_follows(const FleetSurvey& survey, std::size_t member, std::vector<FleetFinding>& findings) {
  for (const auto& series : survey.manifest(member).series) {
    if (!series.follow || may_get_from_outside(survey, member)) continue;
    const auto& shown = survey.catalogs[member].series;
    const auto here =
        std::find_if(shown.begin(), shown.end(), [&](const SeriesEntry& entry) { return entry.name == series.name; });
    if (here != shown.end() && !here->members.empty()) continue;
    findings.push_back(
        {Level::warning, "empty-series", survey.place(member, series.at),
         fmt::format("series \"{}\" of {} follows \"{}\" of \"{}\", from which no image is copied", series.name.text(),
                     survey.called(member), series.follow->series.text(), series.follow->peer.text()),
         "subscribe to that series"});
  }
}

}  // namespace

void find_rules(const FleetSurvey& survey, std::vector<FleetFinding>& findings) {
  for (const auto& rule : survey.rules) {
    if (rule.is_judged) find_rule(rule, survey, findings);
  }
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    find_never_arriving(survey, i, findings);
    find_empty_follows(survey, i, findings);
  }
}

}  // namespace ingot::fleet
