// What libgit2 hands out, owned; and its failures as values. Only files of this folder include this: it brings git2.h.
#pragma once

#include <memory>
#include <string>

#include <git2.h>

namespace ingot::io {

template <class Object, void (*release)(Object*)>
struct GitRelease {
  void operator()(Object* object) const { release(object); }
};
template <class Object, void (*release)(Object*)>
using GitHandle = std::unique_ptr<Object, GitRelease<Object, release>>;

using GitObject = GitHandle<git_object, git_object_free>;
using GitReference = GitHandle<git_reference, git_reference_free>;
using GitTree = GitHandle<git_tree, git_tree_free>;
using GitTreeEntry = GitHandle<git_tree_entry, git_tree_entry_free>;
using GitBlob = GitHandle<git_blob, git_blob_free>;
using GitOdb = GitHandle<git_odb, git_odb_free>;
using GitCommit = GitHandle<git_commit, git_commit_free>;
using GitRemote = GitHandle<git_remote, git_remote_free>;
using GitConfig = GitHandle<git_config, git_config_free>;
using GitWalk = GitHandle<git_revwalk, git_revwalk_free>;
using GitIndex = GitHandle<git_index, git_index_free>;
using GitFilters = GitHandle<git_filter_list, git_filter_list_free>;
using GitBlame = GitHandle<git_blame, git_blame_free>;

/// Calls a function of libgit2 that gives an object by its first argument; null and `code` if it fails.
template <class Handle, class Call>
Handle git_made(int& code, Call&& call) {
  typename Handle::pointer raw = nullptr;
  code = call(&raw);
  return Handle(code < 0 ? nullptr : raw);
}

/// What libgit2 says of its last failure, without a final full stop.
std::string git_words();

/// Whether libgit2's last failure was for lack of memory.
bool memory_is_short();
/// Throws std::bad_alloc if it was; to be asked before another call hides it.
void require_memory();

/// Once a process, before any other call.
void begin_libgit2();

/// A folder as people write it; libgit2 ends them with "/".
std::string without_slash(std::string path);

/// 40 hex digits.
std::string hex_of(const git_oid& id);
/// Error{internal} if it is not 40 hex digits.
git_oid oid_of(const std::string& hex);

}  // namespace ingot::io
