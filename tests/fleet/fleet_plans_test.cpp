#include "reconciler/fleet/fleet_plans.hpp"

#include <gmock/gmock.h>

#include "tests/support/catalog_builder.hpp"

namespace ingot::fleet_plans_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::server_id;

plan::Change copy(const std::string& name, bool deferred = false) {
  plan::Change change{.address = copy_address(ServerName::of("london"), ImageName::of(name)),
                      .verb = Verb::copy,
                      .action = plan::Publish{},
                      .because = {{.code = Code::subscription, .rule = "subscription.london.all", .at = {}, .text = "all"}},
                      .after = {}};
  change.deferred = deferred;
  return change;
}

fleet::PlannedServer server(const std::string& name, std::vector<plan::Change> actions) {
  plan::Plan plan{.server = ServerName::of(name), .id_of_server = server_id(name), .manifest_path = "", .manifest_digest = {}};
  plan.actions = std::move(actions);
  return {.name = name, .id = server_id(name), .manifest = name + "/ingot.toml", .plan = std::move(plan)};
}

fleet::PlannedServer troubled(const std::string& name, Code trouble, int exit_code) {
  return {.name = name, .id = server_id(name), .manifest = "", .trouble = trouble, .exit_code = exit_code};
}

TEST(fleet_plans, an_action_of_several_servers_is_there_once) {
  std::vector servers{server("paris", {copy("a"), copy("b")}), troubled("rome", Code::unreachable, 3),
                      server("oslo", {copy("b", true)}), server("bern", {})};
  plan::Blocked blocked{
      .address = copy("b").address, .verb = Verb::copy, .code = Code::bad_name, .text = "no room", .mend = "", .at = {}};
  servers[3].plan->blocked = {blocked};
  const auto rows = fleet::side_by_side(servers);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].address.text, "copy.london.a");
  EXPECT_THAT(rows[0].planned, ElementsAre(0));
  EXPECT_THAT(rows[1].planned, ElementsAre(0));
  EXPECT_THAT(rows[1].deferred, ElementsAre(2));
  EXPECT_THAT(rows[1].blocked, ElementsAre(3));
  EXPECT_THAT(rows[1].held, IsEmpty());
  EXPECT_EQ(rows[1].why, "no room");
  ASSERT_NE(rows[1].because, nullptr);
  EXPECT_EQ(rows[1].because->text, "all");
}

TEST(fleet_plans, the_worst_exit_code_wins_and_a_server_without_a_state_is_none) {
  EXPECT_EQ(fleet::exit_code_of({server("paris", {}), troubled("oslo", Code::no_state, 0)}), 0);
  EXPECT_EQ(fleet::exit_code_of({server("paris", {}), troubled("rome", Code::unreachable, 3)}), 3);
  EXPECT_EQ(fleet::exit_code_of({troubled("rome", Code::unreachable, 3), troubled("oslo", Code::untrusted, 4)}), 4);
  EXPECT_EQ(fleet::exit_code_of({troubled("rome", Code::no_state, 0), troubled("oslo", Code::no_state, 0)}), 7)
      << "there is no plan";
}

}  // namespace
}  // namespace ingot::fleet_plans_test
