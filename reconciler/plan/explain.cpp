#include "reconciler/plan/explain.hpp"

#include <algorithm>

#include "reconciler/plan/explanation.hpp"
#include "reconciler/plan/make_plan.hpp"

namespace ingot {

namespace {

std::optional<Evidence> evidence_of(const PeerCase& peer, const Situation& situation) {
  const SeenHead* head = peer.head ? peer.head : peer.why.last ? &*peer.why.last : nullptr;
  if (!head) return std::nullopt;
  std::optional<Time> seen;
  if (peer.head)
    seen = situation.observed.now;
  else if (peer.registration)
    seen = peer.registration->seen;
  return Evidence{.peer = peer.name(), .url = head->url, .head = head->digest, .serial = head->serial, .seen = seen};
}

}  // namespace

Explanation::Explanation(const Situation& situation, const Plan& plan) : situation_(situation), plan_(plan) {
  Draft draft;  // what deciding finds was told by the plan
  desired_ = decide_desired(situation, draft);
  for (const auto& change : plan.actions) planned_.emplace(change.address.text, &change);
}

const Change* Explanation::planned(const std::string& address) const {
  const auto found = planned_.find(address);
  return found == planned_.end() ? nullptr : found->second;
}

void Explanation::add(Subject subject) {
  if (!told_.insert(subject.address + " " + subject.verdict + " " + subject.code).second) return;
  addresses_.insert(subject.address);
  const auto name = ServerName::parse(peer_of_address(subject.address));
  const PeerCase* peer = name ? situation_.peer(*name) : nullptr;
  if (peer && !subject.evidence) subject.evidence = evidence_of(*peer, situation_);
  subjects_.push_back(std::move(subject));
}

std::string image_name_in(const std::string& what) {
  if (what.starts_with("image.")) return what.substr(6);
  const auto peer = peer_of_address(what);
  return what.starts_with("copy.") && what.size() > 6 + peer.size() ? what.substr(6 + peer.size()) : what;
}

std::vector<Subject> explain(const std::string& what, const Manifest& manifest, const Snapshot& snapshot,
                             const Observed& observed, const Plan& plan) {
  const Situation situation = survey(manifest, snapshot, observed);
  Explanation explanation(situation, plan);
  tell_of_here(what, explanation);
  tell_of_peers(what, explanation);
  return explanation.finish();
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
