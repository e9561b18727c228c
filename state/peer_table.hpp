// Rows of the tables `registration` and `subscription` as values, and the columns that tables have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "state/engine/database.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// Sorted by name.
std::vector<Registration> read_registrations(Database& database, LeftOut* left_out = nullptr);
/// Sorted by peer and selector, stopped ones too.
std::vector<SubscriptionRow> read_subscriptions(Database& database, LeftOut* left_out = nullptr);

/// The next column: a list of lines.
std::vector<std::string> read_lines(Statement& row);
/// The next two columns: follow_peer, follow_series.
std::optional<Follow> read_follow(Statement& row);

}  // namespace ingot::state
