#include "schema/text/natural_order.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::natural_order_test {
namespace {

TEST(natural_order, takes_runs_of_digits_as_numbers) {
  const std::vector<std::string> sorted{"",
                                        "1",
                                        "1.0",
                                        "1.0-rc1",
                                        "1.2",
                                        "1.9",
                                        "1.10",
                                        "19.9",
                                        "19.24",
                                        "19.24.0",
                                        "20",
                                        "99999999999999999999998",
                                        "99999999999999999999999",
                                        "build9",
                                        "build10",
                                        "build10a"};
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    EXPECT_TRUE(natural_less(sorted[i], sorted[i + 1])) << sorted[i] << " before " << sorted[i + 1];
    EXPECT_FALSE(natural_less(sorted[i + 1], sorted[i])) << sorted[i + 1] << " before " << sorted[i];
  }
}

TEST(natural_order, tells_apart_texts_whose_numbers_are_alike) {
  EXPECT_TRUE(natural_less("1.02", "1.2"));
  EXPECT_FALSE(natural_less("1.2", "1.02"));
  EXPECT_FALSE(natural_less("1.2", "1.2"));
}

TEST(natural_order, is_an_order) {
  const std::string letters = "0019.a\xC3";
  std::mt19937 random(7);
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i) {
    std::string text;
    for (auto length = random() % 5; length > 0; --length) text += letters[random() % letters.size()];
    texts.push_back(text);
  }
  for (const auto& one : texts) {
    for (const auto& other : texts) {
      if (one != other) { EXPECT_NE(natural_less(one, other), natural_less(other, one)) << one << " and " << other; }
      for (const auto& third : texts) {
        if (natural_less(one, other) && natural_less(other, third)) { EXPECT_TRUE(natural_less(one, third)); }
      }
    }
  }
}

}  // namespace
}  // namespace ingot::natural_order_test
