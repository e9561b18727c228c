#include "reconciler/io/git/tree_files.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fnmatch.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/manifest_files.hpp"
#include "reconciler/io/git/handles.hpp"
#include "reconciler/io/git/submodules.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::io {

// For messages between processes: a struct beside its fields is found by its namespace.
inline auto fields(Unreadable& one, InMessages) { return std::tie(one.why); }

namespace {

/// A file, a folder, or why there is neither.
struct FoundInTree {
  std::string why;  ///< "": it was found
  git_oid id{};
  GitTree folder{};     ///< null: a file
  bool absent = false;  ///< there is nothing of that name, which is no mistake of a pattern
};

constexpr int most_links = 10;
constexpr std::size_t longest_link = longest_path;

/// Of the parts of `path`, in front of `parts`.
void put_before(std::deque<std::string>& parts, std::string_view path) {
  std::vector<std::string> words;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) words.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  parts.insert(parts.begin(), words.begin(), words.end());
}

GitTree tree_of(const OpenRepository& repository, const git_oid& id) {
  int code = 0;
  return git_made<GitTree>(code, [&](git_tree** made) { return git_tree_lookup(made, repository.handle.get(), &id); });
}

/// A clone without all objects.
bool is_partial(const OpenRepository& repository) {
  int code = 0;
  const auto config =
      git_made<GitConfig>(code, [&](git_config** made) { return git_repository_config_snapshot(made, repository.handle.get()); });
  bool partial = false;
  const auto look = [](const git_config_entry* entry, void* into) {
    const std::string_view value = entry->value != nullptr ? entry->value : "true";
    if (value != "false") *static_cast<bool*>(into) = true;
    return 0;
  };
  if (config) git_config_foreach_match(config.get(), "^(remote\\..*\\.promisor|extensions\\.partialclone)$", look, &partial);
  return partial;
}

/// Whoever asks for the object of a partial clone by git itself gets it from the remote.
Unreadable missing(const OpenRepository& repository, const git_oid& id) {
  require_memory();
  const std::string words = printable(git_words()), folder = printable(repository.folder);
  if (is_partial(repository)) {
    return {fmt::format("its object {0} is not in this partial clone; to have it fetched: git -C {1} cat-file -t {0}", hex_of(id),
                        folder)};
  }
  if (!repository.fetched.empty()) {
    return {fmt::format("its object {} cannot be read ({}); to have it fetched anew: rm -r {}", hex_of(id), words, folder)};
  }
  return {fmt::format("its object {} cannot be read ({}); see: git -C {} fsck", hex_of(id), words, folder)};
}

/// The bytes of a blob of at most `longest` bytes.
std::variant<std::string, Unreadable> bytes_of(const OpenRepository& repository, const git_oid& id, std::size_t longest) {
  int code = 0;
  const auto odb = git_made<GitOdb>(code, [&](git_odb** made) { return git_repository_odb(made, repository.handle.get()); });
  std::size_t length = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (!odb || git_odb_read_header(&length, &type, odb.get(), &id) < 0) return missing(repository, id);
  if (length > longest) return Unreadable{fmt::format("it has {} bytes, more than {}", length, longest)};
  const auto blob = git_made<GitBlob>(code, [&](git_blob** made) { return git_blob_lookup(made, repository.handle.get(), &id); });
  if (!blob) return missing(repository, id);
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                     static_cast<std::size_t>(git_blob_rawsize(blob.get())));
}

/// From the root of a tree along a path, and through the links on it.
class TreeWalk {
 public:
  TreeWalk(const OpenRepository& repository, GitTree root, const std::string& path) : repository_(repository) {
    folders_.push_back(std::move(root));
    put_before(parts_, path);
  }

  FoundInTree walk() {
    while (!parts_.empty()) {
      const std::string name = std::move(parts_.front());
      parts_.pop_front();
      if (auto end = step(name)) return *std::move(end);
    }
    return {.why = "", .id = {}, .folder = std::move(folders_.back())};
  }

 private:
  using End = std::optional<FoundInTree>;  ///< nullopt: it goes on

  static End refused(std::string why) { return FoundInTree{.why = std::move(why)}; }

  End step(const std::string& name) {
    if (name == ".") return std::nullopt;
    if (name == "..") return leave();
    const git_tree_entry* const entry = git_tree_entry_byname(folders_.back().get(), name.c_str());
    if (entry == nullptr) return FoundInTree{.why = errno_text(ENOENT), .absent = true};
    const git_oid& id = *git_tree_entry_id(entry);
    switch (git_tree_entry_filemode(entry)) {
      case GIT_FILEMODE_TREE: return enter(id);
      case GIT_FILEMODE_LINK: return follow(name, id);
      case GIT_FILEMODE_COMMIT: return refused(why_no_submodule(name));
      case GIT_FILEMODE_BLOB:
      case GIT_FILEMODE_BLOB_EXECUTABLE:
        return parts_.empty() ? FoundInTree{.why = "", .id = id} : FoundInTree{.why = errno_text(ENOTDIR), .absent = true};
      case GIT_FILEMODE_UNREADABLE: break;
    }
    return refused("it is nothing that git should hold");
  }

