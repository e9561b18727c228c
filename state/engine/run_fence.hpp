// What a run's lock in a database gives the state: each write compares it, so that a run that lost its session records nothing
// more.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

namespace ingot::state {

/// Whether the session that holds the lock is known to be gone. Shared by the lock, which learns it, and the state.
class LostRun {
 public:
  bool is_lost() const;
  /// From now on it is, and who waits for an answer by that socket waits no more: its network may be frozen too.
  void lose();
  /// The socket of the state; -1: it is closed.
  void watch(int socket);

 private:
  mutable std::mutex mutex_;
  bool lost_ = false;
  int socket_ = -1;
};

struct RunFence {
  std::int64_t number = 0;             ///< grows with each run that takes the lock
  std::int64_t session = 0;            ///< the number of the process that holds the lock for this run
  std::shared_ptr<LostRun> lost = {};  ///< never null in a fence that a lock gave
};

}  // namespace ingot::state
