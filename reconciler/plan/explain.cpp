#include "reconciler/plan/explain.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/desired.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

std::optional<Evidence> evidence_of(const PeerCase& peer, const Situation& situation) {
  const SeenHead* head = peer.head ? peer.head : peer.why.last ? &*peer.why.last : nullptr;
  if (!head) return std::nullopt;
  std::optional<Time> seen;
  if (peer.head) seen = situation.observed.now;
  else if (peer.registration) seen = peer.registration->seen;
  return Evidence{.peer = peer.name(), .url = head->url, .head = head->digest, .serial = head->serial, .seen = seen};
}

/// Answers questions about one plan.
class Explanation {
 public:
  Explanation(const Situation& situation, const Plan& plan) : situation_(situation), plan_(plan) {
    Draft told;  // what deciding says was said by the plan
    desired_ = decide_desired(situation, told);
    for (const auto& change : plan.actions) planned_.emplace(change.address.text, &change);
  }

  std::vector<Subject> about(const std::string& what) {
    const std::vector<std::string> addresses = addresses_of(what);
    for (const auto& address : addresses) add_planned(address);
    for (const auto& address : addresses) add_recorded(address);
    add_images({addresses.begin(), addresses.end()}, image_name_in(what));
    if (what == catalog_address().text && subjects_.empty()) {
      add({.address = what, .verdict = "done", .code = "", .text = "what is published is what the state says", .because = {}, .evidence = {}});
    }
    for (const auto& wishes : desired_.wishes) add_candidates(what, wishes);
    for (const auto& peer : situation_.peers) add_unread(what, peer);
    return std::move(subjects_);
  }

 private:
  const PeerCase* peer_at(std::string_view address) const {
    const auto name = ServerName::parse(peer_of_address(address));
    return name ? situation_.peer(*name) : nullptr;
  }

  void add(Subject subject) {
    if (!told_.insert(subject.address + " " + subject.verdict + " " + subject.code).second) return;
    if (const PeerCase* peer = peer_at(subject.address); peer && !subject.evidence) subject.evidence = evidence_of(*peer, situation_);
    subjects_.push_back(std::move(subject));
  }

  bool told(const std::string& address) const {
    return std::any_of(subjects_.begin(), subjects_.end(), [&](const Subject& one) { return one.address == address; });
  }

  /// Every address that the word may mean: itself, or a thing of each kind that bears it as a name.
  std::vector<std::string> addresses_of(const std::string& what) const {
    std::vector<std::string> addresses{what};
    for (const std::string_view kind : {"peer.", "imagetype.", "image.", "series."}) addresses.push_back(std::string(kind) + what);
    for (const auto& rule : situation_.manifest.subscriptions) {
      if (rule.peer.text() == what || value_of(rule.selector) == what) addresses.push_back(subscription_address(rule.peer, rule.selector).text);
    }
    const auto name = ImageName::parse(what);
    if (const ImageRow* row = name ? situation_.live(*name) : nullptr; row && row->copy && row->identity) {
      if (const PeerCase* peer = situation_.peer(row->identity->origin)) addresses.push_back(copy_address(peer->name(), row->identity->name).text);
    }
    for (const auto& peer : situation_.peers) addresses.push_back("copy." + peer.name().text() + "." + what);
    for (const auto& change : plan_.actions) {
      const auto* copy = std::get_if<CopyImage>(&change.action);
      if (copy && copy->name.text() == what) addresses.push_back(change.address.text);
    }
    return addresses;
  }

  void add_planned(const std::string& address) {
    if (const auto found = planned_.find(address); found != planned_.end()) {
      const Change& change = *found->second;
      const std::string text = change.deferred ? fmt::format("{} it is planned, and deferred: {}", text_of(change.verb), change.deferred_why)
                                               : fmt::format("{}: {}", text_of(change.verb), change.because.front().text);
      add({.address = address, .verdict = "planned", .code = change.because.front().code, .text = text, .because = change.because, .evidence = {}});
    }
    for (const auto& held : plan_.held) {
      if (held.address.text == address) add({.address = address, .verdict = "held", .code = held.code, .text = held.text + "; " + held.mend, .because = {}, .evidence = {}});
    }
    for (const auto& blocked : plan_.blocked) {
      if (blocked.address.text != address) continue;
      std::vector<Reason> because;
      if (blocked.at) because.push_back({.code = blocked.code, .rule = address, .at = blocked.at, .text = blocked.text});
      add({.address = address, .verdict = "blocked", .code = blocked.code, .text = blocked.text + "; " + blocked.mend, .because = std::move(because), .evidence = {}});
    }
  }

  void add_done(const std::string& address, std::string text, std::vector<Reason> because = {}, std::string code = {}) {
    if (!told(address)) add({.address = address, .verdict = "done", .code = std::move(code), .text = std::move(text), .because = std::move(because), .evidence = {}});
  }

