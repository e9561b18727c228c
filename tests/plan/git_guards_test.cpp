#include "reconciler/plan/guard/git_guards.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::git_guards_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const At here{"ingot.toml", 7};
const GitGuards all{.clean = here, .forward = here, .is_signed = here};
const std::string now(40, 'b'), before(40, 'a');

plan::GitView good() {
  return {.git = ManifestCommit{.repository = "r", .ref = "refs/heads/main", .commit = now, .blob = "x"},
          .no_git = {},
          .folder = "/srv/gold",
          .applied = before,
          .descent = Descent::forward,
          .not_signed = {}};
}

/// Codes and texts, one line each.
std::string objections(const GitGuards& guards, const plan::GitView& view, bool rewind = false) {
  std::string text;
  for (const auto& one : plan::git_objections(guards, view, rewind))
    text += std::string(text_of(one.code)) + ": " + one.text + "; " + one.mend + "\n";
  return text;
}

TEST(git_guards, let_a_clean_signed_commit_go_forward) {
  EXPECT_EQ(objections(all, good()), "");
  plan::GitView first = good();
  first.applied = std::nullopt;
  first.descent = Descent::same;
  EXPECT_EQ(objections(all, first), "");
}

TEST(git_guards, do_not_take_a_forgotten_predecessor_for_none) {
  plan::GitView view = good();
  view.applied = std::nullopt;
  view.descent = Descent::same;
  view.forgotten = true;
  EXPECT_THAT(objections(all, view),
              HasSubstr("git-unproven: the guard \"forward\" (ingot.toml:7): cannot prove that the commit bbbbbbbbbbbb "
                        "descends from the one applied last"));
  EXPECT_EQ(objections(all, view, true), "") << "going back is meant";
  EXPECT_EQ(objections({.clean = here}, view), "");
}

TEST(git_guards, ask_for_nothing_that_was_not_asked_for) {
  plan::GitView bad = good();
  bad.git->dirty = true;
  bad.descent = Descent::aside;
  bad.not_signed = "it has no signature";
  EXPECT_EQ(objections({}, bad), "");
  EXPECT_EQ(objections({}, {.git = std::nullopt, .no_git = {}, .folder = {}, .applied = {}, .not_signed = {}}), "");
}

TEST(git_guards, an_older_commit_is_told_where_nothing_was_asked_for) {
  plan::GitView view = good();
  EXPECT_EQ(plan::old_commit_text(view), "");
  view.descent = Descent::aside;
  EXPECT_EQ(plan::old_commit_text(view), "") << "another branch is no old checkout";
  view.descent = Descent::backward;
  view.reverts.resize(2);
  EXPECT_THAT(plan::old_commit_text(view),
              HasSubstr("the commit bbbbbbbbbbbb is older than aaaaaaaaaaaa, which was applied last, and reverts 2 commits"));
}

TEST(git_guards, want_a_commit_and_say_why_there_is_none) {
  plan::GitView none = good();
  none.git = std::nullopt;
  EXPECT_THAT(objections({.clean = here}, none),
              HasSubstr("git: the guard \"git\" (ingot.toml:7) requires a manifest from a commit: it is in no git repository"));
  none.no_git = "the repository belongs to another user; git config …";
  EXPECT_THAT(objections({.is_signed = here}, none), HasSubstr("belongs to another user"));
}

TEST(git_guards, hold_a_change_that_is_not_committed_for_unsigned_too) {
  plan::GitView dirty = good();
  dirty.git->dirty = true;
  EXPECT_THAT(objections({.clean = here}, dirty), HasSubstr("the guard \"clean\" (ingot.toml:7)"));
  EXPECT_THAT(objections({.is_signed = here}, dirty), HasSubstr("the guard \"signed\""));
  dirty.differing = {"a", "b", "c", "d", "e", "f", "g"};
  EXPECT_THAT(
      objections({.clean = here}, dirty),
      HasSubstr(
          "the files differ from the commit bbbbbbbbbbbb: \"a\", \"b\", \"c\", \"d\", \"e\" and 2 more; commit the changes"));
  EXPECT_EQ(objections({.forward = here}, dirty), "");
}

TEST(git_guards, tell_an_older_commit_a_rewritten_branch_and_a_short_history_apart) {
  plan::GitView view = good();
  view.descent = Descent::backward;
  view.reverts = {{.id = before, .author = "ann <a@b>", .subject = "Add db19"}};
  EXPECT_THAT(objections({.forward = here}, view),
              HasSubstr("git: the guard \"forward\" (ingot.toml:7): the commit bbbbbbbbbbbb is older than aaaaaaaaaaaa, which "
                        "was applied last, and reverts 1 commit"));
  view.descent = Descent::aside;
  EXPECT_THAT(objections({.forward = here}, view), HasSubstr("git-rewritten: "));
  view.descent = Descent::gone;
  EXPECT_THAT(objections({.forward = here}, view), HasSubstr("git-rewritten: "));
  view.descent = Descent::unproven;
  EXPECT_THAT(objections({.forward = here}, view), HasSubstr("git-unproven: "));
  EXPECT_THAT(objections({.forward = here}, view), HasSubstr("git -C /srv/gold fetch --unshallow"));
  for (const Descent descent : {Descent::backward, Descent::aside, Descent::gone, Descent::unproven}) {
    view.descent = descent;
    EXPECT_EQ(objections({.forward = here}, view, true), "") << "it is meant";
  }
}

TEST(git_guards, want_a_signature_whatever_else_is_meant) {
  plan::GitView view = good();
  view.not_signed = "it has no signature";
  EXPECT_THAT(objections(all, view, true),
              HasSubstr("the commit bbbbbbbbbbbb has no signature of an allowed signer: it has no signature"));
}

TEST(git_guards, list_what_going_back_takes_back_up_to_a_bound) {
  plan::GitView view = good();
  EXPECT_THAT(plan::reverted_texts(view), IsEmpty());
  view.descent = Descent::backward;
  view.reverts = {{.id = before, .author = "ann <a@b>", .subject = "Add db19"}};
  EXPECT_THAT(plan::reverted_texts(view), testing::ElementsAre("reverts aaaaaaaaaaaa \"Add db19\" by ann <a@b>"));
  view.reverts.resize(30, view.reverts.front());
  EXPECT_EQ(plan::reverted_texts(view).size(), 21U);
  EXPECT_EQ(plan::reverted_texts(view).back(), "and the commits before these");
  view.reverts.clear();
  view.descent = Descent::gone;
  EXPECT_THAT(plan::reverted_texts(view), testing::ElementsAre(HasSubstr("cannot list what is reverted")));
}

}  // namespace
}  // namespace ingot::git_guards_test
