#include "reconciler/plan/check_plan_fits.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include <fmt/format.h>

#include "reconciler/plan/intent.hpp"
#include "reconciler/plan/texts.hpp"
#include "schema/overloaded.hpp"

namespace ingot::plan {

namespace {

/// Each explanation judges every image anew.
constexpr std::size_t most_explained = 20;

std::string short_digest(const Digest& digest) { return digest.hex().substr(0, 12); }

/// Compares what was planned with what is planned now.
class Comparison {
 public:
  Comparison(const SavedPlan& saved, const Plan& now, const Manifest& manifest, const state::Snapshot& snapshot,
             const Observed& observed)
      : saved_(saved), now_(now), manifest_(manifest), snapshot_(snapshot), observed_(observed) {
    for (const auto& change : now.actions) planned_.emplace(change.address.text, &change);
  }

  std::vector<Misfit> misfits(const std::vector<LaterRun>& later) {
    if (saved_.manifest != now_.manifest_digest)
      tell(Code::manifest, "",
           fmt::format("the manifest has changed (its digest was {}, now {})", short_digest(saved_.manifest),
                       short_digest(now_.manifest_digest)));
    compare_state(later);
    compare_actions(false);
    tell_of_new_actions(false);
    if (misfits_.empty()) {  // publishing follows from the rest
      compare_actions(true);
      tell_of_new_actions(true);
    }
    tell_of_heads();
    return std::move(misfits_);
  }

 private:
  void tell(Code code, std::string address, std::string text) {
    misfits_.push_back({.code = code, .address = std::move(address), .text = std::move(text)});
  }

  void compare_state(const std::vector<LaterRun>& later) {
    if (saved_.basis.lineage != snapshot_.lineage) return tell(Code::state, "", "the state was rebuilt since");
    if (saved_.basis.generation == snapshot_.generation) return;
    const auto same =
        std::find_if(later.begin(), later.end(), [&](const LaterRun& run) { return run.plan_id == saved_.id.text(); });
    if (same != later.end())
      return tell(Code::applied, "",
                  fmt::format("run {} by {} has already applied this plan ({}); a plan is applied once", same->id, same->actor,
                              counted(same->done, "action")));
    if (later.empty()) return tell(Code::state, "", "the state has changed since");
    const LaterRun& last = later.front();
    tell(Code::state, "",
         fmt::format("the state has changed since: run {} ({} by {}) did {}{}", last.id, last.command, last.actor,
                     counted(last.done, "action"),
                     later.size() == 1 ? "" : fmt::format(", and {} before it", counted(later.size() - 1, "run"))));
  }

  void compare_actions(bool publishing) {
    for (const auto& action : saved_.actions) {
      if (action.deferred || is_of(AddressKind::upload, action.address)) continue;  // it follows from what is published
      if ((action.address == catalog_address().text) == publishing) compare(action);
    }
  }

  void compare(const PlannedAction& action) {
    const auto found = planned_.find(action.address);
    if (found == planned_.end()) return tell_why_gone(action.address);
    const Change& change = *found->second;
    if (const std::string now = intent_of(change); now != action.intent) {
      tell(Code::changed, action.address,
           fmt::format("\"{}\" would now be done in another way: {}", action.address,
                       differences_text(differences(action.intent, now))));
    } else if (change.deferred) {
      tell(Code::deferred, action.address,
           fmt::format("\"{}\" no longer fits the limits: {}", action.address, change.deferred_why));
    }
  }

  void tell_why_gone(const std::string& address) {
    for (const auto& one : now_.held) {
      if (one.address.text == address) return tell(Code::held, address, fmt::format("\"{}\" is held now: {}", address, one.text));
    }
    for (const auto& one : now_.blocked) {
      if (one.address.text == address)
        return tell(Code::blocked, address, fmt::format("\"{}\" is blocked now: {}", address, one.text));
    }
    const std::string_view name = peer_of_address(address);
    for (const auto& peer : now_.unknown) {
      if (peer.peer.text() == name)
        return tell(
            Code::gone, address,
            fmt::format("\"{}\" cannot be done now: peer \"{}\" is {}: {}", address, name, text_of(peer.code), peer.text));
    }
    tell(Code::gone, address, fmt::format("\"{}\" is not planned any more{}", address, why_not_wanted(address)));
  }

