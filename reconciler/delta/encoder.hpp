// Makes a delta: the same bytes on every machine and with any number of threads, as long as zstd is of one version.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "reconciler/delta/plan_tasks.hpp"

namespace ingot::delta {

struct EncoderOptions {
  int threads = 1;                       ///< that compare; more than most_threads are not used
  std::function<void()> may_go_on = {};  ///< asked again and again, by the caller's thread; what it throws ends the work
  std::function<void(std::uint64_t done)> progress = {};  ///< bytes of the result, from one other thread
};

/// Each takes about 100 MiB.
inline constexpr int most_threads = 3;

/// Writes the delta to `out`, in order, from one other thread. Both images must be what their digests say: that is not checked.
/// Takes less than 0.7 GiB, whatever their sizes. Gives the length. Throws what the callbacks throw.
std::uint64_t make_delta(const Source& base, const Source& result, const EncoderOptions& options,
                         const std::function<void(std::string_view)>& out);

}  // namespace ingot::delta
