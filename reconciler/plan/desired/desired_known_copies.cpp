// What becomes of copies that are here: which rule holds for them, whether any still wants them, and their names (R6,
// R16). A copy is known by its identity, whatever its name.
#include <algorithm>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/desired/rules_in_force.hpp"

namespace ingot::plan {

namespace {

using RowsOf = std::unordered_map<ServerId, std::vector<const state::ImageRow*>>;

RowsOf copies_by_origin(const Situation& situation) {
  RowsOf rows;
  for (const auto& row : situation.snapshot.images) {
    if (row.copy && !row.deleted && row.identity) rows[row.identity->origin].push_back(&row);
  }
  const auto before = [](const state::ImageRow* one, const state::ImageRow* other) {
    return std::tie(one->name, one->key) < std::tie(other->name, other->key);
  };
  for (auto& [origin, list] : rows) {
    if (!std::is_sorted(list.begin(), list.end(), before)) std::sort(list.begin(), list.end(), before);
  }
  return rows;
}

/// The first rule that wants it or brought it and keeps it; only such a rule may rename.
const EvaluatedRule* naming_rule(const PeerRules& rules, std::span<const EvaluatedRule> evaluated, const state::ImageRow& row) {
  const auto names = [&](const EvaluatedRule& one) {
    return one.verdict == Verdict::wanted || (one.keeps && brought_by(row, *rules.terms_of(one).rule));
  };
  const auto found = std::find_if(evaluated.begin(), evaluated.end(), names);
  return found == evaluated.end() ? nullptr : &*found;
}

const EvaluatedRule* governing_rule(std::span<const EvaluatedRule> evaluated) {
  if (evaluated.empty()) return nullptr;
  const auto keeping = std::find_if(evaluated.begin(), evaluated.end(), [](const EvaluatedRule& one) { return one.keeps; });
  return keeping == evaluated.end() ? &evaluated.front() : &*keeping;
}

/// Gives a copy the name that its rule wants, if that name is free.
class Renaming {
 public:
  Renaming(const Situation& situation, Draft& draft) : situation_(situation), draft_(draft) {}

  std::optional<ImageName> new_name(const KnownCopy& copy, const EvaluatedRule& naming) {
    const SubscriptionEntry& rule = *copy.rules->terms_of(naming).rule;
    const ImageName& on_peer = copy.row->identity->name;
    const auto wanted = name_here(rule.options.as, copy.rules->peer->name(), on_peer);
    if (!wanted) {
      block(copy, rule, Code::bad_name,
            fmt::format("`as = \"{}\"` makes no valid name of \"{}\"", rule.options.as, on_peer.text()), "change `as`");
      return std::nullopt;
    }
    if (*wanted == copy.row->name) return std::nullopt;
    const state::ImageRow* bearer = situation_.bearer(*wanted);
    const bool taken = (bearer && bearer != copy.row) || situation_.local(*wanted) || !taken_.insert(wanted->folded()).second;
    if (!taken) return wanted;
    block(copy, rule, Code::name_conflict,
          fmt::format("it is here as \"{}\" and cannot become \"{}\": that name is taken", copy.row->name.text(), wanted->text()),
          "choose another `as`, or rename what has the name");
    return std::nullopt;
  }

 private:
  void block(const KnownCopy& copy, const SubscriptionEntry& rule, Code code, std::string text, std::string mend) {
    draft_.blocked.push_back({.address = copy_address(copy.rules->peer->name(), copy.row->identity->name),
                              .verb = Verb::update,
                              .code = code,
                              .text = std::move(text),
                              .mend = std::move(mend),
                              .at = place_of(rule)});
  }

  const Situation& situation_;
  Draft& draft_;
  std::unordered_set<std::string> taken_;
};

/// Within one epoch nothing vanishes without a tombstone (R19), so what a catalog of a later epoch lacks was signed by keys that
/// are revoked. The same number may have been used for other bits then.
bool is_disowned(const KnownCopy& copy) {
  const PeerRules& rules = *copy.rules;
  if (rules.peer->head->epoch < 2) return false;
  if (copy.entry) return copy.entry->digest != copy.row->digest;
  const auto tombstones = rules.index.tombstones(copy.row->identity->name);
  return std::none_of(tombstones.begin(), tombstones.end(),
                      [&](const ImageTombstone* one) { return one->identity == copy.row->identity; });
}

bool is_wanted(const KnownCopy& copy, const Situation& situation) {
  const CopyEntry* entry = copy.rules->peer->copy_entry(copy.row->identity->name);
  if (entry && entry->keep) return *entry->keep;
  if (std::any_of(copy.evaluated.begin(), copy.evaluated.end(), [](const EvaluatedRule& one) { return one.keeps; })) return true;
  return situation.series_listing.contains((copy.name ? *copy.name : copy.row->name).text());
}

}  // namespace

bool brought_by(const state::ImageRow& row, const SubscriptionEntry& rule) {
  const auto parts = parts_of(row.rule);
  return parts && parts->kind == AddressKind::subscription && parts->selector == kind_of(rule.selector) &&
         parts->name == value_of(rule.selector);
}

const SubscriptionEntry* pruning_rule(const KnownCopy& copy) {
  for (const auto& terms : copy.rules->terms) {
    if (terms.rule->options.prune && brought_by(*copy.row, *terms.rule)) return terms.rule;
  }
  return nullptr;
}

std::vector<KnownCopy> decide_known_copies(const std::deque<PeerRules>& all, const Situation& situation, Draft& draft) {
  std::vector<KnownCopy> known;
  const RowsOf rows = copies_by_origin(situation);
  Renaming renaming(situation, draft);
  for (const auto& rules : all) {
    const auto found = rows.find(rules.peer->id());
    if (found == rows.end()) continue;
    for (const state::ImageRow* row : found->second) {
      KnownCopy copy{.rules = &rules, .row = row};
      if (const auto place = rules.index.entry(*row->identity)) {
        copy.entry = &rules.index.catalog().images[*place];
        copy.evaluated = rules.about(*place);
      }
      copy.disowned = is_disowned(copy);
      if (copy.disowned) copy.entry = nullptr;
      const EvaluatedRule* naming = naming_rule(rules, copy.evaluated, *row);
      copy.governs = naming ? naming : governing_rule(copy.evaluated);
      if (naming) copy.name = renaming.new_name(copy, *naming);
      copy.wanted = is_wanted(copy, situation);
      known.push_back(std::move(copy));
    }
  }
  return known;
}

}  // namespace ingot::plan
