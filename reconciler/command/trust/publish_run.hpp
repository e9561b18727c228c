// A publication as a run of the history of its own.
#pragma once

#include <functional>
#include <string>

#include "reconciler/apply/publish/publish.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::command {

/// Who and what a run beside the manifest's changes is: "publish", "key rotate".
state::RunStart run_start_of(const std::string& command, const Manifest& manifest, Time started);

/// A run that publishes beside the manifest's changes. It holds the lock, and has the site opened for writing.
struct PublishRun {
  /// Error{busy}; Error{refused} if a guard does not allow the commit of the manifest.
  PublishRun(const std::string& command, const Manifest& manifest, const console::Session& in_session);

  /// `work`, recorded in the history, and finished there whatever happens; then what is published goes to each [[upload]].
  apply::PublishedNow record(const std::function<apply::PublishedNow()>& work);

  const console::Session& session;
  const state::RunStart start;
  const site::RunLock lock;
  site::Site site;
};

/// exit_local if images had to be left out, exit_incomplete if an upload failed.
int exit_code_of(const apply::PublishedNow& published);

}  // namespace ingot::command
