#include "reconciler/io/git_handles.hpp"

#include <array>

#include "schema/error.hpp"

namespace ingot {

std::string git_words() {
  const git_error* const error = git_error_last();
  std::string words = error != nullptr && error->message != nullptr ? error->message : "no reason was given";
  while (words.ends_with('.') || words.ends_with('\n')) words.pop_back();
  return words;
}

void begin_libgit2() {
  static const int begun = [] {
    const int count = git_libgit2_init();
    // Of no bearing on objects that are read, and libgit2 refuses a repository that has an extension it was not told of.
    const char* extensions[] = {"partialclone", "worktreeconfig"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size(extensions));
    return count;
  }();
  if (begun < 0) throw Error(Fault::internal, "libgit2 does not start: " + git_words());
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

}  // namespace ingot
