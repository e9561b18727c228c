// Which manifest a plan or a run was made of, and the commit it is from. Pure.
#pragma once

#include <optional>
#include <string>

#include "reconciler/show/format/json_writer.hpp"
#include "schema/digest.hpp"
#include "schema/manifest/manifest_commit.hpp"

namespace ingot::show {

/// {"path", "digest", "git": {"repository", "ref", "branch", "commit", "blob", "dirty"} or null}
void put_manifest(const std::string& path, const Digest& digest, const std::optional<ManifestCommit>& git, JsonWriter& json);

/// "ingot.toml", or "ingot.toml at 1a2b3c4d5e6f (main), with changes that are not committed".
std::string manifest_words(const std::string& path, const std::optional<ManifestCommit>& git);

/// The first digits of a commit's id, as people know it.
std::string short_commit(const std::string& commit);

}  // namespace ingot::show
