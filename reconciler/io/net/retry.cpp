#include "reconciler/io/net/retry.hpp"

#include <algorithm>
#include <cmath>

namespace ingot::io {

using std::chrono::milliseconds;

milliseconds wait_before_retry(const RetryRules& rules, int failures, std::optional<Seconds> retry_after, double jitter) {
  const auto longest = static_cast<double>(rules.longest_wait.count());
  if (retry_after && retry_after->count() > 0) {
    return milliseconds(static_cast<milliseconds::rep>(std::min(static_cast<double>(retry_after->count()) * 1000, longest)));
  }
  const double wait = static_cast<double>(rules.first_wait.count()) * std::ldexp(1.0, failures - 1) * (0.5 + jitter);
  return milliseconds(static_cast<milliseconds::rep>(std::min(wait, longest)));
}

}  // namespace ingot::io
