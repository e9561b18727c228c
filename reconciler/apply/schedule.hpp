// Which copy runs next, and over how many connections: a pool of workers that begins copies in the plan's order, within
// the limits of the run and of each peer. Knows nothing of what a copy does.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schema/digest.hpp"
#include "schema/names.hpp"

namespace ingot::apply {

/// A copy that waits for its turn.
struct CopyTask {
  std::size_t action = 0;  ///< its place in the plan
  ServerName peer;
  Digest digest;                    ///< of its bytes: the same bytes are never fetched twice at a time
  std::optional<Digest> base = {};  ///< that it is made of: if another task brings these bytes, that one is over first
  std::uint64_t segments = 1;       ///< more connections than these are of no use
  std::uint32_t streams = 64;       ///< at most so many connections for it
  bool operator==(const CopyTask&) const = default;
};

/// A copy whose turn has come.
struct Turn {
  CopyTask task;
  std::uint32_t connections = 1;
  bool operator==(const Turn&) const = default;
};

/// Hands out turns. While copies of other peers wait, one peer has at most half of all connections (at least one), so that one
/// that hangs does not stop the others. Not thread-safe.
class Turns {
 public:
  /// `tasks` in the plan's order; `parallel` ≥ 1 connections in all; `of_peer`: at most so many of one peer.
  Turns(std::vector<CopyTask> tasks, std::uint32_t parallel, std::map<ServerName, std::uint32_t> of_peer);

  bool all_begun() const { return count_ == 0; }
  /// The first waiting task, in the plan's order, that may begin now; nullopt: none may until one is over.
  std::optional<Turn> next();
  void over(const Turn& turn);

 private:
  using Queue = std::deque<CopyTask>;

  bool others_wait(const ServerName& peer) const;
  std::uint32_t free_for(const ServerName& peer) const;
  std::uint32_t connections_for(const CopyTask& task) const;
  bool may_begin(const CopyTask& task) const;

  std::map<ServerName, Queue> waiting_;  ///< by peer, so that a peer at its limit costs nothing
  std::uint64_t count_ = 0;              ///< of all that wait
  std::uint32_t all_;
  std::uint32_t free_;
  std::map<ServerName, std::uint32_t> of_peer_;
  std::map<ServerName, std::uint32_t> used_of_peer_;
  std::set<Digest> under_way_;
  std::multiset<Digest> to_come_;  ///< bytes of all that wait or are under way
};

/// Runs `copy` for every turn on up to `parallel` threads; returns when all are over. `copy` must not throw.
void run_turns(Turns turns, std::uint32_t parallel, const std::function<void(const Turn&)>& copy);

}  // namespace ingot::apply