  End leave() {
    folders_.pop_back();
    return folders_.empty() ? refused("it leads out of the repository, and what is outside is not of this commit") : std::nullopt;
  }

  End enter(const git_oid& id) {
    GitTree folder = tree_of(repository_, id);
    if (!folder) return refused(missing(repository_, id).why);
    folders_.push_back(std::move(folder));
    return std::nullopt;
  }

  End follow(const std::string& name, const git_oid& id) {
    const auto target = bytes_of(repository_, id, longest_link);
    if (const auto* const unreadable = std::get_if<Unreadable>(&target)) return refused(unreadable->why);
    const std::string& text = std::get<std::string>(target);
    if (text.starts_with('/')) return refused(fmt::format("\"{}\" is a link that leads out of the repository", printable(name)));
    if (++links_ > most_links) return refused(errno_text(ELOOP));
    put_before(parts_, text);
    return std::nullopt;
  }

  const OpenRepository& repository_;
  std::vector<GitTree> folders_;   ///< from the root down to where it is
  std::deque<std::string> parts_;  ///< still to go
  int links_ = 0;
};

}  // namespace

namespace {

/// The tree of a commit, 40 hex digits.
std::string tree_of_commit(OpenRepository& repository, const std::string& commit) {
  int code = 0;
  const git_oid id = oid_of(commit);
  const auto found =
      git_made<GitCommit>(code, [&](git_commit** made) { return git_commit_lookup(made, repository.handle.get(), &id); });
  const git_oid* const tree = found ? git_commit_tree_id(found.get()) : nullptr;
  if (tree == nullptr || !tree_of(repository, *tree)) {
    throw Error(Fault::usage, fmt::format("the commit {} cannot be read: {}", commit, printable(git_words())),
                fmt::format("if this is a partial clone: git -C {0} ls-tree {1}; else see: git -C {0} fsck",
                            printable(repository.folder), commit))
        .with_code(Code::unreadable_commit)
        .about(commit);
  }
  return hex_of(*tree);
}

FoundInTree find(const OpenRepository& repository, const std::string& tree, const std::string& path) {
  return TreeWalk(repository, tree_of(repository, oid_of(tree)), path).walk();
}

bool holds_folder(OpenRepository& repository, const std::string& tree, const std::string& path) {
  return find(repository, tree, path).folder != nullptr;
}

std::string blob_at(OpenRepository& repository, const std::string& tree, const std::string& path) {
  const FoundInTree found = find(repository, tree, path);
  return found.why.empty() && !found.folder ? hex_of(found.id) : "";
}

std::variant<std::string, Unreadable> read_at(OpenRepository& repository, const std::string& tree, const std::string& path) {
  const FoundInTree found = find(repository, tree, path);
  if (!found.why.empty()) return Unreadable{found.why};
  if (found.folder) return Unreadable{errno_text(EISDIR)};
  return bytes_of(repository, found.id, largest_manifest);
}

/// Matches a pattern part by part. What cannot be looked into (a submodule, an object that is not here, a link that leads out)
/// might hold what is meant, so it is never taken for nothing.
class GlobWalk {
 public:
  GlobWalk(const OpenRepository& repository, std::string tree, std::string folder)
      : repository_(repository), tree_(std::move(tree)), folder_(std::move(folder)) {}

  std::variant<std::vector<std::string>, Unreadable> walk(const std::string& pattern) {
    match("", pattern);
    if (!why_.empty()) return Unreadable{why_};
    std::sort(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  FoundInTree look(const std::string& at) {
    FoundInTree found = find(repository_, tree_, folder_ + at);
    if (!found.why.empty() && !found.absent && why_.empty()) why_ = found.why;
    return found;
  }

  void match(const std::string& at, const std::string& pattern) {
    const auto slash = pattern.find('/');
    const std::string part = pattern.substr(0, slash);
    const std::string rest = slash == std::string::npos ? "" : pattern.substr(slash + 1);
    if (part.find_first_of("*?[") == std::string::npos) {
      if (slash != std::string::npos) return match(at + part + "/", rest);
      if (const FoundInTree found = look(at + part); found.why.empty() && !found.folder) found_.push_back(at + part);
      return;
    }
    const FoundInTree folder = look(at);
    if (!why_.empty()) return;
    const std::size_t entries = folder.folder ? git_tree_entrycount(folder.folder.get()) : 0;
    for (std::size_t i = 0; i < entries && found_.size() <= most_included_files && why_.empty(); ++i) {
      if (entries_left_ == 0) {
        why_ = too_many_entries().why;
        return;
      }
      --entries_left_;
      const std::string name = git_tree_entry_name(git_tree_entry_byindex(folder.folder.get(), i));
      if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD | FNM_NOESCAPE) != 0) continue;
      if (slash != std::string::npos)
        match(at + name + "/", rest);
      else if (!find(repository_, tree_, folder_ + at + name).folder)
        found_.push_back(at + name);
    }
  }

