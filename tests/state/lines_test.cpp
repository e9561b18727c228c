#include "state/lines.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "state/image_table.hpp"
#include "state/shown_states.hpp"

namespace ingot::lines_test {
namespace {

RC_GTEST_PROP(lines, reads_back_what_it_writes, (const std::vector<std::string>& items)) {
  RC_ASSERT(state::parse_lines(state::write_lines(items)) == items);
}

RC_GTEST_PROP(lines, never_takes_what_it_could_not_have_written, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element('a', '\\', 'n', '\n'));
  const auto items = state::parse_lines(text);
  if (items) RC_ASSERT(state::write_lines(*items) == text);
}

RC_GTEST_PROP(lines, keeps_labels, (const std::map<std::string, std::string>& labels)) {
  RC_ASSERT(state::parse_labels(state::write_labels(labels)) == labels);
}

RC_GTEST_PROP(shown_states, reads_back_what_it_writes, ()) {
  using enum ImageState;
  std::vector<StateSince> past;
  for (const auto state :
       *rc::gen::container<std::vector<ImageState>>(rc::gen::element(testable, restricted, published, withdrawn))) {
    past.push_back({state, past.size() * 1'000'000'000'000U});
  }
  RC_ASSERT(state::parse_past_states(state::write_past_states(past)) == past);
}

TEST(shown_states, refuses_texts_that_are_none) {
  for (const char* const bad : {"PUBLISHED\n", "PUBLISHED\nx\n", "PUBLISHED\n1", "FINE\n1\n", "PUBLISHED\n-1\n",
                                "PUBLISHED\n1x\n", "PUBLISHED\n99999999999999999999\n"}) {
    EXPECT_EQ(state::parse_past_states(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace ingot::lines_test
