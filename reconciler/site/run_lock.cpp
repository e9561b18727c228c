#include "reconciler/site/run_lock.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/site/place.hpp"
#include "schema/text/url.hpp"
#include "state/engine/database_lock.hpp"

namespace ingot::site {

/// A lock whose session a thread keeps alive.
class RunLock::InDatabase {
 public:
  explicit InDatabase(state::DatabaseLock lock) : lock_(std::move(lock)) {
    thread_.start([this] { keep_alive(); });
  }
  InDatabase(const InDatabase&) = delete;
  InDatabase& operator=(const InDatabase&) = delete;
  ~InDatabase() {
    {
      const std::scoped_lock guard(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  state::RunFence fence() const { return lock_.fence(); }

 private:
  void keep_alive() {
    std::unique_lock guard(mutex_);
    while (!wake_.wait_for(guard, state::DatabaseLock::between_signs, [this] { return ended_; })) {
      guard.unlock();
      if (!lock_.still_held()) return;
      guard.lock();
    }
  }

  state::DatabaseLock lock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  io::Threads thread_;
};

namespace {

constexpr std::chrono::milliseconds between_tries{500};

state::DatabaseLock take_in_database(const ServerSection& server, const std::string& who, const console::Session& session) {
  const state::Place place = place_of(server);
  const auto deadline = session.clock.steady() + session.flags.lock_timeout;
  for (;;) {
    if (auto taken = state::DatabaseLock::try_take(place, who)) return *std::move(taken);
    if (session.clock.steady() >= deadline) {
      const std::string holder = state::DatabaseLock::holder(place).value_or("");
      throw Error(Fault::busy,
                  fmt::format("another run holds the state \"{}\": {}", io::printable(server.state),
                              holder.empty() ? "a run that did not say who it is" : io::printable(holder)),
                  "wait until it is done, or use --lock-timeout; the lock is free within 15 s of the end of that machine")
          .about(server.state);
    }
    io::sleep_unless_interrupted(session.clock, between_tries);
  }
}

}  // namespace

RunLock::RunLock(io::RunLock lock) : lock_(std::move(lock)) {}
RunLock::RunLock(std::unique_ptr<InDatabase> lock) : lock_(std::move(lock)) {}
RunLock::RunLock(RunLock&&) noexcept = default;
RunLock& RunLock::operator=(RunLock&&) noexcept = default;
RunLock::~RunLock() = default;

RunLock RunLock::take(const ServerSection& server, const std::string& who, const console::Session& session) {
  if (!is_database_url(server.state))
    return RunLock(io::RunLock::take(lock_path(server), who, session.flags.lock_timeout, session.clock));
  return RunLock(std::make_unique<InDatabase>(take_in_database(server, who, session)));
}

std::optional<state::RunFence> RunLock::fence() const {
  const auto* const in_database = std::get_if<std::unique_ptr<InDatabase>>(&lock_);
  return in_database == nullptr ? std::nullopt : std::optional((*in_database)->fence());
}

std::optional<std::string> run_lock_holder(const ServerSection& server) {
  return is_database_url(server.state) ? state::DatabaseLock::holder(place_of(server)) : io::RunLock::holder(lock_path(server));
}

}  // namespace ingot::site
