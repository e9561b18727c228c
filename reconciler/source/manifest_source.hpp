// Where a run's manifest is read from: the disk, or a commit of a git repository; and which commit that is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "reconciler/console/session.hpp"
#include "reconciler/io/git/repository.hpp"
#include "schema/manifest/manifest.hpp"
#include "schema/manifest/parse_manifest.hpp"

namespace ingot::source {

/// The manifest's repository, and the manifest's file in it.
struct GitPlace {
  io::GitRepository repository;
  std::string path;  ///< in its trees
};

/// A manifest as a commit has it.
struct AtCommit {
  std::string commit;  ///< 40 hex digits
  std::string shown;   ///< the path that the user is told
};

/// Reads the manifest as the flags say: -f, --rev, --repo (fetched before), --home. Its `git` says which commit it is from.
/// Error{usage}: a repository or a revision that cannot be had, with what to do.
std::variant<Manifest, Problems> manifest_of(const options::GlobalOptions& flags, ManifestPart part = ManifestPart::whole);

/// The disk as the manifest at `path` reaches it: in a git repository its submodules are out of reach.
ManifestFiles checked_out_files(const std::string& path);

/// Where the manifest of these flags is in git; nullopt: in no repository. Error{usage} as above.
std::optional<GitPlace> git_place_of(const options::GlobalOptions& flags);

/// "server.card.toml" beside the manifest, from where the manifest is read.
struct NoCard {
  std::string path;
  std::string why;
};
std::variant<Card, Problems, NoCard> card_beside(const options::GlobalOptions& flags);

/// The card of the manifest's own server, "server.card.toml" beside it, from where the manifest is read. Error{usage} "no-card":
/// it is not there.
std::variant<Card, Problems> own_card_of(const options::GlobalOptions& flags);

/// What of the manifest on the disk, with all that it includes, is not as the commit has it: paths in the tree, sorted. Reads it
/// again. The errors of git_place_of.
std::vector<std::string> uncommitted_files(const options::GlobalOptions& flags);

/// The same manifest as another commit has it; what is relative keeps its home.
std::variant<Manifest, Problems> manifest_at(const GitPlace& place, const AtCommit& at, const options::GlobalOptions& flags);

}  // namespace ingot::source
