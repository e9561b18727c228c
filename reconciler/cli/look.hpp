// The line that plan, apply, status and explain share: ask the peers, take a snapshot, make the plan; and what is
// remembered of it beside the state.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "reconciler/cli/session.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/plan/make_plan.hpp"

namespace ingot {

enum class Pages { when_news, always };  ///< always: also of settled peers; and the files of all images are looked at

struct Looked {
  Snapshot snapshot;
  Observed observed;
  Plan plan;
  Digest plan_id;
};

/// When asking peers ends, by the session's clock; nullopt: no sooner than the longest visit does.
using AskUntil = std::optional<std::chrono::steady_clock::time_point>;

/// Error{refused}: the manifest declares nothing (R26).
Looked look(Site& site, const PlanOptions& options, Pages pages, Transport& transport, const Session& session,
            AskUntil until = {}, SourceLook sources = SourceLook::top);

/// What is known of each of the manifest's peers before it is asked. No peer is settled while something here is damaged: any of
/// them may have the bytes.
std::vector<KnownPeer> known_peers(Site& site, const std::vector<DamagedImage>& damaged = {});

/// Asks them, telling of it.
std::vector<PeerView> ask_peers(const PeerQuestions& questions, PeerMemory& memory, Transport& transport, const Session& session);

/// Error{refused}: the manifest declares nothing (R26); Error{usage}: a target that names nothing.
Plan plan_or_refuse(std::variant<Plan, RefusedEmpty, WrongAddress> made, const Manifest& manifest);

/// R24: on a read-only disk a plan goes on, with a note.
void note_trouble(const PeerMemory& memory, Plan& plan);

/// Asks one peer of the manifest alone.
PeerView ask_one(Site& site, std::size_t peer, Transport& transport, const Session& session);

/// The heads that were accepted.
std::vector<SeenHead> accepted_heads(const Observed& observed);

}  // namespace ingot
