// A card: the file that introduces a server to its peers. Small TOML, exported by its owner, reviewed, committed to git.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "schema/digest.hpp"
#include "schema/manifest/problem.hpp"
#include "schema/names.hpp"

namespace ingot {

struct Card {
  ServerName name;    ///< what the server calls itself
  std::string url{};  ///< where its store/public is served; ends with "/"
  ServerId id{};      ///< digest of its first root's signed bytes
  bool operator==(const Card&) const = default;
};

/// The largest card, in bytes.
inline constexpr std::size_t largest_card = 64 * 1024;

/// At most `largest_card`. `file` is how the user named it, for the problems.
std::variant<Card, Problems> parse_card(std::string_view text, const std::string& file);
/// The card's text with a comment that says what it is for; parse_card(write_card(c)) == c.
std::string write_card(const Card& card);

}  // namespace ingot
