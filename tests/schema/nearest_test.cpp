#include "schema/text/nearest.hpp"

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

TEST(nearest, leaves_out_what_the_caller_names) {
  NearWords words({"db19", "db18"});
  EXPECT_EQ(words.nearest("db19"), "db19");
  EXPECT_EQ(words.nearest("db19", {"db19"}), "db18");
}

TEST(nearest, any_number_of_questions_costs_a_bounded_time) {
  std::vector<std::string> many;
  for (int i = 0; i < 10'000; ++i) many.push_back("a-name-of-usual-length-" + std::to_string(i));
  NearWords words(many);
  EXPECT_EQ(words.nearest("a-name-of-usual-lenght-17"), "a-name-of-usual-length-17");
  std::size_t answered = 0;
  for (int i = 0; i < 10'000; ++i) answered += words.nearest("A-name-of-usual-lenght-" + std::to_string(i)) ? 1U : 0U;
  EXPECT_GT(answered, 0U);
  EXPECT_LT(answered, 10'000U) << "it gives up, rather than to take minutes";
}

}  // namespace
}  // namespace ingot::nearest_test
