#include "reconciler/plan/desired/candidates.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/overloaded.hpp"
#include "schema/text/glob.hpp"

namespace ingot::plan {

namespace {

/// An image that a selector names, and when it came to be named by it.
struct Selected {
  std::uint32_t entry = 0;
  Serial came = 0;
};

std::vector<Selected> created(const std::vector<std::uint32_t>& places, const Catalog& catalog) {
  std::vector<Selected> selected;
  selected.reserve(places.size());
  for (const auto place : places) selected.push_back({place, catalog.images[place].identity.created});
  return selected;
}

std::vector<Selected> select_image(const SelectImage& select, const Terms& terms, CatalogIndex& index) {
  const auto root = index.image(select.image);
  if (!root) return {};
  auto selected = created(index.descendants(*root), index.catalog());
  // The root itself is asked for only with `since = "start"` (R9).
  const auto place = index.entry(*root);
  if (place && root->origin == terms.peer->id() && std::holds_alternative<SinceStart>(terms.rule->options.since) &&
      !index.catalog().images[*place].states.empty()) {
    selected.push_back({*place, root->created});
  }
  return selected;
}

/// In the series' order: `latest` counts from its end.
std::vector<Selected> select_series(const SelectSeries& select, const Terms& terms, const CatalogIndex& index) {
  std::vector<Selected> selected;
  const SeriesEntry* series = index.series(select.series);
  if (!series) return selected;
  for (const auto& member : series->members) {
    const auto place = index.entry(member.image);
    if (place && member.image.origin == terms.peer->id() && !index.catalog().images[*place].states.empty()) {
      selected.push_back({*place, member.added});
    }
  }
  return selected;
}

std::vector<Selected> select_type(const SelectType& select, const CatalogIndex& index) {
  std::vector<std::uint32_t> places;
  for (const auto place : index.own()) {
    if (index.catalog().images[place].type == select.type) places.push_back(place);
  }
  return created(places, index.catalog());
}

std::vector<Selected> select(const Terms& terms, CatalogIndex& index) {
  return std::visit(Overloaded{[&](const SelectAll&) { return created(index.own(), index.catalog()); },
                               [&](const SelectImage& one) { return select_image(one, terms, index); },
                               [&](const SelectSeries& one) { return select_series(one, terms, index); },
                               [&](const SelectType& one) { return select_type(one, index); }},
                    terms.rule->selector);
}

bool excluded(const ImageEntry& image, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const auto& glob) { return glob_matches(glob, image.identity.name.text()); });
}

EvaluatedRule judge_one(const Selected& selected, const Terms& terms, const ImageEntry& image) {
  const SubscriptionOptions& options = terms.rule->options;
  EvaluatedRule evaluated{.entry = selected.entry, .rule = terms.order, .came = selected.came};
  const auto since = in_states_since(image, options.states);
  if (since) evaluated.event = std::max(*since, selected.came);
  const CopyEntry* copy = terms.peer->copy_entry(image.identity.name);
  if (excluded(image, options.exclude)) {
    evaluated.verdict = Verdict::excluded;
  } else if (!mismatches(options.where, image).empty()) {
    evaluated.verdict = Verdict::where;
  } else if (copy && copy->keep == false) {
    evaluated.verdict = Verdict::not_kept;
  } else if (!since) {
    evaluated.verdict = Verdict::state;
  } else {
    evaluated.verdict = evaluated.event > terms.baseline ? Verdict::wanted : Verdict::before_baseline;
  }
  evaluated.keeps = evaluated.verdict == Verdict::wanted || evaluated.verdict == Verdict::state ||
                    evaluated.verdict == Verdict::before_baseline;
  return evaluated;
}

/// `latest` looks at what everything else lets through, from the end of the series (R10).
void keep_latest(std::vector<EvaluatedRule>& evaluated, std::uint32_t latest) {
  std::uint32_t newer = 0;
  for (auto one = evaluated.rbegin(); one != evaluated.rend(); ++one) {
    const bool wanted = one->verdict == Verdict::wanted;
    if (newer >= latest) {
      if (wanted) one->verdict = Verdict::beyond_latest;
      one->keeps = false;
    }
    if (wanted) ++newer;
  }
}

}  // namespace

Code code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::wanted: return Code::none;
    case Verdict::not_origin: return Code::not_origin;
    case Verdict::no_match: return Code::no_match;
    case Verdict::excluded: return Code::excluded;
    case Verdict::where: return Code::where;
    case Verdict::not_kept: return Code::not_kept;
    case Verdict::state: return Code::state;
    case Verdict::before_baseline: return Code::before_baseline;
    case Verdict::beyond_latest: return Code::beyond_latest;
  }
  return Code::none;
}

std::vector<Mismatch> mismatches(const Where& where, const ImageEntry& image) {
  std::vector<Mismatch> found;
  if (where.platform && !glob_matches(*where.platform, image.platform))
    found.push_back({"platform", *where.platform, image.platform});
  if (where.version && !glob_matches(*where.version, image.version)) found.push_back({"version", *where.version, image.version});
  for (const auto& [label, glob] : where.labels) {
    const auto value = image.labels.find(label);
    if (value == image.labels.end())
      found.push_back({"labels." + label, glob, std::nullopt});
    else if (!glob_matches(glob, value->second))
      found.push_back({"labels." + label, glob, value->second});
  }
  return found;
}

std::optional<Serial> in_states_since(const ImageEntry& image, const std::vector<ImageState>& states) {
  std::optional<Serial> since;
  for (auto state = image.states.rbegin(); state != image.states.rend(); ++state) {
    // A withdrawn image is never a candidate, whatever the rule says (R21).
    if (state->state == ImageState::withdrawn || std::find(states.begin(), states.end(), state->state) == states.end()) break;
    since = state->since;
  }
  return since;
}

std::vector<EvaluatedRule> judge(const Terms& terms, CatalogIndex& index) {
  const auto selected = select(terms, index);
  std::vector<EvaluatedRule> evaluated;
  evaluated.reserve(selected.size());
  for (const auto& one : selected) evaluated.push_back(judge_one(one, terms, index.catalog().images[one.entry]));
  if (terms.rule->options.latest) keep_latest(evaluated, *terms.rule->options.latest);
  const auto by_entry = [](const EvaluatedRule& one, const EvaluatedRule& other) { return one.entry < other.entry; };
  std::stable_sort(evaluated.begin(), evaluated.end(), by_entry);
  // A hostile series may list an image twice: its last place counts.
  const auto repeated =
      std::unique(evaluated.rbegin(), evaluated.rend(),
                  [](const EvaluatedRule& one, const EvaluatedRule& other) { return one.entry == other.entry; });
  evaluated.erase(evaluated.begin(), repeated.base());
  return evaluated;
}

std::string event_text(const EvaluatedRule& evaluated, const SubscriptionEntry& rule, const ImageEntry& entry) {
  const auto then = std::find_if(entry.states.begin(), entry.states.end(),
                                 [&](const StateSince& state) { return state.since == evaluated.event; });
  if (evaluated.event > evaluated.came && then != entry.states.end())
    return fmt::format("made it {} at serial {}", text_of(then->state), evaluated.event);
  if (const auto* series = std::get_if<SelectSeries>(&rule.selector)) {
    return fmt::format("added it to series \"{}\" at serial {}", series->series.text(), evaluated.came);
  }
  return fmt::format("created it at serial {}", evaluated.came);
}

}  // namespace ingot::plan