  /// What is as it should be already.
  void add_recorded(const std::string& address) {
    const auto& snapshot = situation_.snapshot;
    for (const auto& row : snapshot.registrations) {
      if (peer_address(row.name).text == address) add_done(address, fmt::format("it is registered since {}", time_text(row.registered)));
    }
    for (const auto& row : snapshot.types) {
      if (type_address(row.name).text == address) add_done(address, fmt::format("it is here, based on {}", row.base.text()));
    }
    for (const auto& row : snapshot.series) {
      if (series_address(row.name).text == address) add_done(address, fmt::format("it is here, with {}", counted(row.members.size(), "image")));
    }
    for (const auto& row : snapshot.subscriptions) {
      const PeerCase* peer = situation_.peer(row.peer);
      if (subscription_address(peer ? peer->name() : row.peer_name, row.selector).text != address) continue;
      if (row.stopped) add_done(address, fmt::format("it was stopped at serial {}; its copies stay", *row.stopped), {}, "dropped");
      else add_done(address, fmt::format("it is instantiated; it counts what comes after serial {}", row.baseline));
    }
  }

  /// The image's name in an address of an image or a copy, or the plain name itself.
  static std::string image_name_in(const std::string& what) {
    if (what.starts_with("image.")) return what.substr(6);
    const auto peer = peer_of_address(what);
    return what.starts_with("copy.") && what.size() > 6 + peer.size() ? what.substr(6 + peer.size()) : what;
  }

  /// Images here that bear the name, here or on their origin.
  void add_images(const std::set<std::string>& addresses, const std::string& name) {
    for (const auto& row : situation_.snapshot.images) {
      const bool named = row.name.text() == name || (row.identity && row.identity->name.text() == name);
      if (named) add_image(addresses, row);
    }
  }

  void add_image(const std::set<std::string>& addresses, const ImageRow& row) {
    if (!row.copy) {
      const std::string address = image_address(row.name).text;
      if (!addresses.contains(address)) return;
      if (row.deleted) add_done(address, fmt::format("it was deleted here; its bits were {}", row.digest.text()), {}, "dropped");
      else add_done(address, "it is here");
      return;
    }
    if (!row.identity || row.deleted) return;
    const PeerCase* peer = situation_.peer(row.identity->origin);
    const std::string from = peer ? peer->name().text() : row.copied_from ? row.copied_from->text() : row.origin_name.text();
    const std::string address = "copy." + from + "." + row.identity->name.text();
    if (!addresses.contains(address) && !addresses.contains(image_address(row.name).text)) return;
    std::string text = fmt::format("it is here as \"{}\"; it came on {}", row.name.text(), time_text(row.papers.time));
    if (row.withdrawn_by_origin) text += ", and its origin withdrew it";
    if (row.unwanted_since) text += fmt::format("; no rule has wanted it since {}", time_text(*row.unwanted_since));
    std::vector<Reason> because;
    if (!row.rule.empty()) because.push_back({.code = "subscription", .rule = row.rule, .at = std::nullopt, .text = "this rule brought it"});
    add_done(address, std::move(text), std::move(because));
  }

  /// A peer's images of this name, each with the answer of every rule.
  void add_candidates(const std::string& what, const PeerWishes& wishes) {
    const auto& images = wishes.index.catalog().images;
    for (std::uint32_t i = 0; i < images.size(); ++i) {
      const std::string address = copy_address(wishes.peer->name(), images[i].name).text;
      if (images[i].name.text() != what && address != what) continue;
      if (told(address) || add_adopted(address, images[i], wishes)) continue;
      add_verdict(address, i, wishes);
    }
    add_gone(what, wishes);
    add_series_and_types(what, wishes);
  }

  /// Images of this name that the peer deleted.
  void add_gone(const std::string& what, const PeerWishes& wishes) {
    const auto name = ImageName::parse(image_name_in(what));
    if (!name) return;
    const std::string address = copy_address(wishes.peer->name(), *name).text;
    if ((what != name->text() && what != address) || told(address)) return;
    for (const ImageTombstone* gone : wishes.index.tombstones(*name)) {
      add({.address = address, .verdict = "not-wanted", .code = "deleted",
           .text = fmt::format("peer \"{}\" deleted it at serial {}", wishes.peer->name().text(), gone->deleted), .because = {}, .evidence = {}});
    }
  }

