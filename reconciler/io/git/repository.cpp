#include "reconciler/io/git/repository.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "reconciler/io/git/handles.hpp"
#include "reconciler/io/git/owner.hpp"
#include "reconciler/io/git/revision.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/manifest/manifest_commit.hpp"

namespace ingot::io {

namespace {

namespace fs = std::filesystem;

/// Where the repository is that `start` lies in, as `git config safe.directory` wants it; "" if there is none.
std::string found_from(const std::string& start) {
  git_buf found = GIT_BUF_INIT;
  const bool is_there = git_repository_discover(&found, start.c_str(), 0, nullptr) == 0;
  std::string path = is_there ? without_slash(found.ptr) : "";
  git_buf_dispose(&found);
  if (path.ends_with("/.git")) path.resize(path.size() - 5);
  return path;
}

struct Refusal {
  Code code = Code::none;
  std::string text;
  std::string mend;
};

/// Why libgit2 did not open it, by its own words.
Refusal why_not_opened(const std::string& folder, const std::string& words) {
  constexpr std::string_view extension = "unsupported extension name extensions.";
  if (words.find("objectformat") != std::string::npos) {
    return {Code::sha256_repository, "names its objects by SHA-256, which cannot be read yet",
            "check the revision out and read the manifest from there, without --rev"};
  }
  if (words.find("relativeworktrees") != std::string::npos) {
    return {
        Code::bad_repository,
        "has extensions.relativeWorktrees (its linked work trees are named by relative paths), which this libgit2 does not know",
        fmt::format("git -C {0} worktree repair --no-relative-paths, then git -C {0} config --unset "
                    "extensions.relativeWorktrees; or read a clone of it",
                    folder)};
  }
  if (const auto at = words.find(extension); at != std::string::npos) {
    return {Code::bad_repository,
            fmt::format("has the extension \"{}\", which this libgit2 ({}) does not know", words.substr(at + extension.size()),
                        libgit2_version()),
            "read a clone that was made without it"};
  }
  return {Code::bad_repository, fmt::format("cannot be read: {}", words), "see what \"git fsck\" says of it"};
}

[[noreturn]] void refuse(const std::string& start) {
  const std::string words = printable(git_words());
  const std::string found = found_from(start);
  const std::string folder = found.empty() ? start : found;
  const Refusal why = why_not_opened(printable(folder), words);
  throw Error(Fault::usage, fmt::format("the git repository \"{}\" {}", printable(folder), why.text), why.mend)
      .with_code(why.code)
      .about(folder);
}

/// What the parent knows of a repository once it is open.
struct Opened {
  bool found = false;
  std::string folder;
  std::string git_folder;
  bool is_bare = false;
  bool is_shallow = false;
};
auto fields(Opened& one, InMessages) { return std::tie(one.found, one.folder, one.git_folder, one.is_bare, one.is_shallow); }

Opened open_repository(OpenRepository& repository, const std::string& start, bool search, const std::string& fetched) {
  git_repository* raw = nullptr;
  const unsigned flags = search ? 0 : GIT_REPOSITORY_OPEN_NO_SEARCH;
  const int code = git_repository_open_ext(&raw, start.c_str(), flags, nullptr);
  if (code == GIT_ENOTFOUND && git_error_last() != nullptr && git_error_last()->klass != GIT_ERROR_CONFIG) return {};
  if (code < 0) refuse(start);
  repository.handle = {raw, git_repository_free};
  if (const std::string foreign = foreign_folder(raw); !foreign.empty()) {
    throw Error(Fault::usage, fmt::format("the git repository \"{}\" belongs to another user", printable(foreign)),
                fmt::format("if you trust it: git config --global --add safe.directory {}", printable(foreign)))
        .with_code(Code::foreign_repository)
        .about(foreign);
  }
  const char* const work = git_repository_workdir(raw);
  repository.folder = without_slash(work != nullptr ? work : git_repository_path(raw));
  repository.fetched = fetched;
  return {.found = true,
          .folder = repository.folder,
          .git_folder = without_slash(git_repository_path(raw)),
          .is_bare = git_repository_is_bare(raw) == 1,
          .is_shallow = git_repository_is_shallow(raw) == 1};
}

std::string address_of(OpenRepository& repository) {
  int code = 0;
  const auto remote =
      git_made<GitRemote>(code, [&](git_remote** made) { return git_remote_lookup(made, repository.handle.get(), "origin"); });
  const char* const url = remote ? git_remote_url(remote.get()) : nullptr;
  return url != nullptr ? without_credentials(url) : repository.folder;
}

std::optional<NamedCommit> head_of(OpenRepository& repository) {
  int code = 0;
  const auto ref =
      git_made<GitReference>(code, [&](git_reference** made) { return git_repository_head(made, repository.handle.get()); });
  if (!ref) return std::nullopt;
  const std::string name = git_reference_name(ref.get());
  const git_oid* const id = git_reference_target(ref.get());
  if (id == nullptr) return std::nullopt;
  return NamedCommit{.id = hex_of(*id), .ref = name == "HEAD" ? "" : name};
}

std::vector<std::string> submodules_in_head(OpenRepository& repository) {
  std::vector<std::string> paths;
  const auto head = head_of(repository);
  int code = 0;
  const git_oid id = head ? oid_of(head->id) : git_oid{};
  const auto commit =
      git_made<GitCommit>(code, [&](git_commit** made) { return git_commit_lookup(made, repository.handle.get(), &id); });
  const auto tree = git_made<GitTree>(code, [&](git_tree** made) { return git_commit_tree(made, commit.get()); });
  const auto keep = [](const char* folder, const git_tree_entry* entry, void* into) {
    try {
      if (git_tree_entry_filemode(entry) == GIT_FILEMODE_COMMIT)
        static_cast<std::vector<std::string>*>(into)->push_back(std::string(folder) + git_tree_entry_name(entry));
      return 0;
    } catch (...) { return -1; }
  };
  if (tree) git_tree_walk(tree.get(), GIT_TREEWALK_PRE, keep, &paths);
  return paths;
}

/// By the index, which `git submodule add` writes; where this libgit2 cannot read that (sparse ones), by the commit.
std::vector<std::string> submodules_of(OpenRepository& repository) {
  int code = 0;
  const auto index =
      git_made<GitIndex>(code, [&](git_index** made) { return git_repository_index(made, repository.handle.get()); });
  if (!index) return submodules_in_head(repository);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < git_index_entrycount(index.get()); ++i) {
    const git_index_entry* const entry = git_index_get_byindex(index.get(), i);
    if (entry->mode == GIT_FILEMODE_COMMIT) paths.emplace_back(entry->path);
  }
  return paths;
}

std::string filtered_id(OpenRepository& repository, const std::string& path, const std::string& bytes) {
  int code = 0;
  const auto filters = git_made<GitFilters>(code, [&](git_filter_list** made) {
    return git_filter_list_load(made, repository.handle.get(), nullptr, path.c_str(), GIT_FILTER_TO_ODB, GIT_FILTER_ALLOW_UNSAFE);
  });
  git_buf changed = GIT_BUF_INIT;
  git_oid id{};
  const bool done = git_filter_list_apply_to_buffer(&changed, filters.get(), bytes.data(), bytes.size()) == 0 &&
                    git_odb_hash(&id, changed.ptr, changed.size, GIT_OBJECT_BLOB) == 0;
  git_buf_dispose(&changed);
  return done ? hex_of(id) : "";
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

}  // namespace

std::string libgit2_version() {
  int major = 0, minor = 0, patch = 0;
  git_libgit2_version(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

std::optional<GitRepository> GitRepository::opened(const std::string& start, bool search, const std::string& fetched) {
  GitRepository repository;
  repository.reader_ = std::make_shared<GitReader>(fetched.empty() ? start : fetched);
  Opened opened = repository.reader_->ask<&open_repository>(start, search, fetched);
  if (!opened.found) return std::nullopt;
  repository.folder_ = std::move(opened.folder);
  repository.git_folder_ = std::move(opened.git_folder);
  repository.is_bare_ = opened.is_bare;
  repository.is_shallow_ = opened.is_shallow;
  return repository;
}

std::optional<GitRepository> GitRepository::holding(const std::string& path) {
  return opened(folder_there(real_path(path)), true, "");
}

GitRepository GitRepository::at(const std::string& folder, const std::string& fetched) {
  auto repository = opened(folder, false, fetched);
  if (!repository) throw Error(Fault::usage, fmt::format("there is no git repository in \"{}\"", printable(folder)));
  return *std::move(repository);
}

std::string GitRepository::path_in(const std::string& path) const {
  const std::string real = real_path(path).string();
  if (const auto in_itself = below(real, git_folder_)) return *in_itself;
  return below(real, folder_).value_or("");
}

std::string GitRepository::address() const { return reader_->ask<&address_of>(); }
NamedCommit GitRepository::resolve(const std::string& revision) const { return reader_->ask<&resolve_revision>(revision); }
std::optional<NamedCommit> GitRepository::head() const { return reader_->ask<&head_of>(); }
std::vector<std::string> GitRepository::submodules() const { return reader_->ask<&submodules_of>(); }

std::string GitRepository::id_when_added(const std::string& path, const std::string& bytes) const {
  return reader_->ask<&filtered_id>(path, bytes);
}

}  // namespace ingot::io
