#include "reconciler/plan/explain/explain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/explain/explanation.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

/// All of one head: the one that answers now, or the one that was seen last.
std::optional<Evidence> evidence_of(const PeerCase& peer, const LastSeen* last, const Situation& situation) {
  const auto of = [&](const SeenHead& head, const std::optional<Time>& seen) {
    return Evidence{.peer = peer.name(), .url = head.url, .head = head.digest, .serial = head.serial, .seen = seen};
  };
  if (peer.head) return of(*peer.head, situation.observed.now);
  if (last) return of(last->head, last->seen);
  if (!peer.why.last) return std::nullopt;
  const state::Registration* registration = peer.registration;
  return of(*peer.why.last,
            registration && registration->head == peer.why.last->digest ? std::optional(registration->seen) : std::nullopt);
}

/// What the manifest's [[copy]] says, key by key.
std::string copy_entry_text(const CopyEntry& entry) {
  std::vector<std::string> keys;
  if (entry.keep) keys.push_back(fmt::format("`keep = {}`", *entry.keep));
  if (entry.protect) keys.push_back(fmt::format("`protect = {}`", *entry.protect));
  if (entry.state) keys.push_back(fmt::format("`state = \"{}\"`", text_of(*entry.state)));
  return keys.empty() ? "its [[copy]] only names it" : "its [[copy]] says " + listed(keys);
}

/// Adds what a [[copy]] says of the subject, unless a reason has told it already.
void add_copy_entry(Subject& subject, const PeerCase& peer) {
  const auto name = ImageName::parse(image_name_in(subject.address));
  const CopyEntry* entry = name && is_of(AddressKind::copy, subject.address) ? peer.copy_entry(*name) : nullptr;
  const auto tells = [&](const Reason& reason) { return reason.rule == subject.address; };
  if (!entry || std::any_of(subject.because.begin(), subject.because.end(), tells)) return;
  subject.because.push_back(
      {.code = Code::copy_entry, .rule = subject.address, .at = entry->at, .text = copy_entry_text(*entry)});
}

}  // namespace

Explanation::Explanation(const Situation& situation, const Plan& plan, const LastSeenOf& last_seen)
    : situation_(situation), plan_(plan), last_seen_(last_seen) {
  Draft draft;  // what deciding finds was told by the plan
  desired_ = decide_desired(situation, draft);
  for (const auto& change : plan.actions) planned_.emplace(change.address.text, &change);
}

const Change* Explanation::planned(const std::string& address) const {
  const auto found = planned_.find(address);
  return found == planned_.end() ? nullptr : found->second;
}

const LastSeen* Explanation::last_seen(const PeerCase& peer) const {
  const auto found = last_seen_.find(peer.id());
  return peer.sight != Sight::unknown || found == last_seen_.end() ? nullptr : &found->second;
}

void Explanation::add(Subject subject) {
  if (!told_.insert(fmt::format("{} {} {}", subject.address, text_of(subject.verdict), text_of(subject.code))).second) return;
  addresses_.insert(subject.address);
  const auto name = ServerName::parse(peer_of_address(subject.address));
  const PeerCase* peer = name ? situation_.peer(*name) : nullptr;
  if (peer) add_copy_entry(subject, *peer);
  if (peer && !subject.evidence) subject.evidence = evidence_of(*peer, last_seen(*peer), situation_);
  subjects_.push_back(std::move(subject));
}

std::string image_name_in(const std::string& what) {
  const auto parts = parts_of(what);
  const bool is_image = parts && (parts->kind == AddressKind::image || parts->kind == AddressKind::copy);
  return is_image && !parts->name.empty() ? std::string(parts->name) : what;
}

std::string_view text_of(SubjectVerdict verdict) {
  switch (verdict) {
    case SubjectVerdict::planned: return "planned";
    case SubjectVerdict::done: return "done";
    case SubjectVerdict::held: return "held";
    case SubjectVerdict::blocked: return "blocked";
    case SubjectVerdict::not_wanted: return "not-wanted";
    case SubjectVerdict::unknown: return "unknown";
  }
  return "";
}

Observed with_what_settled_peers_have(Observed observed) {
  for (auto& view : observed.peers) {
    auto* const settled = std::get_if<Settled>(&view);
    if (!settled || !settled->about) continue;
    PeerCatalog read{
        .head = std::move(settled->head), .catalog = std::move(settled->about), .remarks = std::move(settled->remarks)};
    view = std::move(read);
  }
  return observed;
}

std::vector<Subject> explain(const std::string& what, const Manifest& manifest, const state::Snapshot& snapshot,
                             const Observed& observed, const Plan& plan, const LastSeenOf& last_seen) {
  const Situation situation = survey(manifest, snapshot, observed);
  Explanation explanation(situation, plan, last_seen);
  tell_of_here(what, explanation);
  tell_of_peers(what, explanation);
  return explanation.finish();
}

std::vector<std::string> known_names(const Manifest& manifest, const state::Snapshot& snapshot, const Observed& observed,
                                     const LastSeenOf& last_seen) {
  std::set<std::string> names;
  const auto add_all = [&names](const Catalog& catalog) {
    for (const auto& image : catalog.images) names.insert(image.name.text());
    for (const auto& series : catalog.series) names.insert(series.name.text());
    for (const auto& type : catalog.types) names.insert(type.name.text());
  };
  for (const auto& peer : manifest.peers) names.insert(peer.name.text());
  for (const auto& type : manifest.types) names.insert(type.name.text());
  for (const auto& image : manifest.images) names.insert(image.name.text());
  for (const auto& series : manifest.series) names.insert(series.name.text());
  for (const auto& entry : manifest.exports) names.insert(entry.name.text());
  for (const auto& rule : manifest.subscriptions) names.insert(subscription_address(rule.peer, rule.selector).text);
  for (const auto& row : snapshot.registrations) names.insert(row.name.text());
  for (const auto& row : snapshot.types) names.insert(row.name.text());
  for (const auto& row : snapshot.series) names.insert(row.name.text());
  for (const auto& row : snapshot.exports) names.insert(row.name.text());
  for (const auto& row : snapshot.exported) names.insert({row.name.text(), row.image.text()});
  for (const auto& row : snapshot.images) {
    if (!row.deleted) names.insert(row.name.text());
  }
  for (const auto& view : observed.peers) {
    const auto* read = std::get_if<PeerCatalog>(&view);
    if (read && read->catalog) add_all(*read->catalog);
  }
  for (const auto& [id, last] : last_seen) add_all(*last.catalog);
  return {names.begin(), names.end()};
}

}  // namespace ingot::plan
