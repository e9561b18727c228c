#include "reconciler/io/interrupt.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>

#include <unistd.h>

#include "schema/error.hpp"
#include "schema/exit_code.hpp"

namespace ingot::io {

namespace {

std::atomic<int> first_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

extern "C" void on_signal(int signal) {
  if (first_signal != 0) _exit(signal == SIGINT ? exit_interrupted : exit_terminated);
  first_signal = signal;
}

}  // namespace

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A terminal that hangs up stops a run as SIGTERM does; who asked for it to be ignored (nohup) is heard.
  struct sigaction before {};
  if (sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  // Ignored by who started us, it would take away how our own children end.
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  sigaction(SIGXFSZ, &action, nullptr);
}

int interrupted() noexcept { return first_signal; }

void throw_if_interrupted() {
  const int signal = first_signal;
  if (signal == 0) return;
  if (signal != SIGINT)
    throw Error(Fault::terminated, signal == SIGHUP ? "stopped by SIGHUP: the terminal hung up" : "stopped by SIGTERM",
                "run it again: it goes on where it stopped");
  throw Error(Fault::interrupted, "interrupted", "run it again: it goes on where it stopped");
}

void sleep_unless_interrupted(Clock& clock, std::chrono::milliseconds duration, const std::function<void()>& may_go_on) {
  constexpr std::chrono::milliseconds slice{100};
  throw_if_interrupted();
  while (duration.count() > 0) {
    if (may_go_on) may_go_on();
    const auto part = std::min(duration, slice);
    clock.sleep_for(part);
    throw_if_interrupted();
    duration -= part;
  }
}

void pretend_interrupted(int signal) noexcept { first_signal = signal; }

}  // namespace ingot::io
