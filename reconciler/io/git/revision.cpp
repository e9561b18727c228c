#include "reconciler/io/git/revision.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/io/git/handles.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

constexpr std::size_t shortest_id = 4;

/// What a name may mean: words for git, and words for people.
struct Meaning {
  std::string exact;
  std::string shown;
};

std::string place_of(const OpenRepository& repository) {
  return fmt::format("the git repository \"{}\"", printable(repository.fetched.empty() ? repository.folder : repository.fetched));
}

/// The name at the beginning of a revision: no name of a ref holds what may follow it.
std::string name_in(const std::string& revision) {
  return revision.substr(0, std::min(revision.find_first_of("~^:"), revision.find("@{")));
}

bool is_hex(std::string_view text) {
  return text.size() >= shortest_id && text.size() <= GIT_OID_HEXSZ &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_ref(git_repository* repository, const std::string& name) {
  int code = 0;
  return git_made<GitReference>(
             code, [&](git_reference** made) { return git_reference_lookup(made, repository, name.c_str()); }) != nullptr;
}

/// The commit that begins with these digits, or that "v1.0-3-gDIGITS" (git describe) means.
std::optional<Meaning> commit_by_id(git_repository* repository, const std::string& name) {
  const auto described = name.rfind("-g");
  const std::string digits = is_hex(name) || described == std::string::npos ? name : name.substr(described + 2);
  if (!is_hex(digits)) return std::nullopt;
  git_oid begin{};
  git_oid_fromstrn(&begin, digits.c_str(), digits.size());
  int code = 0;
  const auto object = git_made<GitObject>(
      code, [&](git_object** made) { return git_object_lookup_prefix(made, repository, &begin, digits.size(), GIT_OBJECT_ANY); });
  if (code == GIT_EAMBIGUOUS) return Meaning{digits, fmt::format("several objects whose ids begin with {}", digits)};
  const auto commit =
      git_made<GitObject>(code, [&](git_object** made) { return git_object_peel(made, object.get(), GIT_OBJECT_COMMIT); });
  if (!object || !commit) return std::nullopt;
  const std::string id = hex_of(*git_object_id(object.get()));
  return Meaning{id, fmt::format("the commit {}", id)};
}

std::vector<Meaning> meanings_of(const OpenRepository& repository, const std::string& name) {
  git_repository* const git = repository.handle.get();
  std::vector<Meaning> meanings;
  const auto add = [&](const std::string& ref, std::string_view kind) {
    if (is_ref(git, ref)) meanings.push_back({ref, fmt::format("the {} {}", kind, printable(ref))});
  };
  add("refs/heads/" + name, "branch");
  if (!repository.fetched.empty() && !meanings.empty()) return meanings;
  add("refs/tags/" + name, "tag");
  add("refs/remotes/" + name, "remote branch");
  add("refs/remotes/" + name + "/HEAD", "remote branch");
  add("refs/" + name, "ref");
  // FETCH_HEAD and the like, which lie beside refs/.
  if (name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string::npos) add(name, "ref");
  if (auto commit = commit_by_id(git, name)) meanings.push_back(*std::move(commit));
  return meanings;
}

[[noreturn]] void several(const OpenRepository& repository, const std::string& name, const std::vector<Meaning>& meanings) {
  std::vector<std::string> shown, exact;
  for (const auto& one : meanings) {
    shown.push_back(one.shown);
    exact.push_back(printable(one.exact));
  }
  throw Error(
      Fault::usage,
      fmt::format("\"{}\" names several things in {}: {}", printable(name), place_of(repository), fmt::join(shown, " and ")),
      fmt::format("write out which one is meant: {}", fmt::join(exact, " or ")))
      .with_code(Code::ambiguous_revision)
      .about(name);
}

[[noreturn]] void no_such_revision(const OpenRepository& repository, const std::string& revision, int code) {
  require_memory();
  const std::string what = code == GIT_EAMBIGUOUS ? "several things" : code == GIT_ENOTFOUND ? "nothing" : "no commit";
  const bool shallow = git_repository_is_shallow(repository.handle.get()) == 1;
  std::string mend = "give a branch, a tag or a commit that is there";
  if (repository.fetched.empty())
    mend = shallow ? fmt::format("it is a shallow clone: git -C {} fetch --unshallow", printable(repository.folder))
                   : mend + "; git fetch brings new ones";
  throw Error(Fault::usage, fmt::format("\"{}\" names {} in {}", printable(revision), what, place_of(repository)),
              code == GIT_EAMBIGUOUS ? "write more of it" : mend)
      .with_code(Code::unknown_revision)
      .about(revision);
}

/// With its name written out, so that libgit2 finds nothing else by it.
std::string exact_revision(const OpenRepository& repository, const std::string& revision) {
  const std::string name = name_in(revision);
  if (name == "@") return "HEAD" + revision.substr(1);
  if (name.empty() || name == "HEAD") return revision;
  if (const bool is_id = name.size() == GIT_OID_HEXSZ && is_hex(name); is_id || name.starts_with("refs/")) {
    // Where it is not there, libgit2 would look for a branch that is called so.
    const bool is_there = is_id ? commit_by_id(repository.handle.get(), name).has_value() : is_ref(repository.handle.get(), name);
    if (!is_there) no_such_revision(repository, revision, GIT_ENOTFOUND);
    return revision;
  }
  const auto meanings = meanings_of(repository, name);
  if (meanings.empty()) no_such_revision(repository, revision, GIT_ENOTFOUND);
  if (meanings.size() > 1) several(repository, name, meanings);
  return meanings.front().exact + revision.substr(name.size());
}

}  // namespace

NamedCommit resolve_revision(OpenRepository& repository, const std::string& revision) {
  const std::string exact = exact_revision(repository, revision);
  git_object* object = nullptr;
  git_reference* reference = nullptr;
  int code = git_revparse_ext(&object, &reference, repository.handle.get(), exact.c_str());
  const GitObject named(object);
  const GitReference ref(reference);
  if (code < 0) no_such_revision(repository, revision, code);
  const auto commit =
      git_made<GitObject>(code, [&](git_object** made) { return git_object_peel(made, named.get(), GIT_OBJECT_COMMIT); });
  if (!commit) no_such_revision(repository, revision, GIT_ERROR);
  return {.id = hex_of(*git_object_id(commit.get())), .ref = ref ? git_reference_name(ref.get()) : ""};
}

}  // namespace ingot::io
