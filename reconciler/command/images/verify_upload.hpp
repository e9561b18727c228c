// verify --upload: whether a store holds all that is published.
#pragma once

#include <string>

#include "reconciler/console/session.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::command {

/// The exit code. With `repair` what is missing or wrong is put there again, under the lock, as a run of the history.
/// Error{incomplete}: the manifest has no such upload, or its store fails.
int verify_upload(const std::string& name, bool repair, const Manifest& manifest, const console::Session& session);

}  // namespace ingot::command
