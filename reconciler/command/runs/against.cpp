#include "reconciler/command/runs/against.hpp"

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/observe_published.hpp"
#include "reconciler/plan/annotate.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/plan/stated_snapshot.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/site/cache_folder.hpp"

namespace ingot::command {

namespace {

Error do_not_fit(const std::string& why, const plan::PeerCatalog& server) {
  return Error(Fault::untrusted,
               fmt::format("{}: the state that the server publishes does not match its catalog: {}",
                           io::printable(server.head.url), io::printable(why)),
               "ask the server's owner")
      .with_code(Code::malformed)
      .about(server.head.url);
}

/// What hour it is where the server is nobody knows elsewhere: no window bounds this plan.
Manifest at_any_hour(const Manifest& manifest) {
  Manifest unbounded = manifest;
  unbounded.limits.windows.clear();
  for (PeerEntry& peer : unbounded.peers) peer.windows.clear();
  return unbounded;
}

void note_unshown(const plan::StatedSnapshot& made, std::vector<Note>& notes) {
  std::vector<std::string> parts;
  if (made.assumed_types > 0) parts.push_back(plan::counted(made.assumed_types, "image type"));
  if (made.assumed_series > 0) parts.push_back(fmt::format("{} series", made.assumed_series));
  if (parts.empty()) return;
  notes.push_back({.code = Code::unshown,
                   .address = "",
                   .text = fmt::format("the server publishes nothing of {} of the manifest, because no public image uses it: "
                                       "assumed to be as the manifest says",
                                       fmt::join(parts, " and "))});
}

/// What the plan was made of, and what it could not see.
std::vector<Note> notes_on_footing(const plan::PeerCatalog& server, const plan::StatedSnapshot& made) {
  std::vector<Note> notes;
  const plan::SeenHead& head = server.head;
  notes.push_back({.code = Code::against,
                   .address = "",
                   .text = fmt::format("planned against the published state of \"{}\", serial {} of {}; the sources, disk, time "
                                       "(`window`) and host guard of that server were not checked",
                                       head.own_name.text(), head.serial, time_text(head.issued))});
  note_unshown(made, notes);
  if (const std::uint64_t assumed = made.assumed; assumed > 0) {
    notes.push_back(
        {.code = Code::private_unseen,
         .address = "",
         .text = fmt::format("{} of the manifest {} private: the server publishes nothing of {}, so {} assumed to be as the "
                             "manifest has {}, and actions for {} are not in this plan",
                             plan::counted(assumed, "image"), assumed == 1 ? "is" : "are", assumed == 1 ? "it" : "them",
                             assumed == 1 ? "it is" : "they are", assumed == 1 ? "it" : "them", assumed == 1 ? "it" : "them")});
  }
  return notes;
}

}  // namespace

PublishedServer::PublishedServer(const std::string& url, const Card& card, io::Transport& transport,
                                 const console::Session& session)
    : transport_(transport),
      session_(session),
      now_(session.clock.now()),
      memory_(session.files, site::cache_folder("against")),
      server_(observe::ask_published(url, card, now_, memory_, transport, session)) {}

Observation look_at_published(const plan::PeerCatalog& server, const Manifest& manifest, const plan::PlanOptions& options,
                              Time now, const AskPeers& ask_peers) {
  auto made = plan::stated_snapshot(server, manifest);
  if (const auto* const why = std::get_if<std::string>(&made)) throw do_not_fit(*why, server);
  auto& stated = std::get<plan::StatedSnapshot>(made);
  state::Snapshot& snapshot = stated.snapshot;
  plan::Observed observed = observe::observe_published(server, manifest, snapshot, now, ask_peers(snapshot));
  plan::Plan plan = plan_or_refuse(plan::make_plan(at_any_hour(manifest), snapshot, observed, options), manifest);
  plan::annotate(plan, {.notes = notes_on_footing(server, stated)});
  const Digest id = io::sha256(plan::plan_id_text(plan));
  return {std::move(snapshot), std::move(observed), std::move(plan), id};
}

Observation PublishedServer::look(const Manifest& manifest, const plan::PlanOptions& options) {
  Observation observation = look_at_published(server_, manifest, options, now_, [&](const state::Snapshot& snapshot) {
    return observe::ask_peers_of(server_, manifest, snapshot, now_, memory_, transport_, session_);
  });
  note_trouble(memory_, observation.plan);
  return observation;
}

}  // namespace ingot::command
