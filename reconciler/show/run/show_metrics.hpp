// What a run has to tell monitoring, as text that node_exporter's textfile collector reads. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/show/run/run_metrics.hpp"

namespace ingot::show {

/// `before`: the text of the run before, "" if there is none. Counters go on from it, and what it says that this run knows
/// nothing of stays. Lines that cannot be ours are left out. Every sample bears the label `server`.
std::string show_metrics(const RunMetrics& run, std::string_view before);

/// The names of all metrics.
std::vector<std::string_view> metric_names();

}  // namespace ingot::show
