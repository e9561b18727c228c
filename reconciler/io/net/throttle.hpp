// The whole run's bandwidth, shared by all workers (a token bucket).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "reconciler/io/clock.hpp"

namespace ingot::io {

class Throttle {
 public:
  /// nullopt: no limit. Bytes per second.
  Throttle(Clock& clock, std::optional<std::uint64_t> rate);
  ~Throttle();
  /// Waits until `bytes` more may pass. Throws Error{interrupted or terminated}, or what `may_go_on` throws, within a tenth of a
  /// second.
  void take(std::uint64_t bytes, const std::function<void()>& may_go_on = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::io
