// A plan applied to a site, with its progress: what apply and verify --repair share.
#pragma once

#include <memory>

#include "reconciler/apply/apply.hpp"
#include "reconciler/cli/look.hpp"

namespace ingot {

/// Bars on a terminal, else lines; on standard error.
std::unique_ptr<Events> progress_for(const Session& session);

/// `events` are over when this returns. `deadline`: of the actions, by the session's clock.
Account applied(const Looked& looked, const RunStart& start, std::unique_ptr<Events> events, Site& site, Transport& transport,
                const CatalogKeys& keys, const Session& session,
                std::optional<std::chrono::steady_clock::time_point> deadline = {});

}  // namespace ingot