  /// ": its origin withdrew it", as explain says it; "" if it has nothing to say, or was asked often enough.
  std::string why_not_wanted(const std::string& address) {
    if (explained_++ >= most_explained) return "";
    for (const auto& subject : explain(address, manifest_, snapshot_, observed_, now_)) {
      if (subject.address == address && subject.verdict != SubjectVerdict::planned) return ": " + subject.text;
    }
    return "";
  }

  void tell_of_new_actions(bool publishing) {
    std::set<std::string_view> known;
    for (const auto& action : saved_.actions) known.insert(action.address);
    if (saved_.basis.options.end_despite_unknown) known.insert(saved_.held_ends.begin(), saved_.held_ends.end());
    for (const auto& change : now_.actions) {
      const bool follows = change.verb == Verb::upload || known.contains(change.address.text);
      if (follows || (change.verb == Verb::publish) != publishing) continue;
      tell(Code::new_, change.address.text,
           fmt::format("\"{}\" ({}) is new in the plan: {}", change.address.text, text_of(change.verb),
                       change.because.front().text));
    }
  }

  /// Which peers have published since; told only beside something that is no longer as it was.
  void tell_of_heads() {
    if (misfits_.empty()) return;
    for (const auto& head : planned_heads(manifest_, observed_)) {
      const auto& heads = saved_.basis.heads;
      const auto before = std::find_if(heads.begin(), heads.end(), [&](const PlannedHead& one) { return one.id == head.id; });
      if (before == heads.end() || before->head == head.head) continue;
      tell(Code::peer, peer_address(head.peer).text,
           fmt::format("peer \"{}\" has published since: its serial was {}, now {}", head.peer.text(), before->serial,
                       head.serial));
    }
  }

  const SavedPlan& saved_;
  const Plan& now_;
  const Manifest& manifest_;
  const state::Snapshot& snapshot_;
  const Observed& observed_;
  std::unordered_map<std::string_view, const Change*> planned_;
  std::vector<Misfit> misfits_;
  std::size_t explained_ = 0;
};

}  // namespace

PlanOptions SavedPlan::options_again() const {
  PlanOptions options{.raise_removals = basis.options.raise_removals,
                      .raise_stops = basis.options.raise_stops,
                      .raise_withdrawals = basis.options.raise_withdrawals,
                      .allow_empty = basis.options.allow_empty,
                      .end_despite_unknown = basis.options.end_despite_unknown};
  options.only.emplace();
  if (options.end_despite_unknown) *options.only = held_ends;
  for (const auto& action : actions) {
    if (!action.deferred) options.only->insert(action.address);
  }
  // Uploads follow from what is published, so that they are in no list of addresses: what was excluded stays excluded.
  std::copy_if(basis.options.excluded.begin(), basis.options.excluded.end(), std::back_inserter(options.excluded),
               [](const std::string& address) { return is_of(AddressKind::upload, address); });
  return options;
}

std::vector<Misfit> check_origin(const SavedPlan& saved, const ServerId& self, const std::string& version) {
  std::vector<Misfit> misfits;
  if (saved.id_of_server != self) {
    misfits.push_back({.code = Code::server,
                       .address = "",
                       .text = fmt::format("it is a plan of another server, \"{}\" ({}); this one is {}", saved.server.text(),
                                           saved.id_of_server.text(), self.text())});
  }
  if (saved.basis.version != version)
    misfits.push_back({.code = Code::version,
                       .address = "",
                       .text = fmt::format("it was made by ingot {}, and this is ingot {}", saved.basis.version, version)});
  return misfits;
}

std::vector<Misfit> check_plan_fits(const SavedPlan& saved, const Plan& now, const Manifest& manifest,
                                    const state::Snapshot& snapshot, const Observed& observed,
                                    const std::vector<LaterRun>& later) {
  return Comparison(saved, now, manifest, snapshot, observed).misfits(later);
}

std::vector<PlannedHead> planned_heads(const Manifest& manifest, const Observed& observed) {
  std::vector<PlannedHead> heads;
  for (std::size_t i = 0; i < std::min(manifest.peers.size(), observed.peers.size()); ++i) {
    const SeenHead* head = nullptr;
    if (const auto* read = std::get_if<PeerCatalog>(&observed.peers[i])) head = &read->head;
    if (const auto* settled = std::get_if<Settled>(&observed.peers[i])) head = &settled->head;
    if (head) heads.push_back({.peer = manifest.peers[i].name, .id = head->id, .serial = head->serial, .head = head->digest});
  }
  return heads;
}

}  // namespace ingot::plan
