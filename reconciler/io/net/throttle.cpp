#include "reconciler/io/net/throttle.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>

#include "reconciler/io/interrupt.hpp"

namespace ingot::io {

namespace {

using Moment = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds burst{250};  ///< unused time that may be made up for

}  // namespace

struct Throttle::Impl {
  Impl(Clock& the_clock, std::optional<std::uint64_t> the_rate) : clock(the_clock), rate(the_rate), free_at(the_clock.steady()) {}

  Clock& clock;
  std::optional<std::uint64_t> rate;
  std::mutex mutex;
  Moment free_at;  ///< when all that was taken so far has passed
};

Throttle::Throttle(Clock& clock, std::optional<std::uint64_t> rate) : impl_(std::make_unique<Impl>(clock, rate)) {}
Throttle::~Throttle() = default;

void Throttle::take(std::uint64_t bytes, const std::function<void()>& may_go_on) {
  if (!impl_->rate) return;
  const auto rate = static_cast<double>(std::max<std::uint64_t>(*impl_->rate, 1));
  const std::chrono::duration<double> needed(static_cast<double>(bytes) / rate);
  Moment until;
  {
    const std::lock_guard lock(impl_->mutex);
    until = std::max(impl_->free_at, impl_->clock.steady() - burst) + std::chrono::duration_cast<Moment::duration>(needed);
    impl_->free_at = until;
  }
  const auto now = impl_->clock.steady();
  if (now < until) sleep_unless_interrupted(impl_->clock, std::chrono::ceil<milliseconds>(until - now), may_go_on);
}

}  // namespace ingot::io
