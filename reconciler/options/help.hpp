// What --help prints, and the man page, made from the command table: usage, examples, what a command does, its options. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/options/command_table.hpp"

namespace ingot::options {

/// The page of one command; "" gives the overview. Ends with a line break.
std::string help_page(std::string_view command);

/// The man page ingot(1), in scdoc's format.
std::string man_page();

// What both are made of.

/// Options that several forms of a command take alike.
struct OptionGroup {
  std::vector<std::string> verbs;  ///< of these forms; empty: of all
  std::vector<Option> options;
};
std::vector<OptionGroup> option_groups(const CommandEntry& command);
/// "Options", "Options of rotate and revoke"
std::string title_of(const OptionGroup& group);

/// The paragraphs of a text, each without line breaks; a block of lines that begin with two spaces is one, as it stands.
std::vector<std::string> paragraphs_of(std::string_view text);
bool stays_as_it_is(std::string_view paragraph);

}  // namespace ingot::options
