// What peers have of a name, and what every rule says of it: the questions of `candidates`, told.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/explain/explanation.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

/// Images of this name that the peer deleted.
void add_gone(const std::string& what, const PeerRules& rules, Explanation& explanation) {
  const auto name = ImageName::parse(image_name_in(what));
  if (!name) return;
  const std::string address = copy_address(rules.peer->name(), *name).text;
  if ((what != name->text() && what != address) || explanation.told(address)) return;
  for (const ImageTombstone* gone : rules.index.tombstones(*name)) {
    explanation.add({.address = address,
                     .verdict = SubjectVerdict::not_wanted,
                     .code = Code::deleted,
                     .text = fmt::format("peer \"{}\" deleted it at serial {}", rules.peer->name().text(), gone->deleted),
                     .because = {},
                     .evidence = {}});
  }
}

/// The peer's series and types of this name: what a subscription could name.
void add_series_and_types(const std::string& what, const PeerRules& rules, Explanation& explanation) {
  const auto offer = [&](const Selector& selector, const std::string& text) {
    const std::string address = subscription_address(rules.peer->name(), selector).text;
    if (explanation.told(address)) return;
    explanation.add({.address = address,
                     .verdict = SubjectVerdict::not_wanted,
                     .code = code_of(Verdict::no_match),
                     .text = fmt::format("peer \"{}\" has {}; no subscription names it", rules.peer->name().text(), text),
                     .because = {},
                     .evidence = {}});
  };
  const auto series = SeriesName::parse(what);
  if (const SeriesEntry* found = series ? rules.index.series(*series) : nullptr) {
    offer(SelectSeries{found->name}, fmt::format("a series of this name with {}", counted(found->members.size(), "image")));
  }
  const auto type = TypeName::parse(what);
  if (const TypeEntry* found = type ? rules.index.type(*type) : nullptr) {
    offer(SelectType{found->name}, fmt::format("an image type of this name, based on {}", found->base.text()));
  }
}

bool add_adopted(const std::string& address, const ImageEntry& entry, const PeerRules& rules, Explanation& explanation) {
  const auto adopted = std::find_if(explanation.desired().adopted.begin(), explanation.desired().adopted.end(),
                                    [&](const Adopted& one) { return one.peer == rules.peer && one.entry == &entry; });
  if (adopted == explanation.desired().adopted.end()) return false;
  explanation.add(
      {.address = address,
       .verdict = SubjectVerdict::done,
       .code = Code::adopted,
       .text = fmt::format("\"{}\" is here already with the same bytes; it was adopted and stays as it is", adopted->name.text()),
       .because = {},
       .evidence = {}});
  return true;
}

/// The keys of `where` that do not match, each with what the image has.
std::vector<std::string> what_fails(const Where& where, const ImageEntry& image) {
  std::vector<std::string> fails;
  for (const auto& one : mismatches(where, image)) {
    const bool has_none = !one.value || one.value->empty();
    fails.push_back(
        fmt::format("{} = \"{}\", and it has {}", one.key, one.glob, has_none ? "none" : fmt::format("\"{}\"", *one.value)));
  }
  return fails;
}

std::string why_not(const EvaluatedRule& evaluated, const Terms& terms, const ImageEntry& entry) {
  switch (evaluated.verdict) {
    case Verdict::wanted: return "it is wanted";
    case Verdict::not_origin: return "the peer is not its origin";
    case Verdict::no_match: return "the selector does not name it";
    case Verdict::excluded: return fmt::format("`exclude` names it ({})", listed(terms.rule->options.exclude));
    case Verdict::where:
      return fmt::format("`where` does not hold for it: {}", listed(what_fails(terms.rule->options.where, entry)));
    case Verdict::not_kept: return "its [[copy]] says `keep = false`";
    case Verdict::state: return fmt::format("it is {}, which is not in `states`", text_of(entry.state()));
    case Verdict::before_baseline:
      return fmt::format("the peer {}, which is not after the baseline {}", event_text(evaluated, *terms.rule, entry),
                         terms.baseline);
    case Verdict::beyond_latest:
      return fmt::format("it is not among the latest {} of the series", terms.rule->options.latest.value_or(0));
  }
  return {};
}

