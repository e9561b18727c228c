// What the records say of the past years: bytes copied per day and per peer, the growth of the store, failures. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "state/state.hpp"

namespace ingot::history {

/// A day, UTC.
using Day = std::chrono::sys_days;
Day day_of(Time time);

/// Bytes of the packed files of images.
struct Copied {
  std::uint64_t bytes = 0;
  std::uint64_t images = 0;
};

/// The live images at the end of a day.
struct StoreSize {
  Day day;
  std::uint64_t bytes = 0;  ///< of their packed files; images with the same content count once
  std::uint64_t images = 0;
  bool operator==(const StoreSize&) const = default;
};

/// Failures of one kind at one place.
struct FailureGroup {
  std::string where;  ///< a peer's name for its copies, else the address
  Code code = Code::none;
  std::uint64_t count = 0;
  Time first, last;
  Address address;   ///< of the last one
  std::string text;  ///< of the last one
};

/// Runs of one day.
struct RunCounts {
  std::uint64_t runs = 0;
  std::uint64_t with_trouble = 0;  ///< ended with another exit code than 0, or never ended
  std::uint64_t failures = 0;      ///< failed actions
};

struct Usage {
  std::map<Day, std::map<std::string, Copied>> copied;  ///< by day, then peer
  std::vector<StoreSize> sizes;                         ///< ascending; only days on which something changed
  std::map<Day, RunCounts> runs;                        ///< days with a run
  std::vector<FailureGroup> failures;                   ///< the latest first
  std::map<Address, Time> failing;                      ///< what failed and was not done since, with its last failure
  std::uint64_t images = 0;                             ///< live ones
  std::uint64_t undated_removals = 0;                   ///< images whose removal no run recorded: in no size
};

/// Takes the records one at a time, so that years of runs need little memory.
class UsageBuilder {
 public:
  void add(const state::RunRecord& run);
  void add(const state::ActionRecord& action);
  /// `lengths`: of the packed files by digest of the content; an image without one counts with its own size.
  Usage finish(const state::Snapshot& now, const std::unordered_map<Digest, std::uint64_t>& lengths);

 private:
  Usage usage_;
  std::map<std::pair<std::string, Code>, FailureGroup> groups_;
  std::map<Address, std::vector<Time>> removals_;
  std::map<Address, Time> last_failures_;
};

/// The size at the end of `day`; zero before the first.
StoreSize size_at(const std::vector<StoreSize>& sizes, Day day);

/// The growth of the last days, and where it ends.
struct Forecast {
  std::int64_t bytes_a_day = 0;  ///< negative: it shrinks
  std::int64_t days = 0;         ///< so many were measured
  std::optional<Day> full;       ///< when `available` is used up; nullopt: not within 100 years
};
/// Measures at most 90 days, without the first day of the store. nullopt: less than a week is known.
std::optional<Forecast> forecast(const std::vector<StoreSize>& sizes, Day today, std::uint64_t available);

}  // namespace ingot::history
