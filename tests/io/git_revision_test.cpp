// What a name means where several things bear it: whoever may push tags must not get past a protected branch.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/git/repository.hpp"
#include "schema/error.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::git_revision_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::GitFolder;
using testing_support::TestFolder;

class git_revision : public testing::Test {
 protected:
  git_revision() {
    repository_.write("a", "one");
    one_ = repository_.commit("one");
    repository_.write("a", "two");
    two_ = repository_.commit("two");
  }
  /// The commit, or all the words of the Error.
  static std::string resolved(const io::GitRepository& repository, const std::string& revision) {
    try {
      return repository.resolve(revision).id;
    } catch (const Error& error) { return std::string(text_of(error.fault())) + ": " + error.text() + "; " + error.mend(); }
  }
  std::string here(const std::string& revision) const {
    return resolved(*io::GitRepository::holding(repository_.path()), revision);
  }
  std::string fetched(const std::string& revision) const {
    return resolved(io::GitRepository::at(repository_ / ".git", "https://git.example.net/gold.git"), revision);
  }
  void ref(const std::string& name, const std::string& commit) const { repository_.git({"update-ref", name, commit}); }

  TestFolder folder_;
  GitFolder repository_{folder_ / "r"};
  std::string one_;
  std::string two_;
};

TEST_F(git_revision, a_tag_that_is_called_like_a_branch_takes_nothing_over) {
  ref("refs/tags/main", one_);
  EXPECT_THAT(here("main"), AllOf(HasSubstr("usage: \"main\" names several things"), HasSubstr("the branch refs/heads/main"),
                                  HasSubstr("the tag refs/tags/main"), HasSubstr("refs/heads/main or refs/tags/main")));
  EXPECT_THAT(here("main~1"), HasSubstr("names several things"));
  EXPECT_EQ(here("refs/heads/main"), two_);
  EXPECT_EQ(here("refs/heads/main~1"), one_);
  EXPECT_EQ(here("heads/main"), two_);
  EXPECT_EQ(here("refs/tags/main"), one_);
  EXPECT_EQ(here("HEAD"), two_);
  EXPECT_EQ(here(two_), two_);
  repository_.git({"pack-refs", "--all"});
  EXPECT_THAT(here("main"), HasSubstr("names several things")) << "packed refs";
}

TEST_F(git_revision, of_a_fetched_repository_a_plain_name_is_a_branch_first) {
  ref("refs/tags/main", one_);
  ref("refs/tags/only", one_);
  ref("refs/heads/" + one_.substr(0, 8), two_);
  EXPECT_EQ(fetched("main"), two_);
  EXPECT_EQ(fetched("main~1"), one_);
  EXPECT_EQ(fetched("refs/tags/main"), one_);
  EXPECT_EQ(fetched("tags/main"), one_);
  EXPECT_EQ(fetched("only"), one_);
  EXPECT_EQ(fetched(one_.substr(0, 8)), two_);
  EXPECT_EQ(fetched(one_), one_);
  ref("refs/tags/" + two_.substr(0, 9), one_);
  EXPECT_THAT(fetched(two_.substr(0, 9)), HasSubstr("names several things")) << "a tag is no branch";
  EXPECT_THAT(fetched("gone"),
              AllOf(HasSubstr("\"gone\" names nothing in the git repository \"https://git.example.net/gold.git\""),
                    Not(HasSubstr("git fetch")), Not(HasSubstr(repository_.path()))));
}

TEST_F(git_revision, nothing_takes_the_place_of_the_id_of_a_commit) {
  for (const char* kind : {"refs/heads/", "refs/tags/", "refs/remotes/", "refs/"}) {
    const std::string digits = one_.substr(0, 7), name = kind + digits;
    EXPECT_EQ(here(digits), one_);
    ref(name, two_);
    EXPECT_THAT(here(digits), AllOf(HasSubstr("names several things"), HasSubstr(name), HasSubstr("the commit " + one_)));
    repository_.git({"update-ref", "-d", name});
  }
  ref("refs/heads/" + one_, two_);
  EXPECT_EQ(here(one_), one_) << "a full id";
  const std::string unknown(40, '1');
  ref("refs/heads/" + unknown, two_);
  EXPECT_THAT(here(unknown), HasSubstr("names nothing")) << "a full id that is not here";
  const std::string described = "v1-1-g" + one_.substr(0, 8);
  EXPECT_EQ(here(described), one_);
  ref("refs/tags/" + described, two_);
  EXPECT_THAT(here(described), HasSubstr("names several things"));
}

TEST_F(git_revision, a_name_that_is_written_out_means_no_branch_that_is_called_so) {
  ref("refs/heads/refs/heads/gone", one_);
  EXPECT_THAT(here("refs/heads/gone"), HasSubstr("names nothing"));
  EXPECT_THAT(fetched("refs/heads/gone"), HasSubstr("names nothing"));
}

TEST_F(git_revision, other_names_mean_what_they_mean_to_git) {
  ref("refs/remotes/origin/main", one_);
  repository_.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"});
  repository_.git({"tag", "-a", "v1", "-m", "one", one_});
  for (const char* revision : {"origin/main", "origin", "main^", "main@{1}", "v1", "v1^{commit}", "HEAD~1", "@~1", ":/one"})
    EXPECT_EQ(here(revision), one_) << revision;
  EXPECT_EQ(io::GitRepository::holding(repository_.path())->resolve("main"), (io::NamedCommit{two_, "refs/heads/main"}));
  ref("refs/heads/origin/main", two_);
  EXPECT_THAT(here("origin/main"), HasSubstr("names several things"));
}

}  // namespace
}  // namespace ingot::git_revision_test
