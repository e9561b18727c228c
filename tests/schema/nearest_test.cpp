#include "schema/nearest.hpp"

#include <gtest/gtest.h>

namespace ingot::nearest_test {
namespace {

TEST(nearest, finds_the_misspelt_word) {
  const std::vector<std::string> words{"bandwidth", "parallel", "name", "labels", "state"};
  EXPECT_EQ(nearest("bandwith", words), "bandwidth");
  EXPECT_EQ(nearest("nmae", words), "name") << "neighbours swapped are one edit";
  EXPECT_EQ(nearest("lable", words), "labels");
  EXPECT_EQ(nearest("STATE", words), "state") << "case does not count";
  EXPECT_EQ(nearest("state", words), "state");
}

TEST(nearest, finds_nothing_where_nothing_is_near) {
  EXPECT_EQ(nearest("colour", {"name", "url"}), std::nullopt);
  EXPECT_EQ(nearest("", {"name"}), std::nullopt);
  EXPECT_EQ(nearest("name", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(1'000'000, 'x'), {"name"}), std::nullopt);
}

TEST(nearest, takes_the_first_of_equals) { EXPECT_EQ(nearest("db18", {"db19", "db17"}), "db19"); }

TEST(nearest, looks_at_ten_thousand_candidates_at_most) {
  std::vector<std::string> many(10'000, "entirely-different");
  many.push_back("name");
  EXPECT_EQ(nearest("name", many), std::nullopt);
}

}  // namespace
}  // namespace ingot::nearest_test