  /// The peer's series and types of this name: what a subscription could name.
  void add_series_and_types(const std::string& what, const PeerWishes& wishes) {
    const auto offer = [&](const Selector& selector, const std::string& text) {
      const std::string address = subscription_address(wishes.peer->name(), selector).text;
      if (told(address)) return;
      add({.address = address, .verdict = "not-wanted", .code = std::string(code_of(Verdict::no_match)),
           .text = fmt::format("peer \"{}\" has {}; no subscription names it", wishes.peer->name().text(), text), .because = {}, .evidence = {}});
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

  bool add_adopted(const std::string& address, const ImageEntry& entry, const PeerWishes& wishes) {
    const auto adopted = std::find_if(desired_.adopted.begin(), desired_.adopted.end(),
                                      [&](const Adopted& one) { return one.peer == wishes.peer && one.entry == &entry; });
    if (adopted == desired_.adopted.end()) return false;
    add_done(address, fmt::format("\"{}\" is here already with the same bits; it was adopted, and stays what it is", adopted->name.text()), {}, "adopted");
    return true;
  }

  static std::string why_not(const Judged& judged, const Terms& terms, const ImageEntry& entry) {
    switch (judged.verdict) {
      case Verdict::wanted: return "it is wanted";
      case Verdict::not_origin: return "the peer is not its origin";
      case Verdict::no_match: return "the selector does not name it";
      case Verdict::excluded: return fmt::format("`exclude` names it ({})", listed(terms.rule->options.exclude));
      case Verdict::where: return "`where` does not hold for it";
      case Verdict::not_kept: return "its [[copy]] says `keep = false`";
      case Verdict::state: return fmt::format("it is {}, which is not in `states`", text_of(entry.state()));
      case Verdict::before_baseline:
        return fmt::format("the peer {}, which is not after the baseline {}", event_text(judged, *terms.rule, entry), terms.baseline);
      case Verdict::beyond_latest: return fmt::format("it is not among the latest {} of the series", terms.rule->options.latest.value_or(0));
    }
    return {};
  }

  void add_verdict(const std::string& address, std::uint32_t place, const PeerWishes& wishes) {
    const ImageEntry& entry = wishes.index.catalog().images[place];
    if (entry.identity.origin != wishes.peer->id()) {
      return add({.address = address, .verdict = "not-wanted", .code = std::string(code_of(Verdict::not_origin)),
                  .text = fmt::format("peer \"{}\" is not its origin: copies are never copied on; subscribe to \"{}\" itself", wishes.peer->name().text(),
                                      entry.origin_name.text()),
                  .because = {}, .evidence = {}});
    }
    std::vector<Reason> because;
    // The rule that came nearest to wanting it gives the verdict.
    Verdict nearest = Verdict::no_match;
    std::string text = wishes.terms.empty() ? "no subscription to this peer counts now" : "no subscription's selector names it";
    for (const auto& judged : wishes.about(place)) {
      const Terms& terms = wishes.terms_of(judged);
      because.push_back({.code = std::string(code_of(judged.verdict)),
                         .rule = subscription_address(terms.rule->peer, terms.rule->selector).text,
                         .at = terms.rule->at,
                         .text = why_not(judged, terms, entry)});
      if (judged.verdict >= nearest) {
        nearest = judged.verdict;
        text = because.back().text;
      }
    }
    add({.address = address, .verdict = "not-wanted", .code = std::string(code_of(nearest)), .text = std::move(text), .because = std::move(because), .evidence = {}});
  }

  void add_unread(const std::string& what, const PeerCase& peer) {
    const std::string prefix = "copy." + peer.name().text() + ".";
    const bool concerned = what == peer.name().text() || what == peer_address(peer.name()).text || what.starts_with(prefix);
    if (!concerned || peer.sight != Sight::unknown) return;
    const std::string address = what.starts_with(prefix) ? what : peer_address(peer.name()).text;
    add({.address = address, .verdict = "unknown", .code = peer.why.code, .text = peer.why.why, .because = {}, .evidence = {}});
  }

  const Situation& situation_;
  const Plan& plan_;
  Desired desired_;
  std::unordered_map<std::string, const Change*> planned_;
  std::set<std::string> told_;
  std::vector<Subject> subjects_;
};

}  // namespace

std::vector<Subject> explain(const std::string& what, const Manifest& manifest, const Snapshot& snapshot, const Observed& observed,
                             const Plan& plan) {
  const Situation situation = survey(manifest, snapshot, observed);
  return Explanation(situation, plan).about(what);
}

std::vector<std::string> known_names(const Manifest& manifest, const Snapshot& snapshot, const Observed& observed) {
  std::set<std::string> names;
  for (const auto& peer : manifest.peers) names.insert(peer.name.text());
  for (const auto& type : manifest.types) names.insert(type.name.text());
  for (const auto& image : manifest.images) names.insert(image.name.text());
  for (const auto& series : manifest.series) names.insert(series.name.text());
  for (const auto& rule : manifest.subscriptions) names.insert(subscription_address(rule.peer, rule.selector).text);
  for (const auto& row : snapshot.registrations) names.insert(row.name.text());
  for (const auto& row : snapshot.types) names.insert(row.name.text());
  for (const auto& row : snapshot.series) names.insert(row.name.text());
  for (const auto& row : snapshot.images) {
    if (!row.deleted) names.insert(row.name.text());
  }
  for (const auto& view : observed.peers) {
    const auto* read = std::get_if<PeerCatalog>(&view);
    if (!read || !read->catalog) continue;
    for (const auto& image : read->catalog->images) names.insert(image.name.text());
    for (const auto& series : read->catalog->series) names.insert(series.name.text());
    for (const auto& type : read->catalog->types) names.insert(type.name.text());
  }
  return {names.begin(), names.end()};
}

}  // namespace ingot
