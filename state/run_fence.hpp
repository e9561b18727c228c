// What a run's lock in a database gives the state: each write compares it, so that a run that lost its session records nothing
// more.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace ingot::state {

struct RunFence {
  std::int64_t number = 0;                             ///< grows with each run that takes the lock
  std::shared_ptr<const std::atomic<bool>> lost = {};  ///< whether the session that holds the lock is known to be gone
};

}  // namespace ingot::state
