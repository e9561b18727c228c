#include "reconciler/options/help.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/command/golden.hpp"

namespace ingot::help_test {
namespace {

using testing::HasSubstr;

TEST(help, every_page_is_what_it_was) {
  std::string all = options::help_page("");
  for (const auto& command : options::command_names()) all += "\n==== " + command + "\n" + options::help_page(command);
  testing_support::expect_golden("help.txt", all);
}

TEST(help, every_page_begins_with_its_usage_and_then_an_example) {
  for (const auto& command : options::command_names()) {
    const std::string page = options::help_page(command);
    EXPECT_THAT(page, testing::StartsWith("Usage: ingot " + command));
    const auto example = page.find("\n  ");
    ASSERT_NE(example, std::string::npos) << command;
    EXPECT_THAT(page.substr(example, page.find('\n', example + 1) - example), HasSubstr("ingot")) << "an example comes first";
    EXPECT_THAT(page, HasSubstr("--lock-timeout"));
  }
}

TEST(help, no_line_is_wider_than_a_terminal_of_130_columns) {
  for (const auto& command : options::command_names()) {
    std::stringstream lines(options::help_page(command));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 130U) << line;
  }
}

TEST(help, sentences_fit_on_a_terminal_of_80_columns) {
  for (const auto& command : options::command_names()) {
    std::stringstream lines(options::help_page(command));
    bool is_text = false;  // usage and examples are lines to copy
    for (std::string line; std::getline(lines, line);) {
      is_text = is_text || line.empty();
      if (is_text && !line.starts_with("  ")) EXPECT_LE(line.size(), 80U) << line;
      if (is_text && line.starts_with("                            ")) EXPECT_LE(line.size(), 80U) << line;
    }
  }
}

TEST(help, the_overview_names_every_command) {
  EXPECT_LE(options::help_page("").find('\n'), 80U);
  for (const auto& command : options::command_names()) EXPECT_THAT(options::help_page(""), HasSubstr("  " + command + " "));
}

}  // namespace
}  // namespace ingot::help_test
