// Which images shall come, and under which name: the union of what the rules want (R6) less what is here already, what
// is adopted, and what clashes (R13, R14). The first rule in the manifest goes first where two want one name.
#include <algorithm>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/desired/rules_in_force.hpp"
#include "reconciler/plan/sorting.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/trust/verify.hpp"

namespace ingot::plan {

namespace {

/// Why an image cannot come.
struct Obstacle {
  Code code = Code::none;
  std::string text;
  std::string mend;
};

std::string ways_out(const NewCopy& copy) {
  return fmt::format("give its rule `as = \"{{peer}}-{{name}}\"` or `exclude = [\"{}\"]`, or rename what has the name here",
                     copy.entry->identity.name.text());
}

/// The names and types that this plan gives away, on top of what is here.
struct Given {
  std::unordered_map<std::string, const NewCopy*> names;    ///< folded; nullptr: to a copy that is renamed
  std::unordered_map<std::string, const TypeEntry*> types;  ///< folded
  std::unordered_set<state::ImageKey> leaving;              ///< copies that are renamed or removed, and so leave their names
};

/// What bears the name here, or will: nothing, the same bits (adopted), or an obstacle.
struct Encounter {
  bool adopted = false;
  const state::ImageRow* row = nullptr;
  std::optional<Obstacle> obstacle = {};
};

Obstacle name_conflict(const NewCopy& copy, std::string text) { return {Code::name_conflict, std::move(text), ways_out(copy)}; }

Encounter meet_row(const NewCopy& copy, const state::ImageRow& row, const Given& given) {
  if (given.leaving.contains(row.key)) {
    return {.obstacle =
                Obstacle{Code::name_conflict, fmt::format("\"{}\" is here and must be renamed or removed first", row.name.text()),
                         "run \"ingot apply\" again when the name is free"}};
  }
  if (row.name != copy.name) {
    return {.obstacle = name_conflict(copy, fmt::format("its name \"{}\" differs only in case from \"{}\", which is here",
                                                        copy.name.text(), row.name.text()))};
  }
  if (row.digest == copy.entry->digest && row.kind != copy.entry->kind) {
    return {.obstacle = name_conflict(
                copy, fmt::format("\"{}\" is here already with the same bytes, but it is a {} here and a {} on the peer",
                                  row.name.text(), text_of(row.kind), text_of(copy.entry->kind)))};
  }
  if (row.digest == copy.entry->digest) return {.adopted = true, .row = &row};
  return {.obstacle = name_conflict(copy, fmt::format("\"{}\" is here already with other bytes ({} here, {} on the peer)",
                                                      row.name.text(), row.digest.text(), copy.entry->digest.text()))};
}

Encounter meet_local(const NewCopy& copy, const LocalImage& image) {
  if (image.name == copy.name && image.digest == copy.entry->digest) return {.adopted = true};
  return {.obstacle = name_conflict(
              copy, fmt::format("the manifest adds an image \"{}\" here ({})", image.name.text(), image.at.text()))};
}

Encounter meet_given(const NewCopy& copy, const NewCopy* other) {
  if (!other) return {.obstacle = name_conflict(copy, fmt::format("another copy is renamed to \"{}\"", copy.name.text()))};
  const bool same_bits = other->entry->digest == copy.entry->digest && other->entry->kind == copy.entry->kind;
  if (other->name == copy.name && same_bits) return {.adopted = true};
  return {.obstacle = name_conflict(
              copy, fmt::format("the name \"{}\" is taken: this plan copies \"{}\" of peer \"{}\" under it", other->name.text(),
                                other->entry->identity.name.text(), other->rules->peer->name().text()))};
}

Encounter meet(const NewCopy& copy, const Situation& situation, const Given& given) {
  if (const state::ImageRow* row = situation.bearer(copy.name)) return meet_row(copy, *row, given);
  if (const LocalImage* image = situation.local(copy.name)) return meet_local(copy, *image);
  const auto found = given.names.find(copy.name.folded());
  return found == given.names.end() ? Encounter{} : meet_given(copy, found->second);
}

/// The origin used the name before for other bits (R14): told by its tombstones, or by what was here.
std::optional<Obstacle> reused_name(const NewCopy& copy, const Situation& situation) {
  const ImageIdentity& identity = copy.entry->identity;
  const CopyEntry* acknowledged = copy.rules->peer->copy_entry(identity.name);
  if (acknowledged && acknowledged->keep == true) return std::nullopt;
  std::optional<std::pair<Serial, Digest>> last;  // of the images that bore it with other bits, the newest
  const auto look = [&](const ImageIdentity& before, const Digest& digest) {
    if (before == identity || before.origin != identity.origin || before.name != identity.name || digest == copy.entry->digest)
      return;
    if (!last || last->first < before.created) last.emplace(before.created, digest);
  };
  if (copy.name == identity.name) {
    for (const ImageTombstone* before : copy.rules->index.tombstones(identity.name)) look(before->identity, before->digest);
  }
  const auto deleted = situation.deleted_by_name.find(copy.name.text());
  if (deleted != situation.deleted_by_name.end()) {
    for (const state::ImageRow* before : deleted->second) {
      if (before->copy && before->identity) look(*before->identity, before->digest);
    }
  }
  if (!last) return std::nullopt;
  return Obstacle{
      Code::name_conflict,
      fmt::format("peer \"{}\" used the name \"{}\" before for other bytes ({}, created at serial {})",
                  copy.rules->peer->name().text(), identity.name.text(), last->second.text(), last->first),
      fmt::format(
          "give its rule `as` or `exclude = [\"{0}\"]`, or copy it with [[copy]] peer = \"{1}\", name = \"{0}\", keep = true",
          identity.name.text(), copy.rules->peer->name().text())};
}

std::optional<Obstacle> type_conflict(const TypeName& type, const TypeName& base, const std::string& where,
                                      const TypeEntry& wanted) {
  if (type == wanted.name && base == wanted.base) return std::nullopt;
  return Obstacle{Code::type_conflict,
                  fmt::format("its type \"{}\" is based on {}, and \"{}\" {} is based on {}", wanted.name.text(),
                              wanted.base.text(), type.text(), where, base.text()),
                  "rename one of the types, or exclude the image"};
}

/// A custom type must be the same here as on the origin (R13).
std::optional<Obstacle> check_type(const NewCopy& copy, const Situation& situation, Given& given) {
  const TypeName& type = copy.entry->type;
  if (is_builtin(type)) return std::nullopt;
  const TypeEntry* wanted = copy.rules->index.type(type);
  if (!wanted) {
    return Obstacle{Code::type_conflict,
                    fmt::format("the catalog of peer \"{}\" does not say what its type \"{}\" is based on",
                                copy.rules->peer->name().text(), type.text()),
                    "ask the peer's owner to publish again"};
  }
  const std::string folded = type.folded();
  for (const auto& declared : situation.manifest.types) {
    if (declared.name.folded() == folded)
      return type_conflict(declared.name, declared.base, fmt::format("here ({})", declared.at.text()), *wanted);
  }
  const auto row = situation.type_by_name.find(folded);
  if (row != situation.type_by_name.end()) return type_conflict(row->second->name, row->second->base, "here", *wanted);
  const TypeEntry* first = given.types.try_emplace(folded, wanted).first->second;
  return type_conflict(first->name, first->base, "which comes first in this plan", *wanted);
}

std::optional<Obstacle> check_bytes(const NewCopy& copy) {
  if (copy.entry->packed) return std::nullopt;
  return Obstacle{Code::no_bytes, fmt::format("peer \"{}\" does not publish its bytes", copy.rules->peer->name().text()),
                  "ask the peer's owner to publish again"};
}

/// Its root names release keys: then the key that signs catalogs introduces no image alone.
std::optional<Obstacle> check_release(const NewCopy& copy) {
  const PeerCase& peer = *copy.rules->peer;
  if (peer.release == nullptr || trust::is_released(*peer.release, *copy.entry)) return std::nullopt;
  return Obstacle{Code::not_released,
                  fmt::format("peer \"{}\" lists it, but its release keys have not signed it", peer.name().text()),
                  fmt::format("ask the peer's owner. If the image is theirs, they run \"ingot key release {}\". If not, the "
                              "peer's catalog key is stolen",
                              copy.entry->identity.name.text())};
}

/// Images that a rule wants and that are not here, the first rule's first.
std::vector<NewCopy> wanted_images(const Desired& desired, const Situation& situation, Draft& draft) {
  std::vector<NewCopy> wanted;
  for (const auto& rules : desired.rules) {
    for (std::size_t first = 0, next = 0; first < rules.evaluated.size(); first = next) {
      for (next = first; next < rules.evaluated.size() && rules.evaluated[next].entry == rules.evaluated[first].entry;) ++next;
      const std::span<const EvaluatedRule> evaluated(rules.evaluated.data() + first, next - first);
      const auto wanting = std::find_if(evaluated.begin(), evaluated.end(),
                                        [](const EvaluatedRule& one) { return one.verdict == Verdict::wanted; });
      if (wanting == evaluated.end()) continue;
      const ImageEntry& entry = rules.entry(*wanting);
      if (situation.live_by_identity.contains(entry.identity)) continue;
      const SubscriptionEntry& rule = *rules.terms_of(*wanting).rule;
      auto name = name_here(rule.options.as, rules.peer->name(), entry.identity.name);
      if (!name) {
        draft.blocked.push_back(
            {.address = copy_address(rules.peer->name(), entry.identity.name),
             .verb = Verb::copy,
             .code = Code::bad_name,
             .text = fmt::format("`as = \"{}\"` makes no valid name of \"{}\"", rule.options.as, entry.identity.name.text()),
             .mend = "change `as`, or exclude the image",
             .at = place_of(rule)});
        continue;
      }
      wanted.push_back(
          {.rules = &rules, .entry = &entry, .evaluated = evaluated, .rule = wanting->rule, .name = *std::move(name)});
    }
  }
  sort_if_needed(wanted, [](const NewCopy& one, const NewCopy& other) {
    return std::tie(one.rule, one.entry->identity.name, one.entry->identity.created) <
           std::tie(other.rule, other.entry->identity.name, other.entry->identity.created);
  });
  return wanted;
}

void adopt(const NewCopy& copy, const state::ImageRow* row, Desired& desired, Draft& draft) {
  desired.adopted.push_back({.peer = copy.rules->peer, .entry = copy.entry, .name = copy.name, .row = row});
  draft.notes.push_back({Code::adopted, copy_address(copy.rules->peer->name(), copy.entry->identity.name).text,
                         row ? fmt::format("\"{}\" is here already with the same bytes and stays as it is", copy.name.text())
                             : fmt::format("this plan already copies \"{}\" with the same bytes", copy.name.text())});
}

void block(const NewCopy& copy, Obstacle obstacle, const Situation& situation, Draft& draft) {
  draft.blocked.push_back({.address = copy_address(copy.rules->peer->name(), copy.entry->identity.name),
                           .verb = Verb::copy,
                           .code = obstacle.code,
                           .text = std::move(obstacle.text),
                           .mend = std::move(obstacle.mend),
                           .at = place_of(situation.manifest.subscriptions[copy.rule])});
}

/// What bears a name now, and will not once the manifest has its way.
void note_leaving(const Desired& desired, const Situation& situation, Given& given) {
  for (const auto& copy : desired.known) {
    if (!copy.name) continue;
    given.names.emplace(copy.name->folded(), nullptr);
    given.leaving.insert(copy.row->key);
  }
  for (const auto& row : situation.snapshot.images) {
    if (row.deleted) continue;
    const PeerCase* peer = row.copy && row.identity ? situation.peer(row.identity->origin) : nullptr;
    const CopyEntry* entry = peer ? peer->copy_entry(row.identity->name) : nullptr;
    const bool dropped = !row.copy && row.managed && !situation.local(row.name);
    if (dropped || (entry && entry->keep == false)) given.leaving.insert(row.key);
  }
}

/// No prune touches what a rule has adopted (R14).
void keep_adopted(Desired& desired) {
  std::unordered_set<const state::ImageRow*> adopted;
  for (const auto& one : desired.adopted) adopted.insert(one.row);
  for (auto& copy : desired.known) copy.wanted = copy.wanted || adopted.contains(copy.row);
}

}  // namespace

void decide_new_copies(Desired& desired, const Situation& situation, Draft& draft) {
  auto wanted = wanted_images(desired, situation, draft);
  Given given;
  given.names.reserve(wanted.size());
  note_leaving(desired, situation, given);
  std::vector<bool> comes(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const NewCopy& copy = wanted[i];
    Encounter encounter = meet(copy, situation, given);
    if (encounter.adopted) {
      adopt(copy, encounter.row, desired, draft);
      continue;
    }
    auto obstacle = std::move(encounter.obstacle);
    if (!obstacle) obstacle = reused_name(copy, situation);
    if (!obstacle) obstacle = check_bytes(copy);
    if (!obstacle) obstacle = check_release(copy);
    if (!obstacle) obstacle = check_type(copy, situation, given);
    comes[i] = !obstacle;
    if (obstacle)
      block(copy, *std::move(obstacle), situation, draft);
    else
      given.names.emplace(copy.name.folded(), &copy);
  }
  desired.copies.reserve(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (comes[i]) desired.copies.push_back(std::move(wanted[i]));
  }
  keep_adopted(desired);
}

std::vector<Reason> reasons_of(const NewCopy& copy) {
  std::vector<Reason> reasons;
  for (const auto& one : copy.evaluated) {
    if (one.verdict != Verdict::wanted) continue;
    const Terms& terms = copy.rules->terms_of(one);
    const bool backfill = terms.fresh && !std::holds_alternative<SinceNow>(terms.rule->options.since);
    reasons.push_back({.code = backfill ? Code::backfill : Code::subscription,
                       .rule = subscription_address(terms.rule->peer, terms.rule->selector).text,
                       .at = place_of(*terms.rule),
                       .text = fmt::format("peer \"{}\" {}, after the baseline {}", copy.rules->peer->name().text(),
                                           event_text(one, *terms.rule, *copy.entry), terms.baseline)});
  }
  return reasons;
}

}  // namespace ingot::plan
