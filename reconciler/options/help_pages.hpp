// The text of each command's help, in the order of the overview. help_table reads options and topics out of it.
#pragma once

#include <span>
#include <string_view>

namespace ingot::options {

/// What --help prints of one command.
struct Page {
  std::string_view command;
  std::string_view summary;  ///< for the overview
  std::string_view text;
};

std::span<const Page> page_texts();

}  // namespace ingot::options
