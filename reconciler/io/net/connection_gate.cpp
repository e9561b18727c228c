#include "reconciler/io/net/connection_gate.hpp"

#include <algorithm>
#include <chrono>

#include "reconciler/io/interrupt.hpp"

namespace ingot::io {

namespace {

constexpr int most_failed_in_row = 3;
constexpr std::uint32_t most_at_once = 64;
constexpr std::uint32_t good_for_one_more = 32;  ///< after so many good answers in a row one more request is tried at once

}  // namespace

std::optional<ConnectionGate::Pass> ConnectionGate::enter(const std::function<void()>& may_go_on) {
  std::unique_lock lock(mutex_);
  while (given_up_.empty() && (active_ >= limit_ || resting_ > 0)) {
    changed_.wait_for(lock, std::chrono::milliseconds(100));
    lock.unlock();
    throw_if_interrupted();
    if (may_go_on) may_go_on();
    lock.lock();
  }
  if (!given_up_.empty()) return std::nullopt;
  return Pass{.burst = burst_, .alone = active_++ == 0, .good = good_};
}

ConnectionGate::Advice ConnectionGate::leave(const Pass& pass, const End& end) {
  const std::scoped_lock lock(mutex_);
  --active_;
  changed_.notify_all();
  if (end.trouble != Trouble::none) return after_failure(pass, end);
  ++good_;
  failed_in_row_ = 0;
  failed_path_.clear();
  if (++good_in_row_ >= good_for_one_more) {
    good_in_row_ = 0;
    limit_ = std::min(limit_ + 1, most_at_once);
  }
  return Advice::again;
}

/// Those that are still under way are what the server takes, until it shows that it takes less.
ConnectionGate::Advice ConnectionGate::after_failure(const Pass& pass, const End& end) {
  good_in_row_ = 0;
  const bool same_answer = end.trouble == Trouble::path && end.path == failed_path_;
  failed_path_ = end.path;
  if (end.trouble == Trouble::server) limit_ = std::clamp(active_, 1U, limit_);
  if (pass.burst == burst_ && !same_answer) {
    ++burst_;
    ++failed_in_row_;
  }
  const bool too_often = failed_in_row_ >= most_failed_in_row;
  if (too_often) limit_ = 1;
  const bool alone = pass.alone && active_ == 0;
  const bool serves_nobody = active_ == 0 && pass.good == good_;
  if ((too_often && alone) || (end.for_long && serves_nobody)) {
    given_up_ = end.why;
    return Advice::leave;
  }
  return alone || end.trouble == Trouble::path ? Advice::failed : Advice::again;
}

std::string ConnectionGate::given_up() const {
  const std::scoped_lock lock(mutex_);
  return given_up_;
}

ConnectionGate::Rest::Rest(ConnectionGate& gate) : gate_(gate) {
  const std::scoped_lock lock(gate_.mutex_);
  ++gate_.resting_;
}

ConnectionGate::Rest::~Rest() {
  const std::scoped_lock lock(gate_.mutex_);
  --gate_.resting_;
  gate_.changed_.notify_all();
}

}  // namespace ingot::io
