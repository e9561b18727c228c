#include "reconciler/source/name_authors.hpp"
#include "reconciler/source/read_manifest.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "reconciler/io/git/history.hpp"
#include "reconciler/io/git/tree_files.hpp"
#include "reconciler/plan/annotate.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::source {

namespace {

/// A plan with more changed entries names the authors of these, in its order.
constexpr std::size_t most_entries = 1000;
/// How far back, and in how many versions of a manifest, what is gone is looked for.
constexpr std::size_t most_commits = 1000;
constexpr std::size_t most_versions = 64;

std::vector<std::size_t> line_starts(const std::string& text) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  return starts;
}

/// The lines from a header to the next, without empty ones at the end.
io::GitHistory::Lines entry_at(const std::string& text, const std::vector<std::size_t>& starts, std::size_t header) {
  const auto line = [&](std::size_t number) {
    const std::size_t end = number < starts.size() ? starts[number] : text.size();
    const auto words = std::string_view(text).substr(starts[number - 1], end - starts[number - 1]);
    const auto first = words.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view() : words.substr(first);
  };
  std::size_t last = header;
  for (std::size_t next = header + 1; next <= starts.size() && !line(next).starts_with('['); ++next) {
    if (!line(next).empty()) last = next;
  }
  return {header, last};
}

/// The addresses of what a manifest declares, as reasons name their rules.
std::set<std::string> declared(const Manifest& manifest) {
  std::set<std::string> addresses;
  for (const auto& one : manifest.peers) addresses.insert(peer_address(one.name).text);
  for (const auto& one : manifest.types) addresses.insert(type_address(one.name).text);
  for (const auto& one : manifest.images) addresses.insert(image_address(one.name).text);
  for (const auto& one : manifest.series) addresses.insert(series_address(one.name).text);
  for (const auto& one : manifest.subscriptions) addresses.insert(subscription_address(one.peer, one.selector).text);
  for (const auto& one : manifest.copies) addresses.insert(copy_address(one.peer, one.name).text);
  return addresses;
}

using By = std::shared_ptr<const CommitLine>;

class AuthorSearch {
 public:
  AuthorSearch(GitPlace place, std::string commit, options::GlobalOptions flags)
      : place_(std::move(place)),
        commit_(std::move(commit)),
        flags_(std::move(flags)),
        history_(place_.repository),
        tree_(std::make_shared<const io::GitTreeFiles>(place_.repository, commit_)) {
    if (tree_->is_folder(place_.path)) place_.path += place_.path.empty() ? "ingot.toml" : "/ingot.toml";
  }

  /// Of the entries of one file whose headers stand in these lines.
  std::map<int, By> of_file(const std::string& file, const std::set<int>& headers) const {
    const std::string path = plain_path(folder_of(place_.path) + file);
    const auto read = tree_->read(path);
    const auto* const text = std::get_if<std::string>(&read);
    if (text == nullptr) return {};
    const auto starts = line_starts(*text);
    std::vector<io::GitHistory::Lines> ranges;
    for (const int header : headers) {
      if (static_cast<std::size_t>(header) <= starts.size())
        ranges.push_back(entry_at(*text, starts, static_cast<std::size_t>(header)));
    }
    const auto authors = history_.authors_of(commit_, path, ranges);
    std::map<int, By> by;
    for (std::size_t i = 0; i < authors.size(); ++i) {
      if (authors[i]) by[static_cast<int>(ranges[i].first)] = std::make_shared<const CommitLine>(*authors[i]);
    }
    return by;
  }

  /// The newest commit since `applied` that has not what its parent has, for each of these addresses.
  std::map<std::string, By> of_gone(const std::set<std::string>& addresses, const std::string& applied) {
    std::map<std::string, By> by;
    const auto commits = history_.commits_beyond(applied, commit_, most_commits);
    for (const bool merges : {false, true}) {
      for (const auto& commit : commits) {
        if ((commit.parents.size() > 1) != merges) continue;
        for (const auto& address : addresses) {
          if (!by.contains(address) && took_out(commit, address)) by[address] = std::make_shared<const CommitLine>(commit);
        }
        if (by.size() == addresses.size()) return by;
      }
    }
    return by;
  }

 private:
  bool took_out(const CommitLine& commit, const std::string& address) {
    const auto& now = declared_at(commit.id);
    if (!now || now->contains(address)) return false;
    return std::any_of(commit.parents.begin(), commit.parents.end(), [&](const std::string& parent) {
      const auto& before = declared_at(parent);
      return before && before->contains(address);
    });
  }

  /// nullopt: it cannot be read as a manifest, or too many were read already.
  const std::optional<std::set<std::string>>& declared_at(const std::string& commit) {
    const auto known = declared_.find(commit);
    if (known != declared_.end()) return known->second;
    std::optional<std::set<std::string>> addresses;
    try {
      if (declared_.size() < most_versions) {
        const auto read = manifest_at(place_, {.commit = commit, .shown = place_.path}, flags_);
        if (const auto* const manifest = std::get_if<Manifest>(&read)) addresses = declared(*manifest);
      }
    } catch (const Error&) {
      // A commit that is not here whole: who took it out is then not known.
    }
    return declared_[commit] = std::move(addresses);
  }

  GitPlace place_;
  std::string commit_;
  options::GlobalOptions flags_;
  io::GitHistory history_;
  std::shared_ptr<const io::GitTreeFiles> tree_;
  std::map<std::string, std::optional<std::set<std::string>>> declared_;
};

/// What is asked: file → lines of headers, and the addresses of what is gone.
struct Asked {
  std::map<std::string, std::set<int>> entries;
  std::set<std::string> gone;
};

Asked asked_by(const plan::Plan& plan) {
  Asked asked;
  std::size_t count = 0;
  for (const auto& change : plan.actions) {
    for (const auto& reason : change.because) {
      if (!plan::is_changed_entry(change, reason) && !plan::is_gone_entry(reason)) continue;
      if (++count > most_entries) return asked;
      if (reason.at)
        asked.entries[reason.at->file].insert(reason.at->line);
      else
        asked.gone.insert(reason.rule);
    }
  }
  return asked;
}

}  // namespace

void name_authors(plan::Plan& plan, const std::optional<ManifestCommit>& applied, const options::GlobalOptions& flags) {
  const Asked asked = plan.git && !plan.git->dirty ? asked_by(plan) : Asked{};
  if (asked.entries.empty() && asked.gone.empty()) return;
  auto place = git_place_of(flags);
  if (!place) return;
  AuthorSearch search(*std::move(place), plan.git->commit, flags);
  plan::Authors authors;
  for (const auto& [file, lines] : asked.entries) authors.entries[file] = search.of_file(file, lines);
  if (!asked.gone.empty() && applied) authors.gone = search.of_gone(asked.gone, applied->commit);
  plan::annotate(plan, {.notes = {}, .authors = std::move(authors)});
}

}  // namespace ingot::source
