// The file that node_exporter reads: written at the end of every run that was asked for it, also of one that failed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "reconciler/console/session.hpp"
#include "reconciler/show/run/run_metrics.hpp"

namespace ingot::console {

/// Runs `work`, which fills in what it knows and gives the exit code, and writes `file` whatever happens; nullopt: writes
/// nothing. Error{usage} before any work if something stands there that ingot did not write. A file that cannot be written
/// otherwise is a warning: the run itself is what counts.
int measured(const std::optional<std::string>& file, const std::string& command, const Session& session,
             const std::function<int(show::RunMetrics&)>& work);

}  // namespace ingot::console
