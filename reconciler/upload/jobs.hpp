// Work side by side, until it is done or something fails.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace ingot::upload {

/// Runs them on up to `parallel` threads, begun in this order. After the first failure none is begun any more; it is rethrown
/// when all are over.
void run_jobs(const std::vector<std::function<void()>>& jobs, std::uint32_t parallel);

}  // namespace ingot::upload