void add_verdict(const std::string& address, std::uint32_t place, const PeerRules& rules, Explanation& explanation) {
  const ImageEntry& entry = rules.index.catalog().images[place];
  if (entry.identity.origin != rules.peer->id()) {
    return explanation.add(
        {.address = address,
         .verdict = SubjectVerdict::not_wanted,
         .code = code_of(Verdict::not_origin),
         .text = fmt::format("peer \"{}\" is not its origin, and copies are not redistributed: subscribe to \"{}\"",
                             rules.peer->name().text(), entry.origin_name.text()),
         .because = {},
         .evidence = {}});
  }
  std::vector<Reason> because;
  // The rule that came nearest to wanting it gives the verdict.
  Verdict nearest = Verdict::no_match;
  std::string text = rules.terms.empty() ? "no subscription to this peer counts now" : "no subscription's selector names it";
  for (const auto& evaluated : rules.about(place)) {
    const Terms& terms = rules.terms_of(evaluated);
    const CopyEntry* copy = evaluated.verdict == Verdict::not_kept ? rules.peer->copy_entry(entry.identity.name) : nullptr;
    because.push_back(
        {.code = code_of(evaluated.verdict),
         .rule =
             (copy ? copy_address(copy->peer, copy->name) : subscription_address(terms.rule->peer, terms.rule->selector)).text,
         .at = copy ? copy->at : terms.rule->at,
         .text = why_not(evaluated, terms, entry)});
    if (evaluated.verdict >= nearest) {
      nearest = evaluated.verdict;
      text = because.back().text;
    }
  }
  explanation.add({.address = address,
                   .verdict = SubjectVerdict::not_wanted,
                   .code = code_of(nearest),
                   .text = std::move(text),
                   .because = std::move(because),
                   .evidence = {}});
}

/// What the catalog that was read last said of an image; "" if it had none of this name.
std::string last_offered(const ImageName& name, const LastSeen& last) {
  const auto& images = last.catalog->images;
  const auto entry =
      std::find_if(images.begin(), images.end(), [&](const ImageEntry& one) { return one.name == name && !one.states.empty(); });
  if (entry != images.end()) {
    return fmt::format("its catalog of {} had it: {}, {}, {}, created at serial {}", time_text(last.seen), entry->type.text(),
                       text_of(entry->state()), size_text(entry->size), entry->identity.created);
  }
  const auto& deleted = last.catalog->deleted;
  const auto gone =
      std::find_if(deleted.begin(), deleted.end(), [&](const ImageTombstone& one) { return one.identity.name == name; });
  return gone == deleted.end()
             ? ""
             : fmt::format("its catalog of {} said that it was deleted at serial {}", time_text(last.seen), gone->deleted);
}

/// What a peer that cannot be had now had of the name when it was seen last: absent is not unknown (R19).
void add_unread(const std::string& what, const PeerCase& peer, Explanation& explanation) {
  if (peer.sight != Sight::unknown) return;
  const bool addressed = is_of(AddressKind::copy, what) && peer_of_address(what) == peer.name().text();
  const auto name = ImageName::parse(addressed ? image_name_in(what) : what);
  if (!name) return;
  const std::string address = copy_address(peer.name(), *name).text;
  const LastSeen* last = explanation.last_seen(peer);
  const std::string offered = last ? last_offered(*name, *last) : "";
  if (explanation.told(address) || (offered.empty() && !addressed)) return;
  std::string text = offered;
  if (text.empty())
    text = last ? fmt::format("its catalog of {} had nothing of this name", time_text(last->seen)) : "it was never seen before";
  explanation.add(
      {.address = address,
       .verdict = SubjectVerdict::unknown,
       .code = peer.why.code,
       .text = fmt::format("peer \"{}\" is {}; {}. {}", peer.name().text(), text_of(peer.why.code), text, peer.why.why),
       .because = {},
       .evidence = {}});
}

/// A peer's images of this name, each with the answer of every rule.
void add_candidates(const std::string& what, const PeerRules& rules, Explanation& explanation) {
  const auto& images = rules.index.catalog().images;
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    const std::string address = copy_address(rules.peer->name(), images[i].name).text;
    if (images[i].name.text() != what && address != what) continue;
    if (explanation.told(address) || add_adopted(address, images[i], rules, explanation)) continue;
    add_verdict(address, i, rules, explanation);
  }
  add_gone(what, rules, explanation);
  add_series_and_types(what, rules, explanation);
}

}  // namespace

void tell_of_peers(const std::string& what, Explanation& explanation) {
  for (const auto& rules : explanation.desired().rules) add_candidates(what, rules, explanation);
  for (const auto& peer : explanation.situation().peers) add_unread(what, peer, explanation);
}

}  // namespace ingot::plan
