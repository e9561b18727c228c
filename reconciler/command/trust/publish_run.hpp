// A publication as a run of the history of its own.
#pragma once

#include <functional>
#include <string>

#include "reconciler/apply/publish/publish.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::command {

/// Who and what a run beside the manifest's changes is: "publish", "key rotate".
state::RunStart run_start_of(const std::string& command, const Manifest& manifest, Time started);

/// `work` as a run of the history, finished whatever happens.
apply::PublishedNow as_run(const state::RunStart& start, site::Site& site, const console::Session& session,
                           const std::function<apply::PublishedNow()>& work);

/// exit_local if images had to be left out.
int exit_code_of(const apply::PublishedNow& published);

}  // namespace ingot::command
