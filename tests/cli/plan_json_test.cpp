#include "reconciler/cli/show_plan_json.hpp"

#include <gtest/gtest.h>

#include "tests/cli/check_json.hpp"
#include "tests/cli/golden.hpp"
#include "tests/cli/sample_plan.hpp"

namespace ingot {
namespace {

using namespace testing_support;

std::string json_of_plan(const Plan& plan) {
  return shown([&](Output& out) { show_plan_json(plan, sha256("a plan"), out); });
}

TEST(show_plan_json, is_what_it_was) { expect_golden("plan.json", json_of_plan(full_plan())); }

TEST(show_plan_json, a_full_and_an_empty_plan_hold_against_the_schema) {
  expect_valid_json("plan", json_of_plan(full_plan()));
  expect_valid_json("plan", json_of_plan(empty_plan()));
}

}  // namespace
}  // namespace ingot
