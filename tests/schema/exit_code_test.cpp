#include "schema/exit_code.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace ingot::exit_code_test {
namespace {

TEST(exit_code, is_that_of_the_contract_for_every_fault) {
  const std::vector<std::pair<Fault, int>> table{
      {Fault::internal, 1}, {Fault::incomplete, 3}, {Fault::untrusted, 4},     {Fault::busy, 5},
      {Fault::local, 6},    {Fault::refused, 7},    {Fault::stale, 8},         {Fault::approval, 9},
      {Fault::usage, 64},   {Fault::manifest, 65},  {Fault::interrupted, 130}, {Fault::terminated, 143},
  };
  for (const auto& [fault, code] : table) EXPECT_EQ(exit_code_of(fault), code);
}

TEST(exit_code, where_several_hold_the_first_of_4_6_8_7_3_2_wins) {
  const std::vector<int> order{4, 6, 8, 7, 3, 2, 0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i; j < order.size(); ++j) {
      EXPECT_EQ(worse_exit_code(order[i], order[j]), order[i]);
      EXPECT_EQ(worse_exit_code(order[j], order[i]), order[i]);
    }
  }
  for (const int code : {1, 5, 9, 64, 65, 130, 143}) {
    EXPECT_EQ(worse_exit_code(code, 4), code);
    EXPECT_EQ(worse_exit_code(4, code), code);
  }
}

}  // namespace
}  // namespace ingot::exit_code_test
