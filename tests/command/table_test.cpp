#include "reconciler/show/format/table.hpp"

#include <gtest/gtest.h>

namespace ingot::table_test {
namespace {

TEST(table, aligns_columns_by_characters_and_leaves_no_blanks_at_the_end) {
  show::Table table({{"NAME"}, {"SIZE", show::Align::right}, {"NOTE"}});
  table.row({"é", "1", ""});
  table.row({"longer", "12345", "x"});
  EXPECT_EQ(show::shown([&](show::Output& out) { table.show(out, show::Style(false)); }),
            "NAME     SIZE  NOTE\né           1\nlonger  12345  x\n");
}

TEST(text_width, counts_code_points) {
  EXPECT_EQ(show::text_width("abc"), 3U);
  EXPECT_EQ(show::text_width("Zürich"), 6U);
  EXPECT_EQ(show::text_width(""), 0U);
}

}  // namespace
}  // namespace ingot::table_test
