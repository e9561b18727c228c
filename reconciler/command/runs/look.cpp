#include "reconciler/command/runs/look.hpp"

#include <algorithm>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/observe_exports.hpp"
#include "reconciler/plan/annotate.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/site/last_plan.hpp"

namespace ingot::command {

namespace {

/// Whether a copy is named on the command line: whether there is such a one, only the catalogs say, also of settled peers.
bool names_copies(const plan::PlanOptions& options) {
  const auto is_copy = [](const std::string& address) { return is_of(AddressKind::copy, address); };
  return std::any_of(options.targets.begin(), options.targets.end(), is_copy) ||
         std::any_of(options.excluded.begin(), options.excluded.end(), is_copy);
}

/// What is told of each head anew, and is not true of the next one.
bool is_of_one_head(const Note& note, const plan::PeerCatalog& view) {
  return note.code == Code::root_ends || std::any_of(view.remarks.begin(), view.remarks.end(),
                                                     [&](const plan::PeerRemark& remark) { return remark.code == note.code; });
}

/// So that the next plan need not read the pages of a peer for which there is nothing to do.
void remember_settled(site::Site& site, const std::vector<observe::KnownPeer>& known, const Observation& observation) {
  for (std::size_t i = 0; i < site.manifest.peers.size(); ++i) {
    const ServerName& peer = site.manifest.peers[i].name;
    const auto* const view = std::get_if<plan::PeerCatalog>(&observation.observed.peers[i]);
    if (view == nullptr ||
        std::find(observation.plan.settled.begin(), observation.plan.settled.end(), peer) == observation.plan.settled.end())
      continue;
    io::SettledMark mark{
        .fingerprint = observe::settled_fingerprint(view->head, known[i]), .until = observation.plan.settled_until, .notes = {}};
    std::copy_if(observation.plan.notes.begin(), observation.plan.notes.end(), std::back_inserter(mark.notes),
                 [&](const Note& note) { return peer_of_address(note.address) == peer.text() && !is_of_one_head(note, *view); });
    site.memory.keep_settled(view->head.id, mark);
  }
}

bool publishes(const plan::Plan& plan) {
  return std::any_of(plan.actions.begin(), plan.actions.end(),
                     [](const plan::Change& change) { return change.verb == Verb::publish; });
}

Observation look_once(site::Site& site, const plan::PlanOptions& options, const observe::LookOptions& how,
                      const std::vector<observe::KnownPeer>& known, const std::vector<plan::DamagedImage>& damaged,
                      io::Transport& transport, const console::Session& session) {
  auto [snapshot, observed] = observe::observe_server(site, known, damaged, how, transport, session);
  plan::Plan plan = plan_or_refuse(plan::make_plan(site.manifest, snapshot, observed, options), site.manifest);
  if (plan.short_of_room) {  // only now it matters whether there will ever be room
    observed.disk.garbage = observe::garbage_bytes(site, observed.now);
    plan = plan_or_refuse(plan::make_plan(site.manifest, snapshot, observed, options), site.manifest);
  }
  while (observe::look_at_removals(plan, observed))
    plan = plan_or_refuse(plan::make_plan(site.manifest, snapshot, observed, options), site.manifest);
  const Digest id = io::sha256(plan::plan_id_text(plan));
  return {std::move(snapshot), std::move(observed), std::move(plan), id};
}

}  // namespace

plan::Plan plan_or_refuse(std::variant<plan::Plan, plan::RefusedEmpty, plan::WrongAddress> made, const Manifest& manifest) {
  if (auto* plan = std::get_if<plan::Plan>(&made)) return std::move(*plan);
  if (const auto* wrong = std::get_if<plan::WrongAddress>(&made))
    throw Error(Fault::usage, io::printable(wrong->text), io::printable(wrong->mend))
        .with_code(Code::unknown_address)
        .about(wrong->address);
  const auto& refused = std::get<plan::RefusedEmpty>(made);
  throw Error(Fault::refused, refused.text, refused.mend).with_code(Code::empty).about(manifest.path);
}

void note_trouble(const io::PeerMemory& memory, plan::Plan& plan) {
  if (const auto trouble = memory.trouble())
    plan::annotate(plan, {.notes = {{.code = Code::not_remembered, .address = "", .text = *trouble}}});
}

Observation look(site::Site& site, const plan::PlanOptions& options, observe::LookOptions how, io::Transport& transport,
                 const console::Session& session) {
  apply::refuse_an_old_state(site.state, site.store);
  std::vector<plan::DamagedImage> damaged = observe::known_damage(site, how.about ? Pages::always : how.pages);
  if (names_copies(options)) how.pages = Pages::always;
  std::vector<observe::KnownPeer> known = observe::known_peers(site, damaged);
  Observation observation = look_once(site, options, how, known, damaged, transport, session);
  if (publishes(observation.plan) && observe::add_public_damage(site, damaged)) {
    known = observe::known_peers(site, damaged);
    observation = look_once(site, options, how, known, damaged, transport, session);
  }
  remember_settled(site, known, observation);
  site::keep_last_plan(site, observation.observed, observation.plan);
  note_trouble(site.memory, observation.plan);
  return observation;
}

}  // namespace ingot::command
