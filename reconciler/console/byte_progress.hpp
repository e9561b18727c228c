// One line that says how far a single long work has come, drawn over itself on a terminal. From any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "reconciler/console/session.hpp"
#include "reconciler/show/run/progress.hpp"

namespace ingot::console {

class ByteProgress {
 public:
  /// `what`: "extract db19_24". Draws nothing where the session may not draw.
  ByteProgress(const Session& session, std::string what, std::uint64_t total);
  ~ByteProgress();  ///< takes the line away
  ByteProgress(const ByteProgress&) = delete;
  ByteProgress& operator=(const ByteProgress&) = delete;
  void add(std::uint64_t bytes);

 private:
  const Session& session_;
  const std::string what_;
  const std::uint64_t total_;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
  show::SteadyTime begun_;
  show::SteadyTime drawn_at_;
  bool drawn_ = false;
};

}  // namespace ingot::console
