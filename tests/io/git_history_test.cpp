// How commits are related, who signed them and who wrote what, in repositories that git itself made.
#include "reconciler/io/git/history.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/program.hpp"
#include "schema/error.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::git_history_test {
namespace {

using testing::HasSubstr;
using testing_support::git_in;
using testing_support::GitFolder;
using testing_support::read_text;
using testing_support::TestFolder;
using testing_support::write_text;

class git_history : public testing::Test {
 protected:
  static io::GitHistory history(const std::string& path) { return io::GitHistory(*io::GitRepository::holding(path)); }
  io::GitHistory here() const { return history(repository_.path()); }

  TestFolder folder_;
  GitFolder repository_{folder_ / "r"};
};

TEST_F(git_history, tells_how_a_commit_stands_to_an_earlier_one) {
  const std::string one = repository_.commit("one"), two = repository_.commit("two", "bob"), three = repository_.commit("three");
  repository_.git({"checkout", "-q", "-b", "side", one});
  const std::string side = repository_.commit("side");
  EXPECT_EQ(here().descent(two, two), Descent::same);
  EXPECT_EQ(here().descent(one, three), Descent::forward);
  EXPECT_EQ(here().descent(three, one), Descent::backward);
  EXPECT_EQ(here().descent(three, side), Descent::aside);
  EXPECT_EQ(here().descent(std::string(40, 'a'), three), Descent::gone);
  const auto beyond = here().commits_beyond(one, three, 10);
  ASSERT_EQ(beyond.size(), 2U);
  EXPECT_EQ(beyond[0], (CommitLine{three, "ann <ann@example.net>", "three", {two}}));
  EXPECT_EQ(beyond[1], (CommitLine{two, "bob <bob@example.net>", "two", {one}}));
  EXPECT_EQ(here().commits_beyond(one, three, 1).size(), 1U);
}

TEST_F(git_history, of_a_shallow_clone_proves_what_it_can_and_says_no_more) {
  std::vector<std::string> commits;
  for (const char* subject : {"one", "two", "three", "four"}) commits.push_back(repository_.commit(subject));
  git_in(folder_.path(), {"clone", "-q", "--depth", "2", "file://" + repository_.path(), "shallow"});
  const io::GitHistory shallow = history(folder_ / "shallow");
  EXPECT_EQ(shallow.descent(commits[2], commits[3]), Descent::forward);
  EXPECT_EQ(shallow.descent(commits[3], commits[2]), Descent::backward);
  EXPECT_EQ(shallow.descent(commits[0], commits[3]), Descent::unproven);
  git_in(folder_ / "shallow", {"fetch", "-q", "--unshallow"});
  EXPECT_EQ(history(folder_ / "shallow").descent(commits[0], commits[3]), Descent::forward);
}

TEST_F(git_history, names_who_wrote_lines_last) {
  repository_.write("m", "[[a]]\nname = 1\n\n[[b]]\nname = 2\n");
  const std::string one = repository_.commit("one");
  repository_.write("m", "[[a]]\nname = 1\nmore = 1\n\n[[b]]\nname = 2\n");
  const std::string two = repository_.commit("two", "bob");
  const auto authors = here().authors_of(two, "m", {{1, 3}, {5, 6}});
  EXPECT_EQ(authors[0]->id, two);
  EXPECT_EQ(authors[0]->author, "bob <bob@example.net>");
  EXPECT_EQ(authors[1]->id, one);
  EXPECT_EQ(here().authors_of(two, "none", {{1, 1}})[0], std::nullopt);
}

class ssh_signatures : public git_history {
 protected:
  ssh_signatures() {
    testing_support::make_ssh_key(key_);
    testing_support::make_ssh_key(folder_ / "other");
    allow("ann@example.net", key_);
  }
  void allow(const std::string& who, const std::string& key, const std::string& options = "namespaces=\"git\"") const {
    write_text(allowed_, who + " " + options + " " + read_text(key + ".pub"));
  }
  std::string verdict(const std::string& commit) const {
    const auto signature = here().signature_of(commit);
    if (!signature) return "not signed";
    const auto checked = io::check_ssh_signature(*signature, allowed_);
    if (const auto* const good = std::get_if<io::GoodSignature>(&checked)) return "good: " + good->signer;
    return std::get<io::BadSignature>(checked).why;
  }

  std::string key_ = folder_ / "key";
  std::string allowed_ = folder_ / "allowed";
};

TEST_F(ssh_signatures, are_good_if_the_allowed_signers_name_the_key) {
  const std::string commit = repository_.commit_signed("one", key_);
  EXPECT_EQ(verdict(commit), "good: ann@example.net");
  EXPECT_EQ(verdict(repository_.commit("two")), "not signed");
  EXPECT_THAT(verdict(repository_.commit_signed("three", folder_ / "other")), HasSubstr("does not name the key"));
  allow("ann@example.net", key_, "namespaces=\"file\"");
  EXPECT_NE(verdict(commit), "good: ann@example.net") << "a key for files is none for commits";
  allow("ann@example.net", key_, "valid-before=\"20200101Z\"");
  EXPECT_NE(verdict(commit), "good: ann@example.net");
  allow("ann@example.net,bob@example.net", key_);
  EXPECT_EQ(verdict(commit), "good: ann@example.net");
  std::filesystem::remove(allowed_);
  EXPECT_THAT(verdict(commit), HasSubstr("No such file"));
}

TEST_F(ssh_signatures, of_other_bytes_are_not_good) {
  const auto signature = here().signature_of(repository_.commit_signed("one", key_));
  ASSERT_TRUE(signature);
  io::SignedBytes forged = *signature;
  forged.bytes += "x";
  EXPECT_THAT(std::get<io::BadSignature>(io::check_ssh_signature(forged, allowed_)).why,
              HasSubstr("not good for \"ann@example.net\""));
  forged = *signature;
  forged.signature = "-----BEGIN PGP SIGNATURE-----\n";
  EXPECT_THAT(std::get<io::BadSignature>(io::check_ssh_signature(forged, allowed_)).why, HasSubstr("not one of ssh"));
  forged.signature = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";
  EXPECT_TRUE(std::holds_alternative<io::BadSignature>(io::check_ssh_signature(forged, allowed_)));
}

TEST(programs, get_their_input_and_an_end) {
  ::setenv("INGOT_CANARY", "secret", 1);
  const io::ProgramEnd end =
      io::run_program({.words = {"sh", "-c", "cat; cat /dev/fd/3; env >&2; exit 7"}, .input = "in ", .attached = "attached"});
  ::unsetenv("INGOT_CANARY");
  EXPECT_EQ(end.exit, 7);
  EXPECT_EQ(end.out, "in attached");
  EXPECT_THAT(end.err, testing::Not(HasSubstr("INGOT_CANARY")));
  EXPECT_THROW(io::run_program({.words = {"no-such-program-here"}}), Error);
  EXPECT_THROW(io::run_program({.words = {"sleep", "600"}}, std::chrono::milliseconds(50)), Error);
}

}  // namespace
}  // namespace ingot::git_history_test
