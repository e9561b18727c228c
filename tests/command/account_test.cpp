#include "reconciler/show/run/show_account.hpp"

#include <gtest/gtest.h>

#include "schema/exit_code.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/golden.hpp"
#include "tests/command/sample_plan.hpp"

namespace ingot::account_test {
namespace {

using namespace testing_support;

apply::ActionResult result(const std::string& name, Outcome outcome, std::uint64_t fetched = 0) {
  return {.address = copy_address(ServerName::of("fpps-2"), ImageName::of(name)),
          .verb = Verb::copy,
          .outcome = std::move(outcome),
          .size = 4'100'000'000,
          .fetched = fetched};
}

apply::Account sample_account() {
  apply::Account account;
  account.done = {result("db19_25", Done{}, 1'200'000'000)};
  account.failed = {result("db19_26", Failed{Code::unreachable, "peer \"fpps-2\" does not answer any more"})};
  account.not_started = {result("db19_27", Skipped{.why = "deferred: past max_bytes: 700 GB, 498 GB are left", .deferred = true}),
                         result("db19_28", Skipped{"depends on \"copy.fpps-2.db19_26\", which failed"})};
  account.exit_code = exit_incomplete;
  return account;
}

std::string text_of_account(const apply::Account& account) {
  return show::shown([&](show::Output& out) {
    show::show_account(full_plan(), account, "20261118T093320Z-1a2b3c", false, show::Style(false), out);
  });
}

TEST(show_account, says_what_became_of_each_and_what_to_do_next) {
  expect_golden("account.txt", text_of_account(sample_account()));
}

TEST(show_account, what_does_not_go_away_by_itself_is_to_be_mended_first) {
  apply::Account account = sample_account();
  account.failed = {result("db19_26", Failed{Code::source_missing, "its source is gone"})};
  plan::Plan plan = full_plan();
  plan.unknown.clear();
  const auto text = [&] {
    return show::shown(
        [&](show::Output& out) { show::show_account(plan, account, "20261118T093320Z-1a2b3c", false, show::Style(false), out); });
  };
  EXPECT_NE(text().find("Fix what failed, then run \"ingot apply\" again"), std::string::npos) << text();
  account.failed.push_back(result("db19_28", Failed{Code::unreachable, "no connection"}));
  EXPECT_EQ(text().find("Fix what failed"), std::string::npos) << text();
}

TEST(show_account, what_is_blocked_is_not_said_to_lack_an_approval) {
  plan::Plan plan = full_plan();
  apply::Account account;
  account.exit_code = exit_refused;
  const auto text = [&] {
    return show::shown(
        [&](show::Output& out) { show::show_account(plan, account, "20261118T093320Z-1a2b3c", false, show::Style(false), out); });
  };
  plan.held.clear();
  EXPECT_NE(text().find("Blocked actions stay blocked until"), std::string::npos) << text();
  EXPECT_EQ(text().find("approved"), std::string::npos) << text();
  plan.held = full_plan().held;
  for (auto& one : plan.held) one.code = Code::not_approved;
  EXPECT_NE(text().find("Actions that were not approved were not done"), std::string::npos) << text();
}

TEST(show_account, an_interrupted_run_says_that_what_was_fetched_is_kept) {
  apply::Account account = sample_account();
  account.exit_code = exit_interrupted;
  account.not_started = {result("db19_28", Skipped{"interrupted"})};
  EXPECT_NE(text_of_account(account).find("The bytes fetched for an unfinished copy are kept"), std::string::npos)
      << text_of_account(account);
  account.not_started[0].begun = false;
  EXPECT_EQ(text_of_account(account).find("kept for the next run"), std::string::npos) << text_of_account(account);
}

TEST(show_account, an_early_end_is_said) {
  apply::Account account = sample_account();
  account.fatal = Error(Fault::local, "cannot write \"/store\": No space left on device");
  account.exit_code = exit_local;
  expect_golden("account-fatal.txt", text_of_account(account));
}

std::string all_events(const std::optional<Error>& fatal) {
  const plan::Plan plan = full_plan();
  const plan::Change copy = sample_copy("db19_25", 4'100'000'000, 1'200'000'000);
  const apply::Account account = sample_account();
  std::string lines = show::first_event_json(plan, io::sha256("a plan"), "20261118T093320Z-1a2b3c");
  lines += show::start_event_json(copy) +
           show::progress_event_json({.address = copy.address, .verb = copy.verb, .done = 5, .total = 9, .fetched = 3});
  lines += show::end_event_json(copy, account.done[0]) + show::end_event_json(copy, account.failed[0]) +
           show::end_event_json(copy, account.not_started[0]);
  lines += show::note_event_json("renewed the head");
  return lines + show::result_event_json(&plan, account, fatal);
}

TEST(apply_events, are_json_lines_that_hold_against_the_schema) {
  expect_golden("events.jsonl", all_events(std::nullopt));
  expect_valid_json("events", all_events(std::nullopt), true);
}

TEST(apply_events, a_run_that_ended_before_its_plan_still_has_a_first_and_a_last_line) {
  const std::string lines =
      show::first_event_json() + show::result_event_json(nullptr, {}, Error(Fault::busy, "another run holds it", "wait"));
  expect_valid_json("events", lines, true);
  EXPECT_NE(lines.find("\"exit\":5"), std::string::npos);
  EXPECT_NE(lines.find("\"error\":{\"code\":\"busy\",\"text\":\"another run holds it\",\"mend\":\"wait\",\"subject\":null}"),
            std::string::npos);
}

}  // namespace
}  // namespace ingot::account_test
