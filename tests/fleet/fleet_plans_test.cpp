#include "reconciler/fleet/fleet_plans.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "tests/support/catalog_builder.hpp"

namespace ingot::fleet_plans_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::server_id;

plan::Change copy(const std::string& name, bool deferred = false, const std::string& text = "all") {
  plan::Change change{
      .address = copy_address(ServerName::of("london"), ImageName::of(name)),
      .verb = Verb::copy,
      .action = plan::Publish{},
      .because = {{.code = Code::subscription, .rule = "subscription.london.all", .at = At{"ingot.toml", 7}, .text = text}},
      .after = {}};
  change.deferred = deferred;
  return change;
}

plan::Blocked blocked_copy(const std::string& name, const std::string& text) {
  return {.address = copy(name).address,
          .verb = Verb::copy,
          .code = Code::does_not_fit,
          .text = text,
          .mend = "make room",
          .at = At{"ingot.toml", 7}};
}

fleet::PlannedServer server(const std::string& name, std::vector<plan::Change> actions) {
  plan::Plan plan{.server = ServerName::of(name), .id_of_server = server_id(name), .manifest_path = "", .manifest_digest = {}};
  plan.actions = std::move(actions);
  return {.name = name, .id = server_id(name), .manifest = name + "/ingot.toml", .plan = std::move(plan)};
}

fleet::PlannedServer troubled(const std::string& name, Code trouble, int exit_code) {
  return {.name = name, .id = server_id(name), .manifest = "", .trouble = trouble, .exit_code = exit_code};
}

/// "planned 0,2: all", for each reason of each action.
std::vector<std::string> reasons(const std::vector<fleet::SharedAction>& actions) {
  std::vector<std::string> lines;
  for (const auto& action : actions) {
    for (const auto& reason : action.reasons)
      lines.push_back(
          fmt::format("{} {} {}: {}", action.address.text, text_of(reason.fate), fmt::join(reason.servers, ","), reason.why));
  }
  return lines;
}

TEST(fleet_plans, an_action_of_several_servers_is_there_once) {
  std::vector servers{server("paris", {copy("a"), copy("b")}), troubled("rome", Code::unreachable, 3),
                      server("oslo", {copy("b", true)}), server("bern", {})};
  servers[3].plan->blocked = {blocked_copy("b", "no room")};
  const auto rows = fleet::side_by_side(servers);
  EXPECT_THAT(reasons(rows), ElementsAre("copy.london.a planned 0: all", "copy.london.b planned 0: all",
                                         "copy.london.b deferred 2: all", "copy.london.b blocked 3: no room"));
  EXPECT_THAT(rows[1].servers(fleet::Fate::planned), ElementsAre(0));
  EXPECT_THAT(rows[1].servers(fleet::Fate::deferred), ElementsAre(2));
  EXPECT_THAT(rows[1].servers(fleet::Fate::blocked), ElementsAre(3));
  EXPECT_THAT(rows[1].servers(fleet::Fate::held), IsEmpty());
  EXPECT_EQ(rows[1].reasons.back().mend, "make room");
}

TEST(fleet_plans, what_servers_wait_for_splits_no_row) {
  std::vector servers{server("paris", {copy("a", true)}), server("rome", {copy("a", true)}), server("oslo", {copy("b", true)})};
  servers[0].plan->actions[0].deferred_why = "past max_bytes: 3 GB are left";
  servers[1].plan->actions[0].deferred_why = "past max_bytes: 4 GB are left";
  servers[2].plan->actions[0].deferred_why = "outside of the window";
  const auto rows = fleet::side_by_side(servers);
  EXPECT_THAT(reasons(rows), ElementsAre("copy.london.a deferred 0,1: all", "copy.london.b deferred 2: all"));
  EXPECT_EQ(rows[0].reasons[0].deferred_why, "not the same on each server");
  EXPECT_EQ(rows[1].reasons[0].deferred_why, "outside of the window");
}

TEST(fleet_plans, no_server_has_the_reason_of_another) {
  std::vector servers{server("paris", {copy("a", false, "after the baseline 3")}),
                      server("rome", {copy("a", false, "after the baseline 9")}), server("oslo", {}), server("bern", {}),
                      server("lima", {})};
  servers[2].plan->blocked = {blocked_copy("a", "needs 9 GB")};
  servers[3].plan->blocked = {blocked_copy("a", "needs 4 GB")};
  servers[4].plan->blocked = {blocked_copy("a", "needs 9 GB"), blocked_copy("a", "needs 9 GB")};
  EXPECT_THAT(reasons(fleet::side_by_side(servers)),
              ElementsAre("copy.london.a planned 0,1: subscription.london.all", "copy.london.a blocked 2,4: needs 9 GB",
                          "copy.london.a blocked 3: needs 4 GB"));
}

TEST(fleet_plans, unknown_peers_are_named_with_the_servers_that_miss_them) {
  std::vector servers{server("paris", {}), server("rome", {}), server("oslo", {})};
  const auto unknown = [](const char* peer, Code code) {
    return plan::UnknownPeer{.peer = ServerName::of(peer), .code = code, .text = "no answer", .at = At{"ingot.toml", 3}};
  };
  servers[0].plan->unknown = {unknown("london", Code::unreachable)};
  servers[1].plan->unknown = {unknown("london", Code::unreachable), unknown("cadiz", Code::untrusted)};
  servers[2].plan->unknown = {unknown("london", Code::untrusted)};
  std::vector<std::string> lines;
  for (const auto& one : fleet::unknown_peers(servers))
    lines.push_back(fmt::format("{} {} {}", one.peer.text(), text_of(one.code), fmt::join(one.servers, ",")));
  EXPECT_THAT(lines, ElementsAre("london unreachable 0,1", "cadiz untrusted 1", "london untrusted 2"));
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
