// What a server is asked at once, and when it is left (R31).
#include "reconciler/io/net/connection_gate.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::connection_gate_test {
namespace {

using Trouble = io::ConnectionGate::Trouble;
using Advice = io::ConnectionGate::Advice;
using Pass = io::ConnectionGate::Pass;

class Gate : public testing::Test {
 protected:
  io::ConnectionGate gate;

  Pass enter() { return gate.enter({}).value(); }
  /// Whether one more is let in; it leaves at once.
  bool lets_in() {
    try {
      const auto pass = gate.enter([] { throw std::runtime_error("it would wait"); });
      if (pass) gate.leave(*pass, {});
      return pass.has_value();
    } catch (const std::runtime_error&) { return false; }
  }
  Advice leave(const Pass& pass, Trouble trouble = Trouble::server, const std::string& path = "a") {
    return gate.leave(pass, {.trouble = trouble, .path = path, .why = "it hangs"});
  }
};

TEST_F(Gate, R31_lets_in_no_more_than_those_that_were_served_when_others_were_not) {
  std::vector<Pass> passes;
  for (int i = 0; i < 8; ++i) passes.push_back(enter());
  for (int i = 0; i < 6; ++i) EXPECT_EQ(leave(passes[static_cast<std::size_t>(i)]), Advice::again) << "others are under way";
  EXPECT_FALSE(lets_in()) << "two are under way, and two is what it takes";
  leave(passes[6], Trouble::none);
  EXPECT_TRUE(lets_in());
}

TEST_F(Gate, R31_failures_side_by_side_count_once) {
  std::vector<Pass> passes;
  for (int i = 0; i < 8; ++i) passes.push_back(enter());
  for (const Pass& pass : passes) EXPECT_NE(leave(pass), Advice::leave);
  EXPECT_EQ(leave(enter()), Advice::failed) << "the second time";
  EXPECT_EQ(leave(enter()), Advice::leave) << "the third time, and alone";
}

TEST_F(Gate, R31_leaves_no_server_that_answers_in_between) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(leave(enter()), Advice::failed);
    EXPECT_EQ(leave(enter()), Advice::failed);
    leave(enter(), Trouble::none);
  }
}

TEST_F(Gate, R31_leaves_no_server_for_the_trouble_of_one_path) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(leave(enter(), Trouble::path, "a"), Advice::failed);
  EXPECT_EQ(leave(enter(), Trouble::path, "b"), Advice::failed);
  EXPECT_EQ(leave(enter(), Trouble::path, "c"), Advice::leave) << "three of them in a row are the server's";
}

TEST_F(Gate, R31_does_not_leave_a_server_that_serves_another_request) {
  const Pass longer = enter();
  for (int i = 0; i < 5; ++i) {
    const Pass shorter = gate.enter([] { throw std::runtime_error("it would wait"); }).value_or(Pass{});
    EXPECT_EQ(leave(shorter), Advice::again);
    if (!lets_in()) break;
  }
  EXPECT_FALSE(lets_in()) << "one at a time";
  leave(longer, Trouble::none);
  EXPECT_TRUE(lets_in());
}

TEST_F(Gate, R31_lets_nobody_in_while_the_server_rests_or_after_it_is_left) {
  {
    const io::ConnectionGate::Rest rest(gate);
    EXPECT_FALSE(lets_in());
  }
  EXPECT_TRUE(lets_in());
  for (int i = 0; i < 3; ++i) leave(enter());
  EXPECT_EQ(gate.enter({}).has_value(), false);
  EXPECT_EQ(gate.given_up(), "it hangs");
}

TEST_F(Gate, R31_leaves_at_once_a_server_that_asks_for_long_unless_it_serves_others) {
  const io::ConnectionGate::End for_long{.trouble = Trouble::server, .for_long = true};
  const Pass served = enter();
  const Pass refused = enter();
  EXPECT_EQ(gate.leave(refused, for_long), Advice::again);
  EXPECT_FALSE(lets_in()) << "one is what it takes";
  leave(served, Trouble::none);
  EXPECT_EQ(gate.leave(enter(), for_long), Advice::leave);
}

TEST_F(Gate, R31_leaves_at_once_a_server_that_asks_all_for_long) {
  const io::ConnectionGate::End for_long{.trouble = Trouble::server, .for_long = true};
  const std::vector<Pass> passes{enter(), enter(), enter()};
  EXPECT_EQ(gate.leave(passes[0], for_long), Advice::again);
  EXPECT_EQ(gate.leave(passes[1], for_long), Advice::again);
  EXPECT_EQ(gate.leave(passes[2], for_long), Advice::leave) << "it served nobody meanwhile";
}

TEST_F(Gate, R31_does_not_leave_a_server_that_asks_for_long_but_served_another_meanwhile) {
  const io::ConnectionGate::End for_long{.trouble = Trouble::server, .for_long = true};
  const Pass served = enter();
  const Pass refused = enter();
  leave(served, Trouble::none);
  EXPECT_NE(gate.leave(refused, for_long), Advice::leave);
}

TEST_F(Gate, tries_one_more_after_many_good_answers) {
  const Pass first = enter();
  const Pass second = enter();
  leave(second);
  EXPECT_FALSE(lets_in());
  leave(first, Trouble::none);
  for (int i = 0; i < 32; ++i) leave(enter(), Trouble::none);
  const Pass held = enter();
  EXPECT_TRUE(lets_in());
  leave(held, Trouble::none);
}

}  // namespace
}  // namespace ingot::connection_gate_test
