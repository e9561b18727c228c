// One attack as data, and the one way to try it: what home says and asks for, that nothing it trusts or has was changed,
// and that it goes on as soon as the peer is honest again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/attacks/stage.hpp"
#include "tests/support/full_suite.hpp"

namespace ingot::attacks {

using testing_support::is_full;

/// What may differ in home afterwards.
enum class Leaves {
  nothing,
  a_floor,  ///< the head was good: its number counts from now on
};

struct Attack {
  std::string name;
  std::function<void(Stage&)> lie;  ///< of a peer whose newest head home has not seen yet
  int exit = 4;
  std::string says = {};  ///< part of what home prints
  /// The paths, in order. "(index)", "(page)", "(bytes)" and "(next root)" stand for those of the newest head; "(pages)" at
  /// the end: any of its catalog, in any order, and nothing else.
  std::vector<std::string> asks = {};
  Leaves leaves = Leaves::nothing;
  std::function<void(Stage&)> mend = {};  ///< what the honest owner does before the next head
};

/// Tries them one after the other on one stage: after each, home must have all that the peer has. Counts them in the figures.
void try_all(Way way, const std::vector<Attack>& attacks);

/// Adds to what this test tried, for tests/figures.
void count(const std::string& what, std::size_t number);

/// The newest head with its payload edited as text, signed by the catalog key.
std::string head_with(const Stage& stage, const std::function<std::string(std::string)>& edit);
/// A new head over a page that is edited as text, the first one that holds `mark`; all above it is signed as it should be.
void publish_page_with(Stage& stage, const std::string& mark, const std::function<std::string(std::string)>& edit);
/// The same for the index.
void publish_index_with(Stage& stage, const std::function<std::string(std::string)>& edit);
/// The first `from` becomes `to`; fails the test if it is not there.
std::string replaced(std::string text, const std::string& from, const std::string& to);

/// The rows that every way runs: instantiated for Way::here and here_tls in attack_test, for Way::process in
/// attack_scenario_test.
class attacks : public testing::TestWithParam<Way> {};

}  // namespace ingot::attacks
