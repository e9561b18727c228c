// A list of texts as one text: every item ends with a newline; newline and backslash within are escaped. For columns
// that are only ever read whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::state {

std::string write_lines(const std::vector<std::string>& items);
/// nullopt if write_lines never made this.
std::optional<std::vector<std::string>> parse_lines(std::string_view text);

}  // namespace ingot::state
