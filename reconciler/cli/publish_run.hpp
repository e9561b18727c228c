// A publication as a run of the history of its own.
#pragma once

#include <functional>
#include <string>

#include "reconciler/apply/publish.hpp"
#include "reconciler/cli/site.hpp"

namespace ingot {

/// Who and what a run beside the manifest's changes is: "publish", "key rotate".
RunStart run_start_of(const std::string& command, const Manifest& manifest, Time started);

/// `work` as a run of the history, finished whatever happens.
PublishedNow as_run(const RunStart& start, Site& site, const Session& session, const std::function<PublishedNow()>& work);

/// exit_local if images had to be left out.
int exit_code_of(const PublishedNow& published);

}  // namespace ingot
