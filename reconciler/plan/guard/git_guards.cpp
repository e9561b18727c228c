#include "reconciler/plan/guard/git_guards.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

constexpr std::size_t most_listed = 20;
constexpr std::size_t most_files = 5;

std::string shortened(const std::string& commit) { return commit.substr(0, 12); }

std::string asked(std::string_view guard, const At& at) { return fmt::format("the guard \"{}\" ({})", guard, at.text()); }

GitObjection no_commit(const GitGuards& guards, const GitView& view) {
  const At& at = *(guards.clean ? guards.clean : guards.forward ? guards.forward : guards.is_signed);
  return {.code = Code::git,
          .text = fmt::format("the guard \"git\" ({}) requires a manifest from a commit: {}", at.text(),
                              view.no_git.empty() ? "it is in no git repository" : view.no_git),
          .mend = view.no_git.empty() ? "put it under git, or name a repository with -f and --rev" : ""};
}

/// "the commit 1f… is older than 2e…, which was applied last, and reverts 3 commits".
std::string is_older(const GitView& view) {
  return fmt::format("the commit {} is older than {}, which was applied last, and reverts {}", shortened(view.git->commit),
                     shortened(view.applied.value_or("")),
                     view.reverts.size() > most_listed ? "many commits" : counted(view.reverts.size(), "commit"));
}

/// ": a, b and 3 more"; "" of none.
std::string list_of(const std::vector<std::string>& files) {
  if (files.empty()) return "";
  const std::size_t listed = std::min(files.size(), most_files);
  std::string text = ":";
  for (std::size_t i = 0; i < listed; ++i) text += fmt::format("{} \"{}\"", i == 0 ? "" : ",", files[i]);
  if (listed < files.size()) text += fmt::format(" and {} more", files.size() - listed);
  return text;
}

GitObjection not_clean(std::string_view guard, const At& at, const GitView& view) {
  return {.code = Code::git,
          .text = fmt::format("{} requires a committed manifest, and the files differ from the commit {}{}", asked(guard, at),
                              shortened(view.git->commit), list_of(view.differing)),
          .mend = "commit the changes, or read the commit itself with --rev HEAD"};
}

std::optional<GitObjection> not_forward(const At& at, const GitView& view) {
  if (view.forgotten) {
    return GitObjection{.code = Code::git_unproven,
                        .text = fmt::format("{}: cannot prove that the commit {} descends from the one applied last: the state "
                                            "was rebuilt, and the published head does not name that commit either",
                                            asked("forward", at), shortened(view.git->commit)),
                        .mend = "look at what this commit would do (ingot plan); \"ingot apply --rewind\" accepts it"};
  }
  const std::string guard = asked("forward", at), now = shortened(view.git->commit),
                    before = shortened(view.applied.value_or(""));
  switch (view.descent) {
    case Descent::same:
    case Descent::forward: return std::nullopt;
    case Descent::backward:
      return GitObjection{
          .code = Code::git,
          .text = fmt::format("{}: {}", guard, is_older(view)),
          .mend = "apply a newer commit; to go back on purpose, run \"ingot apply --rewind\", which says what is reverted"};
    case Descent::aside:
    case Descent::gone:
      return GitObjection{
          .code = Code::git_rewritten,
          .text = fmt::format("{}: the commit {} does not descend from {}, which was applied last{}: the branch was rewritten, "
                              "or this is another branch",
                              guard, now, before, view.descent == Descent::gone ? " and is not in the repository any more" : ""),
          .mend = "find out who rewrote the branch; if this commit is right, \"ingot apply --rewind\" accepts it"};
    case Descent::unproven:
      return GitObjection{.code = Code::git_unproven,
                          .text = fmt::format("{}: cannot prove that the commit {} descends from {}, which was applied last: the "
                                              "history of this clone is too short",
                                              guard, now, before),
                          .mend = fmt::format("git -C {} fetch --unshallow (for actions/checkout: fetch-depth: 0)", view.folder)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<GitObjection> git_objections(const GitGuards& guards, const GitView& view, bool rewind) {
  if (!guards.any()) return {};
  if (!view.git) return {no_commit(guards, view)};
  std::vector<GitObjection> objections;
  // Nobody has signed what is not in the commit.
  if (view.git->dirty && guards.clean)
    objections.push_back(not_clean("clean", *guards.clean, view));
  else if (view.git->dirty && guards.is_signed)
    objections.push_back(not_clean("signed", *guards.is_signed, view));
  if (guards.forward && !rewind) {
    if (auto objection = not_forward(*guards.forward, view)) objections.push_back(*std::move(objection));
  }
  if (guards.is_signed && !view.not_signed.empty()) {
    objections.push_back({.code = Code::git,
                          .text = fmt::format("{}: the commit {} has no signature of an allowed signer: {}",
                                              asked("signed", *guards.is_signed), shortened(view.git->commit), view.not_signed),
                          .mend = "let an allowed signer sign it with ssh (git config gpg.format ssh; git commit -S)"});
  }
  return objections;
}

std::string old_commit_text(const GitView& view) {
  if (!view.git || view.descent != Descent::backward) return "";
  return is_older(view) + "; is this an old checkout? [guard] git = [\"forward\"] refuses older commits";
}

std::vector<std::string> reverted_texts(const GitView& view) {
  std::vector<std::string> texts;
  for (const auto& commit : view.reverts) {
    if (texts.size() == most_listed) {
      texts.push_back("and the commits before these");
      break;
    }
    texts.push_back(fmt::format("reverts {} \"{}\" by {}", shortened(commit.id), commit.subject, commit.author));
  }
  const bool back = view.descent == Descent::backward || view.descent == Descent::aside;
  if (texts.empty() && (back || view.descent == Descent::gone || view.descent == Descent::unproven)) {
    texts.push_back(fmt::format("cannot list what is reverted: commit {}, which was applied last, is not in this repository",
                                shortened(view.applied.value_or(""))));
  }
  return texts;
}

}  // namespace ingot::plan
