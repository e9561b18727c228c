#include "schema/manifest/read_guard.hpp"

#include <cmath>

#include <fmt/format.h>

namespace ingot {

namespace {

constexpr std::int64_t most_guarded = 1'000'000'000;
constexpr TomlKey git_key{"git", "[\"clean\", \"forward\", \"signed\"]"};

/// A number from 0 to 100, whole or not.
std::optional<double> read_percent_number(TableReader& table, TomlKey key) {
  const TomlValue* found = table.value(key);
  if (found == nullptr) return std::nullopt;
  const auto* whole = std::get_if<std::int64_t>(&found->value);
  const auto* number = std::get_if<double>(&found->value);
  const double value = whole != nullptr ? static_cast<double>(*whole) : number != nullptr ? *number : std::nan("");
  if (value >= 0 && value <= 100) return value;
  table.wrong(key, "must be a number from 0 to 100");
  return std::nullopt;
}

void read_git_guards(TableReader& table, GitGuards& git) {
  table.texts(git_key, [&](const std::string& written, Spot spot) {
    std::optional<At>* const guard = written == "clean"     ? &git.clean
                                     : written == "forward" ? &git.forward
                                     : written == "signed"  ? &git.is_signed
                                                            : nullptr;
    if (guard != nullptr) {
      *guard = table.at_of(git_key.name);
      return;
    }
    const std::string hint = did_you_mean(written, {"clean", "forward", "signed"}, "");
    table.wrong_at(spot, git_key, fmt::format("has an entry {}, which is no guard", quoted(written)), hint);
  });
}

}  // namespace

void read_guard(TableReader& table, Guard& guard) {
  guard.removals_at = table.at_of("removals");
  guard.stops_at = table.at_of("stops");
  guard.withdrawals_at = table.at_of("withdrawals");
  if (auto removals = table.table({"removals", "{ count = 5, percent = 10 }"})) {
    if (const auto count = removals->integer({"count", "5"}, 0, most_guarded))
      guard.removal_count = static_cast<std::uint64_t>(*count);
    if (const auto percent = read_percent_number(*removals, {"percent", "10"})) guard.removal_percent = *percent;
    removals->finish();
  }
  if (const auto stops = table.integer({"stops", "3"}, 0, most_guarded)) guard.stops = static_cast<std::uint64_t>(*stops);
  if (const auto most = table.integer({"withdrawals", "20"}, 0, most_guarded))
    guard.withdrawals = static_cast<std::uint64_t>(*most);
  read_git_guards(table, guard.git);
}

}  // namespace ingot