  const OpenRepository& repository_;
  std::string tree_;
  std::string folder_;
  std::vector<std::string> found_;
  std::size_t entries_left_ = most_entries_of_glob;
  std::string why_;
};

std::variant<std::vector<std::string>, Unreadable> glob_at(OpenRepository& repository, const std::string& tree,
                                                           const std::string& folder, const std::string& pattern) {
  return GlobWalk(repository, tree, folder).walk(pattern);
}

}  // namespace

GitTreeFiles::GitTreeFiles(GitRepository repository, const std::string& commit)
    : repository_(std::move(repository)), tree_(repository_.reader().ask<&tree_of_commit>(commit)) {}

bool GitTreeFiles::is_folder(const std::string& path) const { return repository_.reader().ask<&holds_folder>(tree_, path); }
std::string GitTreeFiles::blob(const std::string& path) const { return repository_.reader().ask<&blob_at>(tree_, path); }

std::variant<std::string, Unreadable> GitTreeFiles::read(const std::string& path) const {
  return without_lfs(repository_.reader().ask<&read_at>(tree_, path));
}

std::variant<std::vector<std::string>, Unreadable> GitTreeFiles::glob(const std::string& folder,
                                                                      const std::string& pattern) const {
  return repository_.reader().ask<&glob_at>(tree_, folder, pattern);
}

ManifestFiles manifest_files(const std::shared_ptr<const GitTreeFiles>& tree, const std::string& shown,
                             const std::string& folder) {
  ManifestFiles files;
  files.read = [=](const std::string& path) -> std::variant<std::string, Unreadable> {
    if (path.starts_with(shown) && (!shown.empty() || !path.starts_with('/')))
      return tree->read(folder + path.substr(shown.size()));
    return Unreadable{"it has an absolute path, which is not of the commit: give one relative to the file"};
  };
  files.glob = [=](const std::string& in, const std::string& pattern) -> std::variant<std::vector<std::string>, Unreadable> {
    if (in != shown || pattern.starts_with('/'))
      return Unreadable{"it has an absolute path, which is not of the commit: give one relative to the file"};
    auto matched = tree->glob(folder, pattern);
    if (auto* const found = std::get_if<std::vector<std::string>>(&matched)) {
      for (auto& path : *found) path.insert(0, in);
    }
    return matched;
  };
  files.digest = [](std::string_view bytes) { return sha256(bytes); };
  return files;
}

struct ReadFromDisk::Heard {
  struct Glob {
    std::string folder;
    std::string pattern;
    std::vector<std::string> found;
  };
  struct File {
    std::string path;
    std::string object;  ///< "": it could not be read
    std::string bytes;
  };
  std::vector<File> files;
  std::vector<Glob> globs;
};

ReadFromDisk::ReadFromDisk() : heard_(std::make_shared<Heard>()) { begin_libgit2(); }

ManifestFiles ReadFromDisk::listen(const ManifestFiles& files) {
  ManifestFiles heard = files;
  heard.read = [inner = files.read, to = heard_](const std::string& path) {
    auto read = inner(path);
    git_oid id{};
    const auto* const bytes = std::get_if<std::string>(&read);
    const bool hashed = bytes != nullptr && git_odb_hash(&id, bytes->data(), bytes->size(), GIT_OBJECT_BLOB) == 0;
    to->files.push_back({path, hashed ? hex_of(id) : "", bytes != nullptr ? *bytes : ""});
    return read;
  };
  heard.glob = [inner = files.glob, to = heard_](const std::string& folder, const std::string& pattern) {
    auto found = inner(folder, pattern);
    if (const auto* const paths = std::get_if<std::vector<std::string>>(&found)) to->globs.push_back({folder, pattern, *paths});
    return found;
  };
  return heard;
}

std::vector<std::string> ReadFromDisk::differing(const GitTreeFiles& tree, const GitRepository& repository) const {
  std::set<std::string> paths;
  for (const auto& file : heard_->files) {
    const std::string in_tree = repository.path_in(file.path);
    const std::string committed = file.object.empty() ? "" : tree.blob(in_tree);
    // A checkout may have other ends of lines than the commit.
    const bool same =
        !committed.empty() && (committed == file.object || committed == repository.id_when_added(in_tree, file.bytes));
    if (!same) paths.insert(in_tree);
  }
  for (const auto& one : heard_->globs) {
    const std::string folder = repository.path_in(one.folder);
    const std::string before = folder.empty() ? "" : folder + "/";
    std::set<std::string> committed, found;
    const auto matched = tree.glob(before, one.pattern);
    const auto* const in_commit = std::get_if<std::vector<std::string>>(&matched);
    if (in_commit == nullptr) {
      paths.insert(before + one.pattern);
      continue;
    }
    for (const auto& path : *in_commit) committed.insert(before + path);
    for (const auto& path : one.found) found.insert(repository.path_in(path));
    std::set_symmetric_difference(committed.begin(), committed.end(), found.begin(), found.end(),
                                  std::inserter(paths, paths.end()));
  }
  return {paths.begin(), paths.end()};
}

}  // namespace ingot::io
