#include "reconciler/show/plan/show_plan_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/plan/intent.hpp"
#include "reconciler/show/plan/plan_document.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/golden.hpp"
#include "tests/command/sample_plan.hpp"

namespace ingot::plan_json_test {
namespace {

using namespace testing_support;

std::string json_of_plan(const plan::Plan& plan) {
  return show::shown([&](show::Output& out) {
    show::show_plan_json(show::shown_plan(plan, io::sha256(plan::plan_id_text(plan)), show::Intents::with), out);
  });
}

TEST(show_plan_json, is_what_it_was) { expect_golden("plan.json", json_of_plan(full_plan())); }

TEST(show_plan_json, a_full_and_an_empty_plan_hold_against_the_schema) {
  expect_valid_json("plan", json_of_plan(full_plan()));
  expect_valid_json("plan", json_of_plan(empty_plan()));
}

plan::PlanBasis sample_basis() {
  return {.version = "1.2.3",
          .made = Time(Seconds(1'795'000'000)),
          .lineage = "0123456789abcdef0123456789abcdef",
          .generation = 41,
          .last_run = "20261123T020000Z-1a2b3c",
          .options = {.raise_removals = 7,
                      .raise_stops = {},
                      .allow_empty = true,
                      .targets = {"image.a", "copy.p.b"},
                      .excluded = {"peer.q"}},
          .heads = {{.peer = ServerName::of("fpps-2"), .id = sample_id("fpps-2"), .serial = 41, .head = io::sha256("a head")}}};
}

show::ShownPlan with_intents(const plan::Plan& plan) {
  return show::shown_plan(plan, io::sha256(plan::plan_id_text(plan)), show::Intents::with);
}

std::string kept_plan() { return show::write_plan_document(with_intents(full_plan()), sample_basis()); }

std::string why_not(const std::string& bytes) {
  const auto read = show::parse_plan_document(bytes);
  const auto* not_a_plan = std::get_if<show::NotAPlan>(&read);
  return not_a_plan ? not_a_plan->why : "it was taken";
}

TEST(plan_document, holds_against_the_schema_and_is_read_as_it_was_written) {
  expect_valid_json("plan", kept_plan());
  const auto read = std::get<show::PlanDocument>(show::parse_plan_document(kept_plan()));
  ASSERT_TRUE(read.basis);
  EXPECT_EQ(*read.basis, sample_basis());
  EXPECT_EQ(read.plan.actions, with_intents(full_plan()).actions);
  EXPECT_EQ(show::write_plan_document(read.plan, *read.basis), kept_plan());
}

TEST(plan_document, of_plan_json_is_read_without_what_it_could_be_checked_by) {
  const auto read = std::get<show::PlanDocument>(show::parse_plan_document(json_of_plan(full_plan())));
  EXPECT_FALSE(read.basis);
  EXPECT_EQ(show::shown([&](show::Output& out) { show::show_plan_json(read.plan, out); }), json_of_plan(full_plan()));
}

TEST(plan_document, G9_no_bit_of_it_can_flip_unnoticed) {
  const std::string good = kept_plan();
  for (std::size_t at = 0; at + 1 < good.size(); at += 7) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 7)));
    ASSERT_NE(why_not(bad), "it was taken") << "byte " << at << ": " << good.substr(at > 30 ? at - 30 : 0, 60);
  }
  for (std::size_t length = 0; length + 1 < good.size(); length += 97)
    ASSERT_NE(why_not(good.substr(0, length)), "it was taken") << length;
}

TEST(plan_document, G9_hostile_documents_are_refused_and_say_why) {
  const std::string good = kept_plan();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    return why_not(bad);
  };
  EXPECT_THAT(why_not(""), testing::HasSubstr("is empty"));
  EXPECT_THAT(why_not("{}"), testing::HasSubstr("\"format\" is missing"));
  EXPECT_THAT(why_not("[]"), testing::HasSubstr("not a JSON object"));
  EXPECT_THAT(with("ingot.plan/1", "ingot.plan/2"), testing::HasSubstr("needs a newer ingot"));
  EXPECT_THAT(with("ingot.plan/1", "ingot.problems/1"), testing::HasSubstr("not \"ingot.plan/1\""));
  EXPECT_THAT(with("\"verb\":\"register\"", "\"verb\":\"erase\""), testing::HasSubstr("is no verb"));
  EXPECT_THAT(with("\"code\":\"new\"", "\"code\":\"newer\""), testing::HasSubstr("is no code of this ingot"));
  EXPECT_THAT(with("\"generation\":41", "\"generation\":42"), testing::HasSubstr("the file was changed"));
  EXPECT_THAT(with("\"intent\":\"peer.fpps-2 register", "\"intent\":\"peer.fpps-9 register"), testing::HasSubstr("this action"));
  EXPECT_THAT(with("its origin withdrew it", "its origin\x01withdrew it"), testing::HasSubstr("control character"));
  EXPECT_THAT(why_not(std::string(100, '[') + std::string(100, ']')), testing::HasSubstr("deep"));
}

TEST(plan_document, what_a_line_shows_must_be_what_its_intent_says) {
  const std::string good = json_of_plan(full_plan());  // without a digest, so that nothing else refuses it
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    EXPECT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    return why_not(bad);
  };
  const auto of_title = testing::HasSubstr("\"actions.title\" does not match this action");
  EXPECT_THAT(with("\"title\":\"db19_25\"", "\"title\":\"db19_24\""), of_title);
  EXPECT_THAT(with("\"title\":\"type DB_PSU\"", "\"title\":\"type DB_PSV\""), of_title);
  EXPECT_THAT(with("\"title\":\"series db19\"", "\"title\":\"series db20\""), of_title);
  EXPECT_THAT(with("\"title\":\"series mine\"", "\"title\":\"series yours\""), of_title);
  EXPECT_THAT(with("\"title\":\"db19_20\"", "\"title\":\"db19_21\""), of_title);
  EXPECT_THAT(with("\"title\":\"catalog\"", "\"title\":\"nothing\""), of_title);
  const auto of_detail = testing::HasSubstr("\"actions.detail\" does not match this action");
  EXPECT_THAT(with("\"detail\":\"4.1 GB, 1.2 GB to fetch\"", "\"detail\":\"4.1 MB, 1.2 MB to fetch\""), of_detail);
  EXPECT_THAT(with("\"size\":4100000000", "\"size\":4100000"), of_detail);
  EXPECT_THAT(with("\"detail\":\"based on ORACLEDBSOFTWARE\"", "\"detail\":\"based on SOFTWARE\""), of_detail);
  EXPECT_THAT(with("\"detail\":\"https://gold.fpps-2", "\"detail\":\"https://gold.fpps-3"), of_detail);
  EXPECT_EQ(why_not(good), "it was taken");
}

}  // namespace
}  // namespace ingot::plan_json_test
