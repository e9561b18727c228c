#include "reconciler/io/git/history.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "reconciler/io/git/handles.hpp"

namespace ingot::io {

inline auto fields(CommitLine& line, InMessages) { return std::tie(line.id, line.author, line.subject, line.parents); }

namespace {

constexpr std::size_t longest_subject = 200;

/// SignedBytes as it crosses from the child.
struct FoundSignature {
  std::string signature;
  std::string bytes;
  std::int64_t when = 0;
};
auto fields(FoundSignature& one, InMessages) { return std::tie(one.signature, one.bytes, one.when); }

GitCommit commit_of(git_repository* repository, const git_oid& id) {
  int code = 0;
  return git_made<GitCommit>(code, [&](git_commit** made) { return git_commit_lookup(made, repository, &id); });
}

enum class Reached { yes, no, cut };

/// Whether `from` is made of `wanted`, among the commits that are here; `cut`: not found, and some are not here.
Reached reaches(git_repository* repository, const std::string& from, const std::string& wanted) {
  std::set<std::string> seen{from};
  std::vector<std::string> open{from};
  bool cut = false;
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    if (id == wanted) return Reached::yes;
    const GitCommit one = commit_of(repository, oid_of(id));
    if (!one) {
      cut = true;
      continue;
    }
    for (unsigned i = 0; i < git_commit_parentcount(one.get()); ++i) {
      std::string parent = hex_of(*git_commit_parent_id(one.get(), i));
      if (seen.insert(parent).second) open.push_back(std::move(parent));
    }
  }
  return cut ? Reached::cut : Reached::no;
}

/// With the library's shortcuts, which need a whole history.
Reached descends(git_repository* repository, const std::string& from, const std::string& wanted) {
  const git_oid descendant = oid_of(from), ancestor = oid_of(wanted);
  const int answer = git_graph_descendant_of(repository, &descendant, &ancestor);
  return answer == 1 ? Reached::yes : answer == 0 ? Reached::no : Reached::cut;
}

CommitLine line_of(const git_commit& commit) {
  const git_signature* const author = git_commit_author(&commit);
  CommitLine line{.id = hex_of(*git_commit_id(&commit)), .author = {}, .subject = {}};
  if (author != nullptr) line.author = std::string(author->name) + " <" + author->email + ">";
  if (const char* const message = git_commit_message(&commit)) {
    const std::string_view text(message);
    line.subject = text.substr(0, std::min(text.find('\n'), longest_subject));
  }
  for (unsigned i = 0; i < git_commit_parentcount(&commit); ++i)
    line.parents.push_back(hex_of(*git_commit_parent_id(&commit, i)));
  return line;
}

/// Whether one commit came after another of the same history; within a second their times don't tell.
bool is_newer(git_repository* repository, const git_commit& one, const git_commit& other) {
  if (git_commit_time(&one) != git_commit_time(&other)) return git_commit_time(&one) > git_commit_time(&other);
  return git_graph_descendant_of(repository, git_commit_id(&one), git_commit_id(&other)) == 1;
}

/// libgit2 1.5 leaks the commit if it is asked to blame a path that is not in it.
bool holds_file(git_repository* repository, const git_oid& id, const std::string& path) {
  int code = 0;
  const GitCommit commit = commit_of(repository, id);
  if (!commit) return false;
  const auto tree = git_made<GitTree>(code, [&](git_tree** made) { return git_commit_tree(made, commit.get()); });
  if (!tree) return false;
  const auto entry =
      git_made<GitTreeEntry>(code, [&](git_tree_entry** made) { return git_tree_entry_bypath(made, tree.get(), path.c_str()); });
  return entry && git_tree_entry_type(entry.get()) == GIT_OBJECT_BLOB;
}

/// Of the lines, what the newest commit is.
std::optional<CommitLine> newest_in(git_repository* repository, git_blame* blame, const GitHistory::Lines& lines) {
  GitCommit newest;
  for (std::size_t line = lines.first; line <= lines.last;) {
    const git_blame_hunk* const hunk = git_blame_get_hunk_byline(blame, line);
    if (hunk == nullptr) break;
    GitCommit one = commit_of(repository, hunk->final_commit_id);
    if (one && (!newest || is_newer(repository, *one, *newest))) newest = std::move(one);
    line = hunk->final_start_line_number + hunk->lines_in_hunk;
  }
  return newest ? std::optional(line_of(*newest)) : std::nullopt;
}

Descent descent_of(OpenRepository& in, const std::string& earlier, const std::string& commit) {
  if (earlier == commit) return Descent::same;
  git_repository* const repository = in.handle.get();
  const bool is_shallow = git_repository_is_shallow(repository) == 1;
  if (!commit_of(repository, oid_of(earlier))) return is_shallow ? Descent::unproven : Descent::gone;
  const auto ask = [&](const std::string& from, const std::string& wanted) {
    return is_shallow ? reaches(repository, from, wanted) : descends(repository, from, wanted);
  };
  const Reached down = ask(commit, earlier);
  if (down == Reached::yes) return Descent::forward;
  const Reached up = ask(earlier, commit);
  if (up == Reached::yes) return Descent::backward;
  return down == Reached::cut || up == Reached::cut ? Descent::unproven : Descent::aside;
}

std::optional<std::string> merge_base_of(OpenRepository& in, const std::string& one, const std::string& other) {
  const git_oid first = oid_of(one), second = oid_of(other);
  git_oid base{};
  if (git_merge_base(&base, in.handle.get(), &first, &second) != 0) return std::nullopt;
  return hex_of(base);
}

std::vector<CommitLine> lines_beyond(OpenRepository& in, const std::string& without, const std::string& commit,
                                     std::size_t most) {
  int code = 0;
  const auto walk = git_made<GitWalk>(code, [&](git_revwalk** made) { return git_revwalk_new(made, in.handle.get()); });
  const git_oid begin = oid_of(commit), end = oid_of(without);
  std::vector<CommitLine> lines;
  if (!walk || git_revwalk_push(walk.get(), &begin) < 0 || git_revwalk_hide(walk.get(), &end) < 0) return lines;
  git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
  git_oid id{};
  while (lines.size() < most && git_revwalk_next(&id, walk.get()) == 0) {
    const GitCommit one = commit_of(in.handle.get(), id);
    if (!one) break;
    lines.push_back(line_of(*one));
  }
  return lines;
}

std::optional<CommitLine> one_line(OpenRepository& in, const std::string& id) {
  const GitCommit one = commit_of(in.handle.get(), oid_of(id));
  return one ? std::optional(line_of(*one)) : std::nullopt;
}

std::optional<FoundSignature> signature_in(OpenRepository& in, const std::string& commit) {
  git_buf signature = GIT_BUF_INIT, bytes = GIT_BUF_INIT;
  git_oid id = oid_of(commit);
  const GitCommit one = commit_of(in.handle.get(), id);
  std::optional<FoundSignature> found;
  if (one && git_commit_extract_signature(&signature, &bytes, in.handle.get(), &id, "gpgsig") == 0) {
    found = FoundSignature{.signature = std::string(signature.ptr, signature.size),
                           .bytes = std::string(bytes.ptr, bytes.size),
                           .when = git_commit_time(one.get())};
  }
  git_buf_dispose(&signature);
  git_buf_dispose(&bytes);
  return found;
}

std::vector<std::optional<CommitLine>> authors_in(OpenRepository& in, const std::string& commit, const std::string& path,
                                                  const std::vector<GitHistory::Lines>& ranges) {
  using Lines = GitHistory::Lines;
  git_repository* const repository = in.handle.get();
  std::vector<std::optional<CommitLine>> authors(ranges.size());
  if (ranges.empty() || !holds_file(repository, oid_of(commit), path)) return authors;
  git_blame_options options{};
  git_blame_options_init(&options, GIT_BLAME_OPTIONS_VERSION);
  options.newest_commit = oid_of(commit);
  options.min_line = std::min_element(ranges.begin(), ranges.end(), [](const Lines& one, const Lines& other) {
                       return one.first < other.first;
                     })->first;
  options.max_line = std::max_element(ranges.begin(), ranges.end(), [](const Lines& one, const Lines& other) {
                       return one.last < other.last;
                     })->last;
  int code = 0;
  const auto blame =
      git_made<GitBlame>(code, [&](git_blame** made) { return git_blame_file(made, repository, path.c_str(), &options); });
  if (!blame) return authors;
  std::transform(ranges.begin(), ranges.end(), authors.begin(),
                 [&](const Lines& lines) { return newest_in(repository, blame.get(), lines); });
  return authors;
}

}  // namespace

Descent GitHistory::descent(const std::string& earlier, const std::string& commit) const {
  return repository_.reader().ask<&descent_of>(earlier, commit);
}

std::optional<std::string> GitHistory::merge_base(const std::string& one, const std::string& other) const {
  return repository_.reader().ask<&merge_base_of>(one, other);
}

std::vector<CommitLine> GitHistory::commits_beyond(const std::string& without, const std::string& commit,
                                                   std::size_t most) const {
  return repository_.reader().ask<&lines_beyond>(without, commit, most);
}

std::optional<CommitLine> GitHistory::commit(const std::string& id) const { return repository_.reader().ask<&one_line>(id); }

std::optional<SignedBytes> GitHistory::signature_of(const std::string& commit) const {
  const auto found = repository_.reader().ask<&signature_in>(commit);
  if (!found) return std::nullopt;
  return SignedBytes{.signature = found->signature, .bytes = found->bytes, .when = Time(Seconds(found->when))};
}

std::vector<std::optional<CommitLine>> GitHistory::authors_of(const std::string& commit, const std::string& path,
                                                              const std::vector<Lines>& ranges) const {
  return repository_.reader().ask<&authors_in>(commit, path, ranges);
}

}  // namespace ingot::io
