#include "reconciler/apply/bounds.hpp"

namespace ingot::apply {
namespace {

Skipped past_the_deadline() { return {.why = "deferred: the deadline of this run is over", .deferred = true}; }

bool fetches(const plan::Action& action) {
  const plan::Transfer* transfer = plan::transfer_of(action);
  return transfer != nullptr && transfer->bytes > 0;
}

/// Also of an image of this server, and of a copy by its own entry.
bool withdraws(const plan::Action& action) {
  const auto is_withdrawn = [](const auto* change) { return change != nullptr && change->row.state == ImageState::withdrawn; };
  return std::holds_alternative<plan::WithdrawCopy>(action) || is_withdrawn(std::get_if<plan::UpdateImage>(&action)) ||
         is_withdrawn(std::get_if<plan::UpdateCopy>(&action));
}

/// The withdrawals of a plan, and what has to be done before them.
std::set<Address> urgent_in(const plan::Plan& plan) {
  std::set<Address> urgent;
  for (auto change = plan.actions.rbegin(); change != plan.actions.rend(); ++change) {  // what others wait for stands before them
    if (withdraws(change->action)) urgent.insert(change->address);
    if (urgent.contains(change->address)) urgent.insert(change->after.begin(), change->after.end());
  }
  return urgent;
}

}  // namespace

Bounds::Bounds(const plan::Plan& plan, io::Clock& clock, const Manifest& manifest, Deadline deadline)
    : clock_(clock), manifest_(manifest), deadline_(deadline), urgent_(urgent_in(plan)) {}

std::optional<Skipped> Bounds::forbid(const plan::Change& change) const {
  if (is_over() && !std::holds_alternative<plan::Publish>(change.action) && !urgent_.contains(change.address))
    return past_the_deadline();
  if (!fetches(change.action)) return std::nullopt;
  const std::vector<Window>& windows = windows_of(*plan::source_of(change.action), manifest_);
  if (windows.empty()) return std::nullopt;
  const MinuteOfWeek now = clock_.local_minute(clock_.now());
  if (is_open(windows, now)) return std::nullopt;
  return Skipped{.why = "deferred: " + why_closed(windows, now), .deferred = true};
}

void Bounds::throw_if_over() const {
  if (is_over())
    throw Error(Fault::interrupted, "the deadline of this run is over", "the bytes fetched so far are kept for the next run")
        .with_code(Code::deadline);
}

std::optional<Skipped> deferral(const Error& error) {
  return error.code() == Code::deadline ? std::optional(past_the_deadline()) : std::nullopt;
}

}  // namespace ingot::apply
