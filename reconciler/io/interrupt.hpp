// SIGINT, SIGTERM and SIGHUP as a question that long work asks. A second signal ends the process at once.
#pragma once

#include <chrono>
#include <functional>

#include "reconciler/io/clock.hpp"

namespace ingot::io {

/// Installs the handlers; once, in main. SIGHUP counts as SIGTERM unless it was ignored before, as nohup has it. SIGPIPE and
/// SIGXFSZ become errors of the call.
void catch_signals();

/// 0, or the first SIGINT, SIGTERM or SIGHUP that came.
int interrupted() noexcept;

/// Throws Error{interrupted or terminated} if a signal came.
void throw_if_interrupted();

/// Sleeps in slices of at most a tenth of a second; throws as throw_if_interrupted does, and what `may_go_on` throws, which is
/// asked before each.
void sleep_unless_interrupted(Clock& clock, std::chrono::milliseconds duration, const std::function<void()>& may_go_on = {});

/// For tests: as if the signal had come; 0 takes it back.
void pretend_interrupted(int signal) noexcept;

}  // namespace ingot::io
