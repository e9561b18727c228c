// Threads that are joined when they go. One that the system cannot start is an error of this machine, or one less: it never ends
// the process.
#pragma once

#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace ingot::io {

class Threads {
 public:
  Threads() = default;
  ~Threads() { join(); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  /// `work` must not throw. Error{local} with a hint: the system starts no more threads. Those that run go on: whoever started
  /// them tells them to end, then joins.
  void start(std::function<void()> work);
  /// The same for work that fewer threads can do as well: false instead of the error.
  bool try_start(std::function<void()> work);
  /// Waits for all.
  void join();
  bool empty() const { return threads_.empty(); }

 private:
  std::vector<std::thread> threads_;
};

/// For tests: so many more threads can be started; nullopt takes it back.
void pretend_threads_run_out(std::optional<int> after) noexcept;

}  // namespace ingot::io
