// One run that applies, by whichever command it was asked for.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "reconciler/console/session.hpp"
#include "reconciler/options/arguments.hpp"

namespace ingot::command {

/// How a command applies.
struct ApplyMode {
  std::string command = "apply";  ///< for the history
  bool quiet_when_idle = false;   ///< a plan that has nothing to do and nothing to tell is not shown
  std::optional<std::chrono::steady_clock::time_point> deadline = {};  ///< by the session's clock
};

/// Plans, shows, asks if it must, applies, accounts; gives the exit code. Throws for what ends it early.
int run_apply(const options::ApplyArguments& arguments, const ApplyMode& manner, const console::Session& session);

}  // namespace ingot::command
