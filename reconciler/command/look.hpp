// The line that plan, apply, status and explain share: ask the peers, take a snapshot, make the plan; and what is
// remembered of it beside the state.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::command {

enum class Pages { when_news, always };  ///< always: also of settled peers; and the files of all images are looked at

struct Observation {
  state::Snapshot snapshot;
  plan::Observed observed;
  plan::Plan plan;
  Digest plan_id;
};

/// When asking peers ends, by the session's clock; nullopt: no sooner than the longest visit does.
using AskUntil = std::optional<std::chrono::steady_clock::time_point>;

/// Error{refused}: the manifest declares nothing (R26).
Observation look(site::Site& site, const plan::PlanOptions& options, Pages pages, io::Transport& transport,
                 const console::Session& session, AskUntil until = {}, observe::SourceLook sources = observe::SourceLook::top);

/// What is known of each of the manifest's peers before it is asked. No peer is settled while something here is damaged: any of
/// them may have the bytes.
std::vector<observe::KnownPeer> known_peers(site::Site& site, const std::vector<plan::DamagedImage>& damaged = {});

/// Asks them, telling of it.
std::vector<plan::PeerView> ask_peers(const observe::PeerQuestions& questions, io::PeerMemory& memory, io::Transport& transport,
                                      const console::Session& session);

/// Error{refused}: the manifest declares nothing (R26); Error{usage}: a target that names nothing.
plan::Plan plan_or_refuse(std::variant<plan::Plan, plan::RefusedEmpty, plan::WrongAddress> made, const Manifest& manifest);

/// R24: on a read-only disk a plan goes on, with a note.
void note_trouble(const io::PeerMemory& memory, plan::Plan& plan);

/// Asks one peer of the manifest alone.
plan::PeerView ask_one(site::Site& site, std::size_t peer, io::Transport& transport, const console::Session& session);

/// The heads that were accepted.
std::vector<plan::SeenHead> accepted_heads(const plan::Observed& observed);

}  // namespace ingot::command
