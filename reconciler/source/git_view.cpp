#include "reconciler/source/git_view.hpp"

#include <algorithm>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/git/history.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/plan/annotate.hpp"
#include "reconciler/source/host_guard.hpp"

namespace ingot::source {

namespace {

/// More than are listed, so that it shows that there are more.
constexpr std::size_t most_reverts = 21;

std::string why_not_signed(const io::GitRepository& repository, const std::string& commit, const Guard& guard) {
  const auto signature = io::GitHistory(repository).signature_of(commit);
  if (!signature) return "it has no signature";
  for (const auto& file : allowed_signers(guard)) {
    if (!repository.path_in(file).empty())
      return fmt::format("the file of allowed signers \"{}\" is in the repository itself, where a merge can change it",
                         io::printable(file));
    try {
      const auto checked = io::check_ssh_signature(*signature, file);
      if (const auto* const bad = std::get_if<io::BadSignature>(&checked)) return bad->why;
    } catch (const Error& error) {
      io::throw_if_interrupted();
      return error.text() + "; " + error.mend();  // what cannot be checked is not good
    }
  }
  return "";
}

}  // namespace

AppliedLast commit_applied_last(const site::Site& site) {
  if (const auto applied = site.state.applied_last()) return {.commit = applied->commit};
  if (!site.state.made_anew()) return {};
  const auto head = apply::head_on_disk(site.store, site.state.self(), apply::roots_on_disk(site.store, site.state.self()).roots);
  std::string commit = head ? head->head.commit : "";
  if (const auto dirty = commit.find('-'); dirty != std::string::npos) commit.resize(dirty);
  if (commit.empty()) return {.commit = std::nullopt, .forgotten = true};
  return {.commit = std::move(commit)};
}

plan::GitView look_at_commit(const Manifest& manifest, const AppliedLast& applied, const options::GlobalOptions& flags) {
  plan::GitView view{.git = manifest.git, .no_git = manifest.no_git, .folder = {}, .applied = std::nullopt, .not_signed = {}};
  const auto place = manifest.git ? git_place_of(flags) : std::nullopt;
  if (!place) return view;
  view.folder = io::printable(place->repository.folder());
  const io::GitHistory history(place->repository);
  const std::string& commit = manifest.git->commit;
  if (manifest.git->dirty && manifest.guard.git.any()) view.differing = uncommitted_files(flags);
  for (auto& file : view.differing) file = io::printable(file);
  view.applied = applied.commit;
  view.forgotten = applied.forgotten;
  if (view.applied) {
    view.descent = history.descent(*view.applied, commit);
    if (view.descent == Descent::backward || view.descent == Descent::aside)
      view.reverts = history.commits_beyond(commit, *view.applied, most_reverts);
  }
  if (manifest.guard.git.is_signed) view.not_signed = why_not_signed(place->repository, commit, manifest.guard);
  return view;
}

namespace {

/// nullopt: no guard asks, and there is nothing to compare.
std::optional<plan::GitView> view_of(const Manifest& manifest, const AppliedLast& applied, const options::GlobalOptions& flags) {
  if (manifest.guard.git.any()) return look_at_commit(manifest, applied, flags);
  if (!manifest.git || !applied.commit) return std::nullopt;
  try {
    return look_at_commit(manifest, applied, flags);
  } catch (const Error&) {
    io::throw_if_interrupted();
    return std::nullopt;  // no guard needs it: a warning is all that could come of it
  }
}

/// Of a commit that no guard holds to go forward; "": nothing.
std::string warning_of(const Manifest& manifest, const plan::GitView& view) {
  return manifest.guard.git.forward ? "" : plan::old_commit_text(view);
}

}  // namespace

void note_objections(const Manifest& manifest, const AppliedLast& applied, const options::GlobalOptions& flags,
                     plan::Plan& plan) {
  plan::Annotations found;
  if (!manifest.no_git.empty())
    found.notes.push_back(
        {.code = Code::no_commit, .address = "", .text = "the commit of the manifest is unknown: " + manifest.no_git});
  const auto note = [&](Code code, const std::string& text) {
    if (!text.empty()) found.notes.push_back({.code = code, .address = "", .text = text});
  };
  if (const auto view = view_of(manifest, applied, flags)) {
    for (const auto& objection : plan::git_objections(manifest.guard.git, *view, false))
      note(objection.code, objection.text + (objection.mend.empty() ? "" : "; " + objection.mend));
    const std::string warning = warning_of(manifest, *view);
    note(Code::reverts, warning);
    if (manifest.guard.git.any() || !warning.empty()) {
      for (const auto& text : plan::reverted_texts(*view)) note(Code::reverts, text);
    }
  }
  plan::annotate(plan, found);
}

std::vector<std::string> require_commit(const Manifest& manifest, const AppliedLast& applied, const options::GlobalOptions& flags,
                                        bool rewind) {
  const auto view = rewind ? look_at_commit(manifest, applied, flags) : view_of(manifest, applied, flags);
  if (!view) return {};
  const auto objections = plan::git_objections(manifest.guard.git, *view, rewind);
  if (objections.empty() && rewind) return plan::reverted_texts(*view);
  if (objections.empty()) {
    const std::string warning = warning_of(manifest, *view);
    return warning.empty() ? std::vector<std::string>{} : std::vector{warning};
  }
  std::string text = objections.front().text;
  for (std::size_t i = 1; i < objections.size(); ++i) text += "; and " + objections[i].text;
  throw Error(Fault::refused, text, objections.front().mend).with_code(objections.front().code).about(manifest.path);
}

void require_commit(const site::Site& site, const options::GlobalOptions& flags) {
  (void)require_commit(site.manifest, commit_applied_last(site), flags, false);
}

}  // namespace ingot::source
