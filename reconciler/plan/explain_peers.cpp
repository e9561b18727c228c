// What peers have of a name, and what every rule says of it: the questions of `candidates`, told.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/explanation.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

/// Images of this name that the peer deleted.
void add_gone(const std::string& what, const PeerWishes& wishes, Explanation& explanation) {
  const auto name = ImageName::parse(image_name_in(what));
  if (!name) return;
  const std::string address = copy_address(wishes.peer->name(), *name).text;
  if ((what != name->text() && what != address) || explanation.told(address)) return;
  for (const ImageTombstone* gone : wishes.index.tombstones(*name)) {
    explanation.add({.address = address,
                     .verdict = "not-wanted",
                     .code = "deleted",
                     .text = fmt::format("peer \"{}\" deleted it at serial {}", wishes.peer->name().text(), gone->deleted),
                     .because = {},
                     .evidence = {}});
  }
}

/// The peer's series and types of this name: what a subscription could name.
void add_series_and_types(const std::string& what, const PeerWishes& wishes, Explanation& explanation) {
  const auto offer = [&](const Selector& selector, const std::string& text) {
    const std::string address = subscription_address(wishes.peer->name(), selector).text;
    if (explanation.told(address)) return;
    explanation.add({.address = address,
                     .verdict = "not-wanted",
                     .code = std::string(code_of(Verdict::no_match)),
                     .text = fmt::format("peer \"{}\" has {}; no subscription names it", wishes.peer->name().text(), text),
                     .because = {},
                     .evidence = {}});
  };
  const auto series = SeriesName::parse(what);
  if (const SeriesEntry* found = series ? wishes.index.series(*series) : nullptr) {
    offer(SelectSeries{found->name}, fmt::format("a series of this name with {}", counted(found->members.size(), "image")));
  }
  const auto type = TypeName::parse(what);
  if (const TypeEntry* found = type ? wishes.index.type(*type) : nullptr) {
    offer(SelectType{found->name}, fmt::format("an image type of this name, based on {}", found->base.text()));
  }
}

bool add_adopted(const std::string& address, const ImageEntry& entry, const PeerWishes& wishes, Explanation& explanation) {
  const auto adopted = std::find_if(explanation.desired().adopted.begin(), explanation.desired().adopted.end(),
                                    [&](const Adopted& one) { return one.peer == wishes.peer && one.entry == &entry; });
  if (adopted == explanation.desired().adopted.end()) return false;
  explanation.add({.address = address,
                   .verdict = "done",
                   .code = "adopted",
                   .text = fmt::format("\"{}\" is here already with the same bits; it was adopted, and stays what it is",
                                       adopted->name.text()),
                   .because = {},
                   .evidence = {}});
  return true;
}

std::string why_not(const Judged& judged, const Terms& terms, const ImageEntry& entry) {
  switch (judged.verdict) {
    case Verdict::wanted: return "it is wanted";
    case Verdict::not_origin: return "the peer is not its origin";
    case Verdict::no_match: return "the selector does not name it";
    case Verdict::excluded: return fmt::format("`exclude` names it ({})", listed(terms.rule->options.exclude));
    case Verdict::where: return "`where` does not hold for it";
    case Verdict::not_kept: return "its [[copy]] says `keep = false`";
    case Verdict::state: return fmt::format("it is {}, which is not in `states`", text_of(entry.state()));
    case Verdict::before_baseline:
      return fmt::format("the peer {}, which is not after the baseline {}", event_text(judged, *terms.rule, entry),
                         terms.baseline);
    case Verdict::beyond_latest:
      return fmt::format("it is not among the latest {} of the series", terms.rule->options.latest.value_or(0));
  }
  return {};
}

void add_verdict(const std::string& address, std::uint32_t place, const PeerWishes& wishes, Explanation& explanation) {
  const ImageEntry& entry = wishes.index.catalog().images[place];
  if (entry.identity.origin != wishes.peer->id()) {
    return explanation.add(
        {.address = address,
         .verdict = "not-wanted",
         .code = std::string(code_of(Verdict::not_origin)),
         .text = fmt::format("peer \"{}\" is not its origin: copies are never copied on; subscribe to \"{}\" itself",
                             wishes.peer->name().text(), entry.origin_name.text()),
         .because = {},
         .evidence = {}});
  }
  std::vector<Reason> because;
  // The rule that came nearest to wanting it gives the verdict.
  Verdict nearest = Verdict::no_match;
  std::string text = wishes.terms.empty() ? "no subscription to this peer counts now" : "no subscription's selector names it";
  for (const auto& judged : wishes.about(place)) {
    const Terms& terms = wishes.terms_of(judged);
    const CopyEntry* copy = judged.verdict == Verdict::not_kept ? wishes.peer->copy_entry(entry.identity.name) : nullptr;
    because.push_back(
        {.code = std::string(code_of(judged.verdict)),
         .rule =
             (copy ? copy_address(copy->peer, copy->name) : subscription_address(terms.rule->peer, terms.rule->selector)).text,
         .at = copy ? copy->at : terms.rule->at,
         .text = why_not(judged, terms, entry)});
    if (judged.verdict >= nearest) {
      nearest = judged.verdict;
      text = because.back().text;
    }
  }
  explanation.add({.address = address,
                   .verdict = "not-wanted",
                   .code = std::string(code_of(nearest)),
                   .text = std::move(text),
                   .because = std::move(because),
                   .evidence = {}});
}

void add_unread(const std::string& what, const PeerCase& peer, Explanation& explanation) {
  const std::string prefix = "copy." + peer.name().text() + ".";
  const bool concerned = what == peer.name().text() || what == peer_address(peer.name()).text || what.starts_with(prefix);
  if (!concerned || peer.sight != Sight::unknown) return;
  const std::string address = what.starts_with(prefix) ? what : peer_address(peer.name()).text;
  explanation.add(
      {.address = address, .verdict = "unknown", .code = peer.why.code, .text = peer.why.why, .because = {}, .evidence = {}});
}

/// A peer's images of this name, each with the answer of every rule.
void add_candidates(const std::string& what, const PeerWishes& wishes, Explanation& explanation) {
  const auto& images = wishes.index.catalog().images;
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    const std::string address = copy_address(wishes.peer->name(), images[i].name).text;
    if (images[i].name.text() != what && address != what) continue;
    if (explanation.told(address) || add_adopted(address, images[i], wishes, explanation)) continue;
    add_verdict(address, i, wishes, explanation);
  }
  add_gone(what, wishes, explanation);
  add_series_and_types(what, wishes, explanation);
}

}  // namespace

void tell_of_peers(const std::string& what, Explanation& explanation) {
  for (const auto& wishes : explanation.desired().wishes) add_candidates(what, wishes, explanation);
  for (const auto& peer : explanation.situation().peers) add_unread(what, peer, explanation);
}

}  // namespace ingot
