// What root may do for exports: only where this host's guard file says, and only in folders that nobody else can change.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ingot::exports {

/// An absolute, plain path of `path`, which is relative to the working folder; links are not resolved.
std::string absolute_path(const std::string& path);

struct RealPath {
  std::string path;  ///< absolute, with links resolved, as far as it is there: one folder has one such path
  std::string why;   ///< it cannot be walked, as a sentence; "": it can
};
RealPath real_path(const std::string& path);

/// Whether `path` is `folder` or lies below it, links resolved.
struct LiesIn {
  bool inside = false;
  std::string why;  ///< nobody can tell, as a sentence; "": `inside` tells
};
LiesIn lies_in(const std::string& path, const std::string& folder);

/// What speaks against a path.
struct Objection {
  std::string why;          ///< a sentence
  bool unwalkable = false;  ///< nobody can tell, because that path cannot be walked: no rule is broken
};

/// Why `path` does not lie below one of `folders`; nullopt: it does. Links are resolved as far as the path is there.
/// `key`: the key of the guard file that lists `folders`.
std::optional<Objection> why_not_below(const std::string& path, const std::vector<std::string>& folders, const std::string& key);

/// Who else than root and this user can write what is at `path` or a folder above it, or a folder or link that a link on the way
/// leads through; also why that cannot be told. nullopt: nobody, as far as modes tell. What is not there yet does not count.
/// `sticky`: a folder such as /tmp, where nobody can rename another's files, will do above `path`.
std::optional<Objection> why_others_can_write(const std::string& path, bool sticky);

}  // namespace ingot::exports
