#include "reconciler/show/run/run_metrics.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "schema/overloaded.hpp"

namespace ingot::show {

namespace {

using Addresses = std::set<std::string_view>;

Addresses done_by(const apply::Account* account) {
  Addresses done;
  if (account == nullptr) return done;
  for (const auto& result : account->done) done.insert(result.address.text);
  return done;
}

/// What the run put off that its plan did not: past its deadline, or when a window closed. By address: bytes that it has fetched.
std::map<std::string_view, std::uint64_t> put_off_by(const apply::Account* account) {
  std::map<std::string_view, std::uint64_t> fetched;
  if (account == nullptr) return fetched;
  for (const auto& result : account->not_started) {
    const auto* const skipped = std::get_if<Skipped>(&result.outcome);
    if (skipped != nullptr && skipped->deferred) fetched.emplace(result.address.text, result.fetched);
  }
  return fetched;
}

std::optional<PeerMetrics> peer_metrics(const ServerName& name, const plan::PeerView& view) {
  const auto seen = [&](const plan::SeenHead& head, bool up) { return PeerMetrics{name, up, head.issued, head.expires}; };
  return std::visit(
      Overloaded{[&](const plan::PeerCatalog& peer) -> std::optional<PeerMetrics> { return seen(peer.head, true); },
                 [&](const plan::Settled& peer) -> std::optional<PeerMetrics> { return seen(peer.head, true); },
                 [](const plan::OwnPeer&) -> std::optional<PeerMetrics> { return std::nullopt; },
                 [](const plan::RetiredPeer&) -> std::optional<PeerMetrics> { return std::nullopt; },
                 [&](const plan::Unknown& peer) -> std::optional<PeerMetrics> {
                   return peer.last ? seen(*peer.last, false) : PeerMetrics{name, false, std::nullopt, std::nullopt};
                 }},
      view);
}

/// Copies of members of the series that cannot be made: they are wanted, and not here.
std::uint64_t blocked_members(const ServerName& peer, const SeriesName& name, const Catalog& catalog, const plan::Plan& plan) {
  const auto series =
      std::find_if(catalog.series.begin(), catalog.series.end(), [&](const SeriesEntry& entry) { return entry.name == name; });
  if (series == catalog.series.end()) return 0;
  std::set<std::string> members;
  for (const auto& member : series->members) members.insert(copy_address(peer, member.image.name).text);
  return static_cast<std::uint64_t>(std::count_if(plan.blocked.begin(), plan.blocked.end(), [&](const plan::Blocked& blocked) {
    return blocked.verb == Verb::copy && members.contains(blocked.address.text);
  }));
}

/// Copies of the plan that this rule wants and that were not made.
std::uint64_t missing_copies(const Address& rule, const plan::Plan& plan, const Addresses& done) {
  return static_cast<std::uint64_t>(std::count_if(plan.actions.begin(), plan.actions.end(), [&](const plan::Change& change) {
    const bool is_wanted = std::any_of(change.because.begin(), change.because.end(),
                                       [&](const plan::Reason& reason) { return reason.rule == rule.text; });
    return change.verb == Verb::copy && is_wanted && !done.contains(change.address.text);
  }));
}

std::vector<SeriesMetrics> series_metrics(const Manifest& manifest, const plan::Observed& observed, const plan::Plan& plan,
                                          const Addresses& done) {
  std::vector<SeriesMetrics> all;
  for (const auto& rule : manifest.subscriptions) {
    const auto* const series = std::get_if<SelectSeries>(&rule.selector);
    const auto peer = std::find_if(manifest.peers.begin(), manifest.peers.end(),
                                   [&](const PeerEntry& entry) { return entry.name == rule.peer; });
    if (series == nullptr || peer == manifest.peers.end()) continue;
    const plan::PeerView& view = observed.peers.at(static_cast<std::size_t>(peer - manifest.peers.begin()));
    const auto* const read = std::get_if<plan::PeerCatalog>(&view);
    if (read == nullptr && !std::holds_alternative<plan::Settled>(view)) continue;
    std::uint64_t behind = missing_copies(subscription_address(rule.peer, rule.selector), plan, done);
    if (read != nullptr) behind += blocked_members(rule.peer, series->series, *read->catalog, plan);
    all.push_back({rule.peer, series->series, behind});
  }
  return all;
}

}  // namespace

PlanMetrics metrics_of(const Manifest& manifest, const plan::Observed& observed, const plan::Plan& plan,
                       const apply::Account* account) {
  const Addresses done = done_by(account);
  const auto put_off_actions = put_off_by(account);
  PlanMetrics metrics{.made = observed.now,
                      .whole = plan.whole,
                      .blocked = plan.blocked.size(),
                      .held = plan.held.size(),
                      .damaged = observed.damaged.size()};
  for (const auto& change : plan.actions) {
    const auto put_off = put_off_actions.find(change.address.text);
    if (change.deferred || put_off != put_off_actions.end()) {
      const plan::Transfer* const transfer = plan::transfer_of(change.action);
      const std::uint64_t bytes = transfer != nullptr ? transfer->bytes : 0;
      ++metrics.deferred;
      metrics.deferred_bytes += bytes - std::min(bytes, put_off == put_off_actions.end() ? 0 : put_off->second);
    } else if (!done.contains(change.address.text)) {
      ++metrics.pending[change.verb];
    }
  }
  for (std::size_t i = 0; i < manifest.peers.size(); ++i) {
    if (auto peer = peer_metrics(manifest.peers[i].name, observed.peers.at(i))) metrics.peers.push_back(*std::move(peer));
  }
  metrics.series = series_metrics(manifest, observed, plan, done);
  return metrics;
}

void add_bytes(const apply::Account& account, RunMetrics& run) {
  for (const auto* results : {&account.done, &account.failed, &account.not_started}) {
    for (const auto& result : *results) run.copied += result.fetched;
  }
  for (const auto& result : account.done) {
    if (result.verb == Verb::copy && result.size > result.fetched) run.saved += result.size - result.fetched;
  }
}

}  // namespace ingot::show
