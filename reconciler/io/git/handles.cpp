#include "reconciler/io/git/handles.hpp"

#include <array>
#include <cerrno>
#include <new>

#include <unistd.h>

#include "schema/error.hpp"

namespace ingot::io {

std::string git_words() {
  const git_error* const error = git_error_last();
  std::string words = error != nullptr && error->message != nullptr ? error->message : "no reason was given";
  while (words.ends_with('.') || words.ends_with('\n')) words.pop_back();
  return words;
}

bool memory_is_short() { return git_error_last() != nullptr && git_error_last()->klass == GIT_ERROR_NOMEMORY; }

void require_memory() {
  if (memory_is_short()) throw std::bad_alloc();
}

namespace {

/// A configuration that this user cannot reach (ProtectHome=, another's HOME) counts as not there, as git has it; libgit2 would
/// refuse every repository.
void leave_out_unreachable_configuration() {
  struct Level {
    git_config_level_t level;
    const char* file;
  };
  for (const auto& [level, file] : {Level{GIT_CONFIG_LEVEL_GLOBAL, "/.gitconfig"}, Level{GIT_CONFIG_LEVEL_XDG, "/config"},
                                    Level{GIT_CONFIG_LEVEL_SYSTEM, "/gitconfig"}}) {
    git_buf folder = GIT_BUF_INIT;
    if (git_libgit2_opts(GIT_OPT_GET_SEARCH_PATH, level, &folder) < 0) continue;
    const std::string path = std::string(folder.ptr != nullptr ? folder.ptr : "") + file;
    git_buf_dispose(&folder);
    const bool there = ::access(path.c_str(), R_OK) == 0 || errno == ENOENT || errno == ENOTDIR;
    if (!there) git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
}

}  // namespace

void begin_libgit2() {
  static const int begun = [] {
    const int count = git_libgit2_init();
    // Of no bearing on objects that are read, and libgit2 refuses a repository that has an extension it was not told of.
    const char* extensions[] = {"partialclone", "worktreeconfig"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size(extensions));
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);  // owner.cpp does it
    leave_out_unreachable_configuration();
    return count;
  }();
  if (begun < 0) throw Error(Fault::internal, "libgit2 does not start: " + git_words());
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string hex_of(const git_oid& id) {
  std::array<char, GIT_OID_HEXSZ + 1> text{};
  git_oid_tostr(text.data(), text.size(), &id);
  return text.data();
}

git_oid oid_of(const std::string& hex) {
  git_oid id{};
  if (git_oid_fromstr(&id, hex.c_str()) < 0) throw Error(Fault::internal, "\"" + hex + "\" is not the id of a git object");
  return id;
}

}  // namespace ingot::io
