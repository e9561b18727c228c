// What is running in an apply and how it looks: a pure function of what was told, the time and the width.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

using SteadyTime = std::chrono::steady_clock::time_point;

/// One running action.
struct Running {
  Verb verb = Verb::copy;
  std::uint64_t done = 0;  ///< bytes that are here, checked or not
  std::uint64_t total = 0;
  std::uint64_t fetched = 0;
  std::uint64_t started_with = 0;  ///< bytes that an earlier run had done already: they count for no rate
  bool told = false;               ///< whether it said how far it is
  SteadyTime started;
};

/// Keeps what the events of an apply say.
class ProgressState {
 public:
  /// `actions` will be done, `bytes` of them fetched or read in.
  void begin(std::size_t actions, SteadyTime now);
  void start(const Address& address, Verb verb, std::uint64_t size, SteadyTime now);
  void progress(const apply::ActionProgress& progress);
  void end(const Address& address, const Outcome& outcome);

  std::size_t actions() const { return actions_; }
  std::size_t ended() const { return ended_; }
  std::size_t failed() const { return failed_; }
  const std::map<std::string, Running>& running() const { return running_; }
  SteadyTime begun() const { return begun_; }

 private:
  std::size_t actions_ = 0;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
  SteadyTime begun_;
  std::map<std::string, Running> running_;  ///< by address
};

/// Bytes per second of a running action so far; 0 while it is too early to say.
double rate_of(const Running& running, SteadyTime now);

/// The bars: a line per running action with bytes (at most `most_lines`), then one for the whole run; none is wider than `width`.
std::vector<std::string> progress_lines(const ProgressState& state, SteadyTime now, int width, std::size_t most_lines);

/// The bar of one work: "copy x [====>    ]  40%  1.2 GB of 4.1 GB  210 MB/s  0:14", at most `width` wide.
std::string byte_line(const std::string& what, std::uint64_t done, std::uint64_t total,
                      std::chrono::steady_clock::duration elapsed, int width);

/// One line for a log: "3 of 12 done, 1 failed; copy.fpps-2.db19_25 1.2 GB of 4.1 GB".
std::string heartbeat_line(const ProgressState& state, SteadyTime now);

/// One line for an action that ended: "done copy copy.fpps-2.db19_25, 4.1 GB (212 MB fetched)".
std::string ended_line(const apply::ActionResult& result, const Style& style);

}  // namespace ingot::show
