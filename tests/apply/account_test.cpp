#include "reconciler/apply/account.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "reconciler/io/interrupt.hpp"
#include "tests/support/server_fixture.hpp"

namespace ingot::account_test {
namespace {

using testing_support::change_of;
using testing_support::lines_of;
using testing_support::plan_of;
using testing_support::series_change;

plan::Change type(const char* name, std::vector<std::string> after = {}) {
  const TypeName type = TypeName::of(name);
  return change_of(type_address(type), plan::CreateType{.name = type, .base = default_type()}, std::move(after));
}

plan::Change copy(const char* name, std::vector<std::string> after = {}) {
  const ImageName image = ImageName::of(name);
  ImageEntry entry{.name = image,
                   .identity = {.origin = {}, .name = image, .created = 1},
                   .origin_name = ServerName::of("oslo"),
                   .copied_from = {},
                   .digest = {},
                   .version = {},
                   .platform = {},
                   .description = {},
                   .labels = {},
                   .states = {{}},
                   .reason = {},
                   .parent = {},
                   .packed = {}};
  plan::SeenHead head{
      .id = {}, .own_name = ServerName::of("oslo"), .digest = {}, .index = {}, .issued = {}, .expires = {}, .url = {}};
  return change_of(copy_address(ServerName::of("oslo"), image),
                   plan::CopyImage{.peer = ServerName::of("oslo"),
                                   .head = std::make_shared<const plan::SeenHead>(head),
                                   .entry = std::make_shared<const ImageEntry>(entry),
                                   .name = image,
                                   .transfer = {.from = {}}},
                   std::move(after));
}

void put(apply::Ledger& ledger, const plan::Plan& plan, std::size_t place, Outcome outcome) {
  ledger.put(place, {.address = plan.actions[place].address, .verb = plan.actions[place].verb, .outcome = std::move(outcome)});
}

std::string why(const apply::Ledger& ledger, std::size_t action) {
  return ledger.why_not(action).value_or(Skipped{"nothing"}).why;
}

class account : public testing::Test {
 protected:
  void TearDown() override { io::pretend_interrupted(0); }
};

TEST_F(account, holds_every_action_once_in_the_plans_order) {
  plan::Plan plan = plan_of({type("A"), type("B"), type("C"), type("D")});
  plan.actions[3].deferred = true;
  plan.actions[3].deferred_why = "past max_bytes";
  apply::Ledger ledger(plan);
  put(ledger, plan, 2, Done{});
  put(ledger, plan, 0, Done{});
  const apply::Account closed = ledger.close("interrupted", 0, {});
  EXPECT_EQ(lines_of(closed), (std::vector<std::string>{"done imagetype.A", "done imagetype.C", "skipped imagetype.B interrupted",
                                                        "skipped imagetype.D deferred: past max_bytes"}));
}

TEST_F(account, what_depends_on_a_failure_is_not_begun) {
  const plan::Plan plan =
      plan_of({type("A"), type("B", {"imagetype.A"}), type("C", {"imagetype.B"}), type("D"), type("E", {"gone"})});
  apply::Ledger ledger(plan);
  put(ledger, plan, 0, Failed{Code::io, "x"});
  EXPECT_EQ(why(ledger, 1), "depends on \"imagetype.A\", which failed");
  put(ledger, plan, 1, Skipped{"depends on …"});
  EXPECT_EQ(why(ledger, 2), "depends on \"imagetype.B\", which was not done");
  EXPECT_EQ(ledger.why_not(3), std::nullopt);
  EXPECT_EQ(ledger.why_not(4), std::nullopt) << "nothing of this plan";
}

TEST_F(account, a_series_and_a_publication_go_on_without_a_copy) {
  const plan::Plan plan = plan_of({type("A"), copy("db"), series_change("s", {"db"}, {"copy.oslo.db"}),
                                   series_change("t", {"db"}, {"copy.oslo.db", "imagetype.A"}),
                                   change_of(catalog_address(), plan::Publish{}, {"imagetype.A", "copy.oslo.db"})});
  apply::Ledger ledger(plan);
  put(ledger, plan, 0, Failed{Code::io, "x"});
  put(ledger, plan, 1, Failed{Code::unreachable, "x"});
  EXPECT_EQ(ledger.why_not(2), std::nullopt);
  EXPECT_EQ(why(ledger, 3), "depends on \"imagetype.A\", which failed");
  EXPECT_EQ(ledger.why_not(4), std::nullopt);
}

/// Called done, it would be in the history though nothing changed.
TEST_F(account, an_update_of_a_series_is_not_begun_if_none_of_its_new_members_came) {
  const auto update = [](std::vector<std::string> changes, std::vector<std::string> after) {
    const SeriesName name = SeriesName::of("s");
    return change_of(series_address(name),
                     plan::UpdateSeries{.name = name, .members = {}, .follow = std::nullopt, .changes = std::move(changes)},
                     std::move(after));
  };
  const plan::Plan plan = plan_of({copy("a"), copy("b"), copy("late"), update({"+a"}, {"copy.oslo.a"}),
                                   update({"+a", "+b"}, {"copy.oslo.a", "copy.oslo.b"}), update({"+a", "-x"}, {"copy.oslo.a"}),
                                   update({"+late"}, {"copy.oslo.late"}), update({"-x"}, {})});
  apply::Ledger ledger(plan);
  put(ledger, plan, 0, Failed{Code::unreachable, "x"});
  put(ledger, plan, 1, Done{});
  put(ledger, plan, 2, Skipped{.why = "deferred: the deadline of this run is over", .deferred = true});
  EXPECT_EQ(why(ledger, 3), "depends on \"copy.oslo.a\", which failed");
  EXPECT_EQ(ledger.why_not(4), std::nullopt) << "one came";
  EXPECT_EQ(ledger.why_not(5), std::nullopt) << "one goes";
  EXPECT_EQ(ledger.why_not(6), (Skipped{.why = "deferred: depends on \"copy.oslo.late\", which is deferred", .deferred = true}));
  EXPECT_EQ(ledger.why_not(7), std::nullopt);
}

TEST_F(account, a_full_disk_stops_what_takes_space_and_nothing_else) {
  const plan::Plan plan = plan_of({copy("a"), copy("b"), type("C")});
  apply::Ledger ledger(plan);
  put(ledger, plan, 0, Failed{Code::no_space, "x"});
  EXPECT_EQ(why(ledger, 1), "the disk is full");
  EXPECT_EQ(ledger.why_not(2), std::nullopt);
}

TEST_F(account, after_an_interrupt_or_an_early_end_nothing_begins) {
  const plan::Plan plan = plan_of({type("A")});
  apply::Ledger ledger(plan);
  io::pretend_interrupted(SIGINT);
  EXPECT_EQ(why(ledger, 0), "interrupted");
  io::pretend_interrupted(0);
  ledger.end_early(Error(Fault::local, "the state is gone"));
  EXPECT_EQ(why(ledger, 0), "the run ended early");
  const apply::Account closed = ledger.close("the run ended early", 0, {});
  ASSERT_TRUE(closed.fatal);
  EXPECT_STREQ(closed.fatal->what(), "the state is gone");
  EXPECT_EQ(closed.exit_code, 6);
}

TEST_F(account, deferred_work_alone_exits_0) {
  plan::Plan plan = plan_of({copy("a")});
  plan.actions[0].deferred = true;
  EXPECT_EQ(apply::Ledger(plan).close("deferred", 0, {}).exit_code, 0);
}

TEST_F(account, what_depends_on_deferred_work_is_deferred_too) {
  plan::Plan plan = plan_of({copy("a"), copy("b", {"copy.oslo.a"})});
  apply::Ledger ledger(plan);
  put(ledger, plan, 0, Skipped{.why = "deferred: the deadline of this run is over", .deferred = true});
  EXPECT_EQ(ledger.why_not(1), (Skipped{.why = "deferred: depends on \"copy.oslo.a\", which is deferred", .deferred = true}));
}

int exit_of(plan::Plan plan, std::vector<Code> codes, int signal = 0) {
  for (std::size_t i = 0; i < codes.size(); ++i) plan.actions.push_back(copy(("i" + std::to_string(i)).c_str()));
  apply::Ledger ledger(plan);
  for (std::size_t i = 0; i < codes.size(); ++i) put(ledger, plan, i, Failed{codes[i], "x"});
  return ledger.close("", signal, {}).exit_code;
}

TEST_F(account, exits_with_the_first_of_4_6_8_7_3) {
  const plan::Held held{.address = {"image.x"}, .verb = Verb::delete_, .code = Code::removals, .text = "x", .mend = "y"};
  const plan::Blocked blocked{
      .address = {"image.y"}, .verb = Verb::add, .code = Code::name_conflict, .text = "x", .mend = "y", .at = {}};
  plan::Plan plan = plan_of({});
  EXPECT_EQ(exit_of(plan, {}), 0);
  EXPECT_EQ(exit_of(plan, {Code::unreachable}), 3);
  EXPECT_EQ(exit_of(plan, {Code::unreachable, Code::no_space}), 6);
  EXPECT_EQ(exit_of(plan, {Code::io, Code::digest_mismatch}), 4);
  EXPECT_EQ(exit_of(plan, {Code::untrusted, Code::io}), 4);
  plan.blocked.push_back(blocked);
  EXPECT_EQ(exit_of(plan, {}), 3);
  plan.held.push_back(held);
  EXPECT_EQ(exit_of(plan, {Code::unreachable}), 7);
  EXPECT_EQ(exit_of(plan, {Code::io}), 6);
  plan.unknown.push_back({.peer = ServerName::of("oslo"), .code = Code::untrusted, .text = "x", .at = {}});
  EXPECT_EQ(exit_of(plan, {Code::io}), 4);
  EXPECT_EQ(exit_of(plan, {Code::untrusted}, SIGINT), 130);
  EXPECT_EQ(exit_of(plan, {}, SIGTERM), 143);
}

TEST_F(account, what_failed_beside_the_plan_is_told_too) {
  const plan::Plan plan = plan_of({});
  const apply::Account closed =
      apply::Ledger(plan).close("", 0, {{.address = catalog_address(), .verb = Verb::publish, .outcome = Failed{Code::io, "x"}}});
  EXPECT_EQ(lines_of(closed), (std::vector<std::string>{"failed catalog io"}));
  EXPECT_EQ(closed.exit_code, 6);
}

}  // namespace
}  // namespace ingot::account_test
