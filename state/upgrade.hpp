// Brings an older state to the newest format: a backup beside it, then every step in one transaction.
#pragma once

#include <string>
#include <vector>

#include "state/engine/database.hpp"

namespace ingot::state {

/// The text that brings a state from format `to - 1` to format `to`.
struct Upgrade {
  int to = 0;
  const char* sql = nullptr;
};
using Upgrades = std::vector<Upgrade>;

/// The format that tables.sql makes when there are no upgrades.
inline constexpr int first_format = 1;

/// All upgrades of the product, in order (upgrades/README.md).
const Upgrades& product_upgrades();
/// The format after all of them.
int newest_format(const Upgrades& upgrades);

/// Throws Error{manifest} if the database is no state of ingot ("foreign-state"), or of a newer ingot than one that knows
/// `upgrades` ("newer-state").
/// Gives its format.
int recognise(Database& database, const Upgrades& upgrades);

/// Where the backup of a state of format `format` is put.
std::string backup_path(const std::string& path, int format);

/// Does what is missing of `upgrades`; nothing is written if nothing is. Error{local}: then the state is as it was.
void upgrade(Database& database, const Upgrades& upgrades);
/// The same for a copy in memory (SqliteEngine::become_copy), of which no backup is made.
void upgrade_copy(Database& copy, const Upgrades& upgrades);

}  // namespace ingot::state
