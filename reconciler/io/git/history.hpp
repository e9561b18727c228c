// What a repository's history says: how two commits are related, who signed one, who wrote which lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/git/repository.hpp"
#include "reconciler/io/git/ssh_signature.hpp"
#include "schema/manifest/manifest_commit.hpp"

namespace ingot::io {

class GitHistory {
 public:
  explicit GitHistory(GitRepository repository) : repository_(std::move(repository)) {}

  Descent descent(const std::string& earlier, const std::string& commit) const;
  /// The newest commit that both are made of; nullopt: none, or it is not known here (a shallow clone).
  std::optional<std::string> merge_base(const std::string& one, const std::string& other) const;
  /// The commits that `commit` is made of and `without` is not, newest first, at most `most`; as far as they are here.
  std::vector<CommitLine> commits_beyond(const std::string& without, const std::string& commit, std::size_t most) const;
  /// nullopt: it is not here.
  std::optional<CommitLine> commit(const std::string& id) const;
  /// nullopt: the commit is not signed.
  std::optional<SignedBytes> signature_of(const std::string& commit) const;
  /// For each range of lines (from 1) of a file of `commit`, the newest of the commits that they are from; nullopt: not known.
  /// Costs about as much as `git blame`.
  struct Lines {
    std::size_t first = 1;
    std::size_t last = 1;
  };
  std::vector<std::optional<CommitLine>> authors_of(const std::string& commit, const std::string& path,
                                                    const std::vector<Lines>& ranges) const;

 private:
  GitRepository repository_;
};
constexpr Descent last_of(Descent, InMessages) { return Descent::unproven; }
inline auto fields(GitHistory::Lines& lines, InMessages) { return std::tie(lines.first, lines.last); }

}  // namespace ingot::io
