// Free text of a catalog (a description, a label …): what it may hold, and how to quote it in a message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// Of ASCII, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether why_not_a_text has nothing to say; quick.
bool is_text(std::string_view text, std::size_t longest);
/// What is wrong with `text` as free text, as a clause ("holds a control character"); nullopt if it is valid UTF-8 of
/// at most `longest` bytes without control characters (C0, DEL, C1).
std::optional<std::string> why_not_a_text(std::string_view text, std::size_t longest);

/// `text` in double quotes for a message: control characters, quotes and bytes that are not UTF-8 as \xNN, at most
/// 60 bytes of it, then "…".
std::string excerpt(std::string_view text);

}  // namespace ingot
