#include "reconciler/upload/jobs.hpp"

#include <algorithm>
#include <exception>
#include <mutex>

#include "reconciler/io/threads.hpp"

namespace ingot::upload {

void run_jobs(const std::vector<std::function<void()>>& jobs, std::uint32_t parallel) {
  std::mutex mutex;
  std::size_t next = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    while (true) {
      std::size_t mine = 0;
      {
        const std::lock_guard lock(mutex);
        if (failure || next == jobs.size()) return;
        mine = next++;
      }
      try {
        jobs[mine]();
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  };
  const std::size_t count = std::min<std::size_t>(std::max(1U, parallel), jobs.size());
  {
    io::Threads threads;
    for (std::size_t i = 1; i < count; ++i) {
      if (!threads.try_start(work)) break;
    }
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace ingot::upload
