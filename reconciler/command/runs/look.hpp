// The line that plan, apply, status and explain share: ask the peers, take a snapshot, make the plan; and what is
// remembered of it beside the state.
#pragma once

#include <variant>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/observe/observe_server.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::command {

using observe::AskUntil;
using observe::Pages;

struct Observation {
  state::Snapshot snapshot;
  plan::Observed observed;
  plan::Plan plan;
  Digest plan_id;
};

/// Error{refused}: the manifest declares nothing (R26).
Observation look(site::Site& site, const plan::PlanOptions& options, observe::LookOptions how, io::Transport& transport,
                 const console::Session& session);

/// Error{refused}: the manifest declares nothing (R26); Error{usage}: a target that names nothing.
plan::Plan plan_or_refuse(std::variant<plan::Plan, plan::RefusedEmpty, plan::WrongAddress> made, const Manifest& manifest);

/// R24: on a read-only disk a plan goes on, with a note.
void note_trouble(const io::PeerMemory& memory, plan::Plan& plan);

}  // namespace ingot::command
