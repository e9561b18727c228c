#include "schema/manifest/manifest_commit.hpp"

#include <gtest/gtest.h>

namespace ingot::provenance_test {
namespace {

TEST(provenance, keeps_no_credentials_of_an_address) {
  EXPECT_EQ(without_credentials("https://example.net/gold.git"), "https://example.net/gold.git");
  EXPECT_EQ(without_credentials("https://token@example.net:8443/gold.git"), "https://example.net:8443/gold.git");
  EXPECT_EQ(without_credentials("https://ann:se@cret@example.net/gold.git?private_token=abc#x"), "https://example.net/gold.git");
  EXPECT_EQ(without_credentials("https://ann:sec/ret@example.net/gold.git"), "https://example.net/gold.git")
      << "a slash that nobody escaped";
  EXPECT_EQ(without_credentials("ssh://git@example.net:22/gold.git"), "ssh://git@example.net:22/gold.git");
  EXPECT_EQ(without_credentials("ssh://git:secret@example.net/gold.git"), "ssh://git@example.net/gold.git");
  EXPECT_EQ(without_credentials("git@example.net:gold.git"), "git@example.net:gold.git");
  EXPECT_EQ(without_credentials("git:secret@example.net:gold.git"), "example.net:gold.git");
  EXPECT_EQ(without_credentials("https://[::1]:8443/a@b"), "https://[::1]:8443/a@b");
  EXPECT_EQ(without_credentials("https://example.net:8443/@team/gold"), "https://example.net:8443/@team/gold");
  EXPECT_EQ(without_credentials("file:///srv/a@b/gold.git"), "file:///srv/a@b/gold.git");
  EXPECT_EQ(without_credentials("/srv/a:b@c/gold.git"), "/srv/a:b@c/gold.git");
}

TEST(provenance, names_the_branch_and_says_whether_the_commit_is_all) {
  const ManifestCommit clean{.repository = "r", .ref = "refs/heads/site/main", .commit = "c0ffee", .blob = "b"};
  EXPECT_EQ(clean.branch(), "site/main");
  EXPECT_EQ(clean.commit_text(), "c0ffee");
  const ManifestCommit dirty{.repository = "r", .ref = "refs/tags/v1", .commit = "c0ffee", .blob = "b", .dirty = true};
  EXPECT_EQ(dirty.branch(), std::nullopt);
  EXPECT_EQ(dirty.commit_text(), "c0ffee-dirty");
}

}  // namespace
}  // namespace ingot::provenance_test
