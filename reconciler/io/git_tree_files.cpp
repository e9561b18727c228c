#include "reconciler/io/git_tree_files.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fnmatch.h>

#include "reconciler/io/file_error.hpp"
#include "reconciler/io/git_handles.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text_rules.hpp"

namespace ingot {

/// A file, a folder, or why there is neither.
struct FoundInTree {
  std::string why;  ///< "": it was found
  git_oid id{};
  GitTree folder{};  ///< null: a file
};

namespace {

constexpr int most_links = 10;
constexpr std::size_t longest_link = longest_path;
constexpr std::string_view lfs_begin = "version https://git-lfs.github.com/spec/";

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

GitTree tree_of(git_repository* repository, const git_oid& id) {
  int code = 0;
  return git_made<GitTree>(code, [&](git_tree** made) { return git_tree_lookup(made, repository, &id); });
}

/// Whoever asks for the object of a partial clone by git itself gets it from the remote.
Unreadable missing(const GitRepository& repository, const git_oid& id) {
  const std::string words = printable(git_words()), folder = printable(repository.folder());
  if (repository.is_partial()) {
    return {fmt::format("its object {0} is not in this partial clone; to have it fetched: git -C {1} cat-file -t {0}", hex_of(id),
                        folder)};
  }
  return {fmt::format("its object {} cannot be read ({}); see: git -C {} fsck", hex_of(id), words, folder)};
}

/// The bytes of a blob of at most `longest` bytes.
std::variant<std::string, Unreadable> bytes_of(const GitRepository& repository, const git_oid& id, std::size_t longest) {
  int code = 0;
  const auto odb = git_made<GitOdb>(code, [&](git_odb** made) { return git_repository_odb(made, repository.handle()); });
  std::size_t length = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (!odb || git_odb_read_header(&length, &type, odb.get(), &id) < 0) return missing(repository, id);
  if (length > longest) return Unreadable{fmt::format("it has {} bytes, more than {}", length, longest)};
  const auto blob = git_made<GitBlob>(code, [&](git_blob** made) { return git_blob_lookup(made, repository.handle(), &id); });
  if (!blob) return missing(repository, id);
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                     static_cast<std::size_t>(git_blob_rawsize(blob.get())));
}

/// From the root of a tree along a path, and through the links on it.
class TreeWalk {
 public:
  TreeWalk(const GitRepository& repository, GitTree root, const std::string& path) : repository_(repository) {
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
    if (entry == nullptr) return refused(errno_text(ENOENT));
    const git_oid& id = *git_tree_entry_id(entry);
    switch (git_tree_entry_filemode(entry)) {
      case GIT_FILEMODE_TREE: return enter(id);
      case GIT_FILEMODE_LINK: return follow(name, id);
      case GIT_FILEMODE_COMMIT:
        return refused(
            fmt::format("\"{}\" is a submodule, another repository: keep what a manifest reads in one", printable(name)));
      case GIT_FILEMODE_BLOB:
      case GIT_FILEMODE_BLOB_EXECUTABLE: return parts_.empty() ? FoundInTree{.why = "", .id = id} : refused(errno_text(ENOTDIR));
      case GIT_FILEMODE_UNREADABLE: break;
    }
    return refused("it is nothing that git should hold");
  }

  End leave() {
    folders_.pop_back();
    return folders_.empty() ? refused("it leads out of the repository, and what is outside is not of this commit") : std::nullopt;
  }

