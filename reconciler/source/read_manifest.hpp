// The manifest that a command works on, with the host's guard.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "reconciler/console/session.hpp"
#include "schema/manifest/manifest.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::source {

/// The manifest, with the host's guard, or all their problems; nothing is shown.
std::variant<Manifest, Problems> manifest_or_problems(const console::Session& session);

/// The same of these flags, whose --repo was fetched before.
std::variant<Manifest, Problems> fetched_manifest(const options::GlobalOptions& flags);

/// The manifest; or all its problems are shown and it is nullopt: the command then ends with exit_manifest.
std::optional<Manifest> read_manifest(const console::Session& session);

/// The same with [server] alone: nothing else of it is read (ManifestPart::server).
std::optional<Manifest> read_server_section(const console::Session& session);

}  // namespace ingot::source
