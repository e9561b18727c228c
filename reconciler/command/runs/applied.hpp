// A plan applied to a site, with its progress: what apply and verify --repair share.
#pragma once

#include <memory>

#include "reconciler/apply/apply.hpp"
#include "reconciler/command/runs/look.hpp"

namespace ingot::command {

/// Bars on a terminal, else lines; on standard error.
std::unique_ptr<apply::Events> progress_for(const console::Session& session);

/// `events` are over when this returns. `deadline`: of the actions, by the session's clock.
apply::Account applied(const Observation& observation, const state::RunStart& start, std::unique_ptr<apply::Events> events,
                       site::Site& site, io::Transport& transport, const apply::CatalogKeys& keys,
                       const console::Session& session, std::optional<std::chrono::steady_clock::time_point> deadline = {});

}  // namespace ingot::command
