// The part of card.hpp that parse_manifest needs too: a card read beside the other files of a run.
#pragma once

#include <optional>
#include <string_view>

#include "schema/catalog/card.hpp"
#include "schema/manifest/problem_list.hpp"

namespace ingot {

/// `file` is the index of the card's file in `problems`, which get what is wrong.
std::optional<Card> read_card(std::string_view text, std::size_t file, ProblemList& problems);

}  // namespace ingot
