// What is remembered of deltas, and which of them a catalog lists.
#include <gtest/gtest.h>

#include "tests/state/state_fixture.hpp"

namespace ingot::deltas_test {
namespace {

state::DeltaRow row_of(const std::string& image, const std::string& base, std::uint64_t length) {
  state::DeltaRow row{.image = digest_of(image), .base = digest_of(base), .base_size = 7, .file = std::nullopt};
  if (length > 0) row.file = Piece{.digest = digest_of(base + " to " + image), .length = length};
  return row;
}

class deltas : public StateTest {
 protected:
  void put(const state::DeltaRow& row) { record({state::PutDelta{row}}); }
  std::vector<DeltaRef> listed(const std::string& image) const { return find_entry(catalog_of(state, false), image)->deltas; }
};

TEST_F(deltas, are_known_by_what_they_make_and_start_from) {
  put(row_of("b", "a", 5));
  put(row_of("b", "a", 6));
  put(row_of("c", "a", 0));
  auto rows = state.snapshot().deltas;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows, state.deltas());
  EXPECT_NE(std::find(rows.begin(), rows.end(), row_of("b", "a", 6)), rows.end());
  EXPECT_NE(std::find(rows.begin(), rows.end(), row_of("c", "a", 0)), rows.end());
  record({state::DropDelta{.image = digest_of("b"), .base = digest_of("a")}});
  EXPECT_EQ(state.deltas(), std::vector{row_of("c", "a", 0)});
}

TEST_F(deltas, are_listed_from_images_that_the_catalog_lists_the_shortest_first) {
  auto hidden = own_row("hidden");
  hidden.is_private = true;
  for (const char* name : {"a", "b", "c"}) add(own_row(name));
  add(hidden);
  publish();
  put(row_of("c", "a", 50));
  put(row_of("c", "b", 40));
  put(row_of("c", "hidden", 1));
  put(row_of("c", "unknown", 2));
  put(row_of("b", "a", 0));
  EXPECT_TRUE(state.content_pending(false));
  const auto of_c = listed("c");
  ASSERT_EQ(of_c.size(), 2U);
  EXPECT_EQ(of_c[0], (DeltaRef{.base = digest_of("b"), .base_size = 7, .file = {digest_of("b to c"), 40}}));
  EXPECT_EQ(of_c[1].file.length, 50U);
  EXPECT_TRUE(listed("b").empty()) << "it was not kept";
  record({state::DropImage{.key = image("b").key}});
  EXPECT_EQ(listed("c").size(), 1U) << "its base is gone";
}

TEST_F(deltas, of_one_image_are_eight_at_most) {
  add(own_row("image"));
  for (int i = 0; i < 12; ++i) {
    add(own_row("base" + std::to_string(i)));
    put(row_of("image", "base" + std::to_string(i), 100 - static_cast<std::uint64_t>(i)));
  }
  publish();
  const auto shown = listed("image");
  ASSERT_EQ(shown.size(), most_deltas);
  EXPECT_EQ(shown.front().file.length, 89U);
  EXPECT_EQ(shown.back().file.length, 96U);
}

TEST_F(deltas, that_are_not_kept_publish_nothing) {
  add(own_row("a"));
  add(own_row("b"));
  publish();
  put(row_of("b", "a", 0));
  EXPECT_FALSE(state.content_pending(false));
  record({state::DropDelta{.image = digest_of("b"), .base = digest_of("a")}});
  EXPECT_FALSE(state.content_pending(false));
  put(row_of("b", "a", 3));
  publish();
  record({state::DropDelta{.image = digest_of("b"), .base = digest_of("a")}});
  EXPECT_TRUE(state.content_pending(false)) << "the catalog lists it still";
}

}  // namespace
}  // namespace ingot::deltas_test
