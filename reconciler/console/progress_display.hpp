// Draws the progress of an apply: bars on a terminal (at most ten times a second), elsewhere a line per finished action and a
// heartbeat every 30 s; or nothing. Everything goes to standard error. Its thread ends with it.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "reconciler/apply/events.hpp"
#include "reconciler/io/clock.hpp"
#include "reconciler/io/terminal.hpp"
#include "reconciler/show/run/progress.hpp"

namespace ingot::console {

enum class Display { bars, lines, failures_only };

class ProgressDisplay final : public apply::Events {
 public:
  ProgressDisplay(io::Terminal& terminal, io::Clock& clock, Display display, show::Style style);
  ~ProgressDisplay() override;  ///< takes the bars away
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void begin(const plan::Plan& plan) override;
  void start(const plan::Change& change) override;
  void progress(const apply::ActionProgress& progress) override;
  void end(const plan::Change& change, const apply::ActionResult& result) override;
  void note(const std::string& text) override;

 private:
  void run(const std::stop_token& stop);
  // With the mutex held.
  void say(const std::string& line, io::Priority priority = io::Priority::info);
  void draw();
  void erase();

  io::Terminal& terminal_;
  io::Clock& clock_;
  const Display display_;
  const show::Style style_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  show::ProgressState state_;
  std::size_t drawn_ = 0;  ///< lines of bars on the screen
  std::jthread thread_;    ///< last: it uses all of the above
};

/// The JSON Lines of `apply --json` on standard output, each written at once; progress at most once a second per action.
class JsonEvents final : public apply::Events {
 public:
  JsonEvents(io::Terminal& terminal, io::Clock& clock, std::string run, const Digest& plan_id);
  void begin(const plan::Plan& plan) override;
  void start(const plan::Change& change) override;
  void progress(const apply::ActionProgress& progress) override;
  void end(const plan::Change& change, const apply::ActionResult& result) override;
  void note(const std::string& text) override;

 private:
  io::Terminal& terminal_;
  io::Clock& clock_;
  std::string run_;
  Digest plan_id_;
  std::mutex mutex_;
  std::map<std::string, show::SteadyTime> last_progress_;  ///< by address
};

}  // namespace ingot::console
