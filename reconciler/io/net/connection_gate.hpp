// How many requests a server takes at once, learnt from its answers, and when it is to be left alone. Shared by all requests to
// one URL; thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace ingot::io {

class ConnectionGate {
 public:
  /// A request under way.
  struct Pass {
    std::uint64_t burst = 0;  ///< failures of requests that ran side by side count once
    bool alone = false;       ///< no other was under way when it began
    std::uint64_t good = 0;   ///< good answers before it
  };

  /// What a request that did not work says of the server.
  enum class Trouble {
    none,
    path,    ///< an answer about this path: another path may do better
    server,  ///< no connection, a stall, "try later"
  };

  /// How a request ended.
  struct End {
    Trouble trouble = Trouble::none;
    std::string path = {};
    std::string why = {};   ///< a clause
    bool for_long = false;  ///< the server asks to wait for longer than a run can
  };

  /// What to do after a failure.
  enum class Advice {
    again,   ///< others were under way: fewer are let in from now on
    failed,  ///< it ran alone, so this is a failure
    leave,   ///< three failures in a row, the last of one alone; or it asks to wait for long and serves nobody else meanwhile:
             ///< nothing more is asked of this server
  };

  /// Waits until one more request may begin; nullopt: the server is left. Throws as throw_if_interrupted does, and what
  /// `may_go_on` throws.
  std::optional<Pass> enter(const std::function<void()>& may_go_on);
  /// For every pass, whatever happened; gives the advice after a failure.
  Advice leave(const Pass& pass, const End& end);
  /// While it is held nobody enters: the server asked to wait.
  class Rest {
   public:
    explicit Rest(ConnectionGate& gate);
    ~Rest();
    Rest(const Rest&) = delete;
    Rest& operator=(const Rest&) = delete;

   private:
    ConnectionGate& gate_;
  };

  /// Why nothing more is asked of this server, as its last failure said; "" while it is asked.
  std::string given_up() const;

 private:
  Advice after_failure(const Pass& pass, const End& end);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint32_t limit_ = 64;  ///< what the manifest allows is less
  std::uint32_t active_ = 0;
  std::uint32_t resting_ = 0;
  std::uint64_t good_ = 0;
  std::uint32_t good_in_row_ = 0;
  int failed_in_row_ = 0;
  std::uint64_t burst_ = 0;
  std::string failed_path_;  ///< of the last failure
  std::string given_up_;
};

}  // namespace ingot::io
