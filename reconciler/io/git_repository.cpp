#include "reconciler/io/git_repository.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "reconciler/io/git_handles.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/provenance.hpp"

namespace ingot {

namespace {

namespace fs = std::filesystem;

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Where the repository is that `start` lies in, as `git config safe.directory` wants it; "" if there is none.
std::string found_from(const std::string& start) {
  git_buf found = GIT_BUF_INIT;
  const bool is_there = git_repository_discover(&found, start.c_str(), 0, nullptr) == 0;
  std::string path = is_there ? without_slash(found.ptr) : "";
  git_buf_dispose(&found);
  if (path.ends_with("/.git")) path.resize(path.size() - 5);
  return path;
}

/// Whether the user's or the machine's configuration trusts every folder, which this libgit2 does not see.
bool everything_is_safe() {
  int code = 0;
  const auto config = git_made<GitConfig>(code, [](git_config** made) { return git_config_open_default(made); });
  if (!config) return false;
  bool all = false;
  const auto look = [](const git_config_entry* entry, void* into) {
    if (std::string_view(entry->value) == "*") *static_cast<bool*>(into) = true;
    return 0;
  };
  git_config_get_multivar_foreach(config.get(), "safe.directory", nullptr, look, &all);
  return all;
}

[[noreturn]] void refuse(const std::string& start, int code) {
  const std::string words = git_words();
  const std::string folder = found_from(start);
  // Where nothing at all is configured to be safe, libgit2 1.5 says so in this odd way.
  if (code == GIT_EOWNER || words.find("safe.directory") != std::string::npos) {
    throw Error(Fault::usage, fmt::format("the git repository \"{}\" belongs to another user", printable(folder)),
                fmt::format("if you trust it: git config --global --add safe.directory {}", printable(folder)))
        .with_code("foreign-repository")
        .about(folder);
  }
  if (words.find("objectformat") != std::string::npos) {
    throw Error(
        Fault::usage,
        fmt::format("the git repository \"{}\" names its objects by SHA-256, which cannot be read yet", printable(folder)),
        "check the revision out and read the manifest from there, without --rev")
        .with_code("sha256-repository")
        .about(folder);
  }
  throw Error(
      Fault::usage,
      fmt::format("the git repository \"{}\" cannot be read: {}", printable(folder.empty() ? start : folder), printable(words)),
      "see what \"git fsck\" says of it")
      .with_code("bad-repository")
      .about(folder);
}

/// Null: there is none.
std::shared_ptr<git_repository> opened(const std::string& start, unsigned flags) {
  begin_libgit2();
  git_repository* raw = nullptr;
  int code = git_repository_open_ext(&raw, start.c_str(), flags, nullptr);
  if (code == GIT_ENOTFOUND && git_error_last() != nullptr && git_error_last()->klass != GIT_ERROR_CONFIG) return nullptr;
  if (code == GIT_EOWNER && everything_is_safe()) {
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    code = git_repository_open_ext(&raw, start.c_str(), flags, nullptr);
  }
  if (code < 0) refuse(start, code);
  return {raw, git_repository_free};
}

/// `path` without links in what leads to its last component, which may be a link that git knows, or not be there.
fs::path real_path(const std::string& path) {
  const fs::path whole = fs::path(without_slash(fs::absolute(path.empty() ? "." : path).lexically_normal().string()));
  std::error_code failed;
  const fs::path parent = fs::weakly_canonical(whole.parent_path(), failed);
  return failed ? whole : parent / whole.filename();
}

/// The deepest folder that is there.
std::string folder_there(fs::path path) {
  std::error_code ignored;
  while (!fs::is_directory(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path.string();
}

std::optional<std::string> below(const std::string& path, const std::string& folder) {
  if (path == folder) return "";
  if (!path.starts_with(folder == "/" ? folder : folder + "/")) return std::nullopt;
  return path.substr(folder == "/" ? 1 : folder.size() + 1);
}

[[noreturn]] void no_such_revision(const GitRepository& repository, const std::string& revision, int code) {
  const std::string in = fmt::format("in the git repository \"{}\"", printable(repository.folder()));
  const std::string what = code == GIT_EAMBIGUOUS ? "several things" : code == GIT_ENOTFOUND ? "nothing" : "no commit";
  throw Error(Fault::usage, fmt::format("\"{}\" names {} {}", printable(revision), what, in),
              code == GIT_EAMBIGUOUS ? "write more of it"
              : repository.is_shallow()
                  ? fmt::format("it is a shallow clone: git -C {} fetch --unshallow", printable(repository.folder()))
                  : "give a branch, a tag or a commit that is there; git fetch brings new ones")
      .with_code("unknown-revision")
      .about(revision);
}

}  // namespace

std::string libgit2_version() {
  int major = 0, minor = 0, patch = 0;
  git_libgit2_version(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

GitRepository::GitRepository(std::shared_ptr<git_repository> repository) : repository_(std::move(repository)) {
  const char* const work = git_repository_workdir(handle());
  folder_ = without_slash(work != nullptr ? work : git_repository_path(handle()));
}

std::optional<GitRepository> GitRepository::holding(const std::string& path) {
  auto repository = opened(folder_there(real_path(path)), 0);
  return repository ? std::optional(GitRepository(std::move(repository))) : std::nullopt;
}

GitRepository GitRepository::at(const std::string& folder) {
  auto repository = opened(folder, GIT_REPOSITORY_OPEN_NO_SEARCH);
  if (!repository) throw Error(Fault::usage, fmt::format("there is no git repository in \"{}\"", printable(folder)));
  return GitRepository(std::move(repository));
}

bool GitRepository::is_bare() const { return git_repository_is_bare(handle()) == 1; }
bool GitRepository::is_shallow() const { return git_repository_is_shallow(handle()) == 1; }

bool GitRepository::is_partial() const {
  int code = 0;
  const auto config =
      git_made<GitConfig>(code, [this](git_config** made) { return git_repository_config_snapshot(made, handle()); });
  bool partial = false;
  const auto look = [](const git_config_entry* entry, void* into) {
    if (std::string_view(entry->value) != "false") *static_cast<bool*>(into) = true;
    return 0;
  };
  if (config) git_config_foreach_match(config.get(), "^(remote\\..*\\.promisor|extensions\\.partialclone)$", look, &partial);
  return partial;
}

std::string GitRepository::path_in(const std::string& path) const {
  const std::string real = real_path(path).string();
  if (const auto in_itself = below(real, without_slash(git_repository_path(handle())))) return *in_itself;
  return below(real, folder_).value_or("");
}

std::string GitRepository::address() const {
  int code = 0;
  const auto remote =
      git_made<GitRemote>(code, [this](git_remote** made) { return git_remote_lookup(made, handle(), "origin"); });
  const char* const url = remote ? git_remote_url(remote.get()) : nullptr;
  return url != nullptr ? without_credentials(url) : folder_;
}

NamedCommit GitRepository::resolve(const std::string& revision) const {
  git_object* object = nullptr;
  git_reference* reference = nullptr;
  int code = git_revparse_ext(&object, &reference, handle(), revision.c_str());
  const GitObject named(object);
  const GitReference ref(reference);
  if (code < 0) no_such_revision(*this, revision, code);
  const auto commit =
      git_made<GitObject>(code, [&](git_object** made) { return git_object_peel(made, named.get(), GIT_OBJECT_COMMIT); });
  if (!commit) no_such_revision(*this, revision, GIT_ERROR);
  return {.id = hex_of(*git_object_id(commit.get())), .ref = ref ? git_reference_name(ref.get()) : ""};
}

std::optional<NamedCommit> GitRepository::head() const {
  int code = 0;
  const auto ref = git_made<GitReference>(code, [this](git_reference** made) { return git_repository_head(made, handle()); });
  if (!ref) return std::nullopt;
  const std::string name = git_reference_name(ref.get());
  const git_oid* const id = git_reference_target(ref.get());
  if (id == nullptr) return std::nullopt;
  return NamedCommit{.id = hex_of(*id), .ref = name == "HEAD" ? "" : name};
}

}  // namespace ingot
