#include "reconciler/apply/bounds.hpp"

namespace ingot {
namespace {

constexpr const char* code_of_deadline = "deadline";

Skipped past_the_deadline() { return {.why = "deferred: the deadline of this run is over", .deferred = true}; }

bool fetches(const Action& action) {
  const Transfer* transfer = transfer_of(action);
  return transfer != nullptr && transfer->bytes > 0;
}

bool waits_for_nothing(const Action& action) { return std::holds_alternative<WithdrawCopy>(action) || std::holds_alternative<Publish>(action); }

}  // namespace

std::optional<Skipped> Bounds::forbid(const Change& change) const {
  if (is_over() && !waits_for_nothing(change.action)) return past_the_deadline();
  if (windows_.empty() || !fetches(change.action)) return std::nullopt;
  const MinuteOfDay now = clock_.local_minute(clock_.now());
  if (is_open(windows_, now)) return std::nullopt;
  return Skipped{.why = "deferred: " + why_closed(windows_, now), .deferred = true};
}

void Bounds::throw_if_over() const {
  if (is_over()) throw Error(Fault::interrupted, "the deadline of this run is over", "what has come is kept for the next run").with_code(code_of_deadline);
}

std::optional<Skipped> deferral(const Error& error) {
  return error.code() == code_of_deadline ? std::optional(past_the_deadline()) : std::nullopt;
}

}  // namespace ingot
