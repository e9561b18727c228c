// How long to wait before asking again: exponential back-off with jitter, or what the server asks for, bounded.
#pragma once

#include <chrono>
#include <optional>

#include "schema/text/quantity.hpp"

namespace ingot::io {

struct RetryRules {
  int attempts = 3;                           ///< in all, per URL
  std::chrono::milliseconds first_wait{500};  ///< doubled after each failure
  /// A longer Retry-After is cut to it. What it means when a peer asks for longer: curl_transport, asks_for_too_long.
  std::chrono::milliseconds longest_wait{60'000};
};

/// After `failures` (≥ 1) failed attempts. `jitter`: 0 … 1, random, so that many clients don't come back together.
std::chrono::milliseconds wait_before_retry(const RetryRules& rules, int failures, std::optional<Seconds> retry_after,
                                            double jitter);

}  // namespace ingot::io
