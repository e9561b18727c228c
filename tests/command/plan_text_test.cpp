#include "reconciler/show/plan/show_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/command/golden.hpp"
#include "tests/command/sample_plan.hpp"

namespace ingot::plan_text_test {
namespace {

using namespace testing_support;
using testing::HasSubstr;
using testing::Not;

std::string text_of_plan(const plan::Plan& plan, bool verbose = false, const show::Style& style = show::Style(false)) {
  return show::shown(
      [&](show::Output& out) { show::show_plan(show::shown_plan(plan, io::sha256("a plan")), verbose, style, out); });
}

std::string summary_of(const plan::Plan& plan) { return show::plan_summary(show::shown_plan(plan, Digest{})); }

TEST(show_plan, says_everything_that_is_done_and_not_done) { expect_golden("plan.txt", text_of_plan(full_plan())); }
TEST(show_plan, verbose_shows_every_reason_and_note) { expect_golden("plan-verbose.txt", text_of_plan(full_plan(), true)); }
TEST(show_plan, an_empty_plan_is_short) { expect_golden("plan-empty.txt", text_of_plan(empty_plan())); }

TEST(show_plan, R26_limits_are_shown_above_all_where_they_hold_everything) {
  plan::Plan plan = empty_plan();
  plan.held = full_plan().held;
  plan.limits = {{"removals", "3", "2 (limit: 5 images or 10 %)", "ingot.toml:9"}};
  EXPECT_THAT(text_of_plan(plan), HasSubstr("  removals: 3 planned, 2 allowed (limit: 5 images or 10 %, ingot.toml:9)\n"));
}

TEST(show_plan, colours_are_only_an_addition) {
  const std::string plain = text_of_plan(full_plan());
  std::string colored = text_of_plan(full_plan(), false, show::Style(true));
  EXPECT_THAT(colored, HasSubstr("\033[1;31mUNTRUSTED"));
  for (auto at = colored.find('\033'); at != std::string::npos; at = colored.find('\033', at))
    colored.erase(at, colored.find('m', at) - at + 1);
  EXPECT_EQ(colored, plain);
}

TEST(show_plan, what_a_peer_says_never_reaches_the_terminal_raw) {
  EXPECT_THAT(text_of_plan(full_plan()), Not(HasSubstr("\x1b")));
}

TEST(plan_summary, counts_what_is_done_and_what_is_not) {
  EXPECT_EQ(summary_of(empty_plan()), "No changes. Everything is as the manifest says.");
  plan::Plan plan = empty_plan();
  plan.blocked = full_plan().blocked;
  EXPECT_EQ(summary_of(plan), "No changes now; 1 blocked.");
  plan.actions = {sample_copy("a", 100, 50), sample_copy("b", 200, 70)};
  EXPECT_EQ(summary_of(plan), "Plan: 2 to copy (120 B to fetch); 1 blocked.");
  plan.actions.back().deferred = true;
  EXPECT_EQ(summary_of(plan), "Plan: 1 to copy (50 B to fetch); 1 deferred, 1 blocked.");
}

TEST(show_plan, a_hundred_thousand_lines_are_all_there) {
  plan::Plan plan = empty_plan();
  for (int i = 0; i < 100'000; ++i) plan.actions.push_back(sample_copy("image-" + std::to_string(i), 1'000'000, 400'000));
  const std::string text = text_of_plan(plan);
  EXPECT_GE(std::count(text.begin(), text.end(), '\n'), 100'000);
}

}  // namespace
}  // namespace ingot::plan_text_test
