#include "reconciler/io/threads.hpp"

#include <atomic>
#include <system_error>
#include <utility>

#include "schema/error.hpp"

namespace ingot::io {

namespace {

constexpr int without_limit = -1;
std::atomic<int> pretended_rest = without_limit;

bool pretends_to_have_none() noexcept {
  int rest = pretended_rest;
  while (rest > 0 && !pretended_rest.compare_exchange_weak(rest, rest - 1)) {}
  return rest == 0;
}

}  // namespace

bool Threads::try_start(std::function<void()> work) {
  if (pretends_to_have_none()) return false;
  try {
    threads_.emplace_back(std::move(work));
  } catch (const std::system_error&) { return false; }
  return true;
}

void Threads::start(std::function<void()> work) {
  if (try_start(std::move(work))) return;
  throw Error(
      Fault::local, "the system starts no more threads",
      "raise the limit (ulimit -u, TasksMax= of the unit, the pids limit of the container), or lower --parallel, and run it "
      "again");
}

void Threads::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void pretend_threads_run_out(std::optional<int> after) noexcept { pretended_rest = after.value_or(without_limit); }

}  // namespace ingot::io
