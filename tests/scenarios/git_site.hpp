// A server whose manifest lives in a git repository, driven through the built binary; nobody asks it for images.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {

class GitSite : public testing::Test {
 protected:
  /// "gold": a work tree with keys, store and state, a manifest of no images and its first commit.
  GitSite();

  /// ingot in the work tree, or in `in`; `more`: further variables.
  Ran ingot(const std::vector<std::string>& words, const std::map<std::string, std::string>& more = {},
            const std::string& in = "") const;
  /// plan --json with further words; fails the test unless it exits with `exit`.
  Json plan(const std::vector<std::string>& more = {}, int exit = 0) const;
  /// apply --yes with further words; fails the test unless it exits with `exit`. Gives what it said to people.
  std::string apply(const std::vector<std::string>& more = {}, int exit = 0) const;
  /// The manifest with these images of the folder sources, and `more` under [server] and after it.
  void manifest(const std::vector<std::string>& images, const std::string& more = "") const;
  /// A file for the further guard, which makes it count.
  std::map<std::string, std::string> guarded(const std::string& guard) const;

  testing_support::TestFolder folder;
  testing_support::GitFolder gold{folder / "gold"};
  std::string home = folder / "home";
};

}  // namespace ingot::scenarios
