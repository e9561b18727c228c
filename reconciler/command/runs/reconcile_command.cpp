// What a timer runs: an apply that asks nobody, says nothing when there is nothing to say, and ends in time.
#include "reconciler/apply/publish/fresh_ids.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/runs/apply_run.hpp"
#include "reconciler/io/interrupt.hpp"

namespace ingot::command {

namespace {

/// Up to so long, so that machines with one timer don't ask their peers in the same second.
void wait_at_random(Seconds most, const console::Session& session) {
  if (most.count() == 0) return;
  const std::chrono::milliseconds longest(most);
  io::sleep_unless_interrupted(session.clock, std::chrono::milliseconds(static_cast<std::int64_t>(
                                                  apply::random_bits() % static_cast<std::uint64_t>(longest.count() + 1))));
}

}  // namespace

int run_command(const options::ReconcileArguments& arguments, const console::Session& session) {
  ApplyMode manner{.command = "reconcile", .quiet_when_idle = true};
  if (arguments.deadline) manner.deadline = session.clock.steady() + *arguments.deadline;
  wait_at_random(arguments.jitter, session);
  options::ApplyArguments apply{.options = {}, .yes = !arguments.approved, .metrics = arguments.metrics};
  apply.options.approved = arguments.approved;
  return run_apply(apply, manner, session);
}

}  // namespace ingot::command
