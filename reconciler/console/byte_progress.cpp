#include "reconciler/console/byte_progress.hpp"

namespace ingot::console {

namespace {
constexpr std::chrono::milliseconds between_lines{100};
}

ByteProgress::ByteProgress(const Session& session, std::string what, std::uint64_t total)
    : session_(session), what_(std::move(what)), total_(total), begun_(session.clock.steady()), drawn_at_(begun_) {}

ByteProgress::~ByteProgress() {
  if (drawn_) session_.terminal.error("\r\033[K");
}

void ByteProgress::add(std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  done_ += bytes;
  const show::SteadyTime now = session_.clock.steady();
  if (!session_.may_draw() || now - drawn_at_ < between_lines) return;
  drawn_at_ = now;
  drawn_ = true;
  session_.terminal.error("\r" + show::byte_line(what_, done_, total_, now - begun_, session_.terminal.width() - 1) + "\033[K");
}

}  // namespace ingot::console
