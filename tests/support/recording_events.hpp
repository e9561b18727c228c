// Events that a test reads afterwards.
#pragma once

#include <csignal>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/io/interrupt.hpp"
#include "schema/overloaded.hpp"

namespace ingot::testing_support {

/// Writes down what it is told: "start copy.oslo.db", "done copy.oslo.db", "failed image.x io: …", "skipped …", "note …".
class RecordingEvents final : public apply::Events {
 public:
  void begin(const plan::Plan& plan) override { add("begin " + std::to_string(plan.actions.size())); }
  void start(const plan::Change& change) override { add("start " + change.address.text); }
  void progress(const apply::ActionProgress& progress) override {
    const std::lock_guard lock(mutex_);
    progress_[progress.address.text] = progress;
  }
  void end(const plan::Change& change, const apply::ActionResult& result) override {
    add(std::visit(Overloaded{[&](const Done&) { return "done " + change.address.text; },
                              [&](const Failed& it) {
                                return "failed " + change.address.text + " " + std::string(text_of(it.code)) + ": " + it.text;
                              },
                              [&](const Skipped& it) { return "skipped " + change.address.text + " " + it.why; }},
                   result.outcome));
  }
  void note(const std::string& text) override { add("note " + text); }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::map<std::string, apply::ActionProgress> last_progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }

 private:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::map<std::string, apply::ActionProgress> progress_;
};

/// As a user who presses Ctrl-C when action number `at` begins (from 0).
struct InterruptingEvents final : apply::Events {
  std::size_t at = 0;
  std::size_t begun = 0;
  void begin(const plan::Plan&) override {}
  void start(const plan::Change&) override {
    if (begun++ == at) io::pretend_interrupted(SIGINT);
  }
  void progress(const apply::ActionProgress&) override {}
  void end(const plan::Change&, const apply::ActionResult&) override {}
  void note(const std::string&) override {}
};

}  // namespace ingot::testing_support
