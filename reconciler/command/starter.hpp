// The files that init writes for a new server: a commented manifest and .gitignore. Pure.
#pragma once

#include <optional>
#include <string>

#include "schema/manifest/manifest.hpp"

namespace ingot::command {

/// A manifest that is valid and declares nothing yet, with examples in comments.
std::string starter_manifest(const ServerName& name, const std::optional<std::string>& url);
/// What never belongs into git: keys and bytes, wherever the manifest puts them below `folder`.
std::string starter_gitignore(const ServerSection& server, const std::string& folder);

}  // namespace ingot::command
