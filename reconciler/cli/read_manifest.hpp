// The manifest that a command works on, with the host's guard.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "reconciler/cli/session.hpp"
#include "schema/manifest.hpp"
#include "schema/problem.hpp"

namespace ingot {

/// The manifest, with the host's guard, or all their problems; nothing is shown.
std::variant<Manifest, Problems> manifest_or_problems(const Session& session);

/// The manifest; or all its problems are shown and it is nullopt: the command then ends with exit_manifest.
std::optional<Manifest> read_manifest(const Session& session);

}  // namespace ingot