  End enter(const git_oid& id) {
    GitTree folder = tree_of(repository_.handle(), id);
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

  const GitRepository& repository_;
  std::vector<GitTree> folders_;   ///< from the root down to where it is
  std::deque<std::string> parts_;  ///< still to go
  int links_ = 0;
};

}  // namespace

struct GitTreeFiles::Places {
  std::string folder;              ///< what is in front of all of them
  std::vector<std::string> found;  ///< without it
};

GitTreeFiles::GitTreeFiles(GitRepository repository, const std::string& commit) : repository_(std::move(repository)) {
  int code = 0;
  const git_oid id = oid_of(commit);
  const auto found =
      git_made<GitCommit>(code, [&](git_commit** made) { return git_commit_lookup(made, repository_.handle(), &id); });
  const git_oid* const tree = found ? git_commit_tree_id(found.get()) : nullptr;
  if (tree == nullptr || !tree_of(repository_.handle(), *tree)) {
    throw Error(Fault::usage, fmt::format("the commit {} cannot be read: {}", commit, printable(git_words())),
                fmt::format("if this is a partial clone: git -C {0} ls-tree {1}; else see: git -C {0} fsck",
                            printable(repository_.folder()), commit))
        .with_code("unreadable-commit")
        .about(commit);
  }
  tree_ = hex_of(*tree);
}

FoundInTree GitTreeFiles::find(const std::string& path) const {
  return TreeWalk(repository_, tree_of(repository_.handle(), oid_of(tree_)), path).walk();
}

bool GitTreeFiles::is_folder(const std::string& path) const { return find(path).folder != nullptr; }

std::string GitTreeFiles::blob(const std::string& path) const {
  const FoundInTree found = find(path);
  return found.why.empty() && !found.folder ? hex_of(found.id) : "";
}

std::variant<std::string, Unreadable> GitTreeFiles::read(const std::string& path) const {
  const FoundInTree found = find(path);
  if (!found.why.empty()) return Unreadable{found.why};
  if (found.folder) return Unreadable{errno_text(EISDIR)};
  auto bytes = bytes_of(repository_, found.id, largest_manifest);
  const auto* const text = std::get_if<std::string>(&bytes);
  if (text != nullptr && text->starts_with(lfs_begin)) {
    return Unreadable{"git has a pointer of Git LFS in its place: keep manifests and cards out of LFS (git lfs untrack)"};
  }
  return bytes;
}

void GitTreeFiles::match(const std::string& at, const std::string& pattern, Places& places) const {
  const auto slash = pattern.find('/');
  const std::string part = pattern.substr(0, slash);
  const std::string rest = slash == std::string::npos ? "" : pattern.substr(slash + 1);
  if (part.find_first_of("*?[") == std::string::npos) {
    if (slash != std::string::npos) return match(at + part + "/", rest, places);
    if (const FoundInTree found = find(places.folder + at + part); found.why.empty() && !found.folder)
      places.found.push_back(at + part);
    return;
  }
  const FoundInTree folder = find(places.folder + at);
  const std::size_t entries = folder.folder ? git_tree_entrycount(folder.folder.get()) : 0;
  for (std::size_t i = 0; i < entries && places.found.size() <= most_included_files; ++i) {
    const std::string name = git_tree_entry_name(git_tree_entry_byindex(folder.folder.get(), i));
    if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD | FNM_NOESCAPE) != 0) continue;
    if (slash != std::string::npos)
      match(at + name + "/", rest, places);
    else if (!find(places.folder + at + name).folder)
      places.found.push_back(at + name);
  }
}

std::vector<std::string> GitTreeFiles::glob(const std::string& folder, const std::string& pattern) const {
  Places places{.folder = folder, .found = {}};
  match("", pattern, places);
  std::sort(places.found.begin(), places.found.end());
  return places.found;
}

ManifestFiles manifest_files(const std::shared_ptr<const GitTreeFiles>& tree, const std::string& shown,
                             const std::string& folder) {
  ManifestFiles files;
  files.read = [=](const std::string& path) -> std::variant<std::string, Unreadable> {
    if (path.starts_with(shown) && (!shown.empty() || !path.starts_with('/')))
      return tree->read(folder + path.substr(shown.size()));
    return Unreadable{"it has an absolute path, which is not of the commit: give one relative to the file"};
  };
  files.glob = [=](const std::string& in, const std::string& pattern) {
    std::vector<std::string> found;
    if (in != shown || pattern.starts_with('/')) return found;
    found = tree->glob(folder, pattern);
    for (auto& path : found) path.insert(0, in);
    return found;
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
  std::vector<std::pair<std::string, std::string>> files;  ///< path, object ("": it could not be read)
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
    to->files.emplace_back(path, hashed ? hex_of(id) : "");
    return read;
  };
  heard.glob = [inner = files.glob, to = heard_](const std::string& folder, const std::string& pattern) {
    auto found = inner(folder, pattern);
    to->globs.push_back({folder, pattern, found});
    return found;
  };
  return heard;
}

std::vector<std::string> ReadFromDisk::differing(const GitTreeFiles& tree, const GitRepository& repository) const {
  std::set<std::string> paths;
  for (const auto& [path, object] : heard_->files) {
    const std::string in_tree = repository.path_in(path);
    if (object.empty() || tree.blob(in_tree) != object) paths.insert(in_tree);
  }
  for (const auto& one : heard_->globs) {
    const std::string folder = repository.path_in(one.folder);
    const std::string before = folder.empty() ? "" : folder + "/";
    std::set<std::string> committed, found;
    for (const auto& path : tree.glob(before, one.pattern)) committed.insert(before + path);
    for (const auto& path : one.found) found.insert(repository.path_in(path));
    std::set_symmetric_difference(committed.begin(), committed.end(), found.begin(), found.end(),
                                  std::inserter(paths, paths.end()));
  }
  return {paths.begin(), paths.end()};
}

}  // namespace ingot
