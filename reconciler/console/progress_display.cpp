#include "reconciler/console/progress_display.hpp"

#include <system_error>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/run/show_account.hpp"

namespace ingot::console {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_draws{100};
constexpr std::chrono::seconds between_heartbeats{30};
constexpr std::chrono::seconds between_json_progress{1};
constexpr std::size_t most_bars = 12;

}  // namespace

ProgressDisplay::ProgressDisplay(io::Terminal& terminal, io::Clock& clock, Display display, show::Style style)
    : terminal_(terminal), clock_(clock), display_(display), style_(style) {
  if (display_ == Display::failures_only) return;
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  } catch (const std::system_error&) {  // the system starts no more threads: the work goes on, and its ends are told
  }
}

ProgressDisplay::~ProgressDisplay() {
  if (thread_.joinable()) {
    thread_.request_stop();
    wake_.notify_all();
    thread_.join();
  }
  erase();
}

void ProgressDisplay::run(const std::stop_token& stop) {
  const auto interval = display_ == Display::bars ? between_draws : std::chrono::duration_cast<milliseconds>(between_heartbeats);
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
    if (stop.stop_requested()) return;
    if (state_.actions() == 0 || state_.ended() == state_.actions()) continue;
    if (display_ == Display::bars)
      draw();
    else
      say(show::heartbeat_line(state_, clock_.steady()));
  }
}

void ProgressDisplay::begin(const plan::Plan& plan) {
  const std::scoped_lock lock(mutex_);
  state_.begin(plan.pending(), clock_.steady());
}

void ProgressDisplay::start(const plan::Change& change) {
  const std::scoped_lock lock(mutex_);
  // Only copying and adding take long enough to watch.
  const bool watched = change.verb == Verb::copy || change.verb == Verb::add;
  state_.start(change.address, change.verb, watched ? change.size : 0, clock_.steady());
}

void ProgressDisplay::progress(const apply::ActionProgress& progress) {
  const std::scoped_lock lock(mutex_);
  state_.progress(progress);
}

void ProgressDisplay::end(const plan::Change& change, const apply::ActionResult& result) {
  if (change.deferred) return;  // the plan said so already
  const std::scoped_lock lock(mutex_);
  state_.end(change.address, result.outcome);
  if (display_ != Display::failures_only || !std::holds_alternative<Done>(result.outcome))
    say(show::ended_line(result, style_),
        std::holds_alternative<Failed>(result.outcome) ? io::Priority::error : io::Priority::info);
}

void ProgressDisplay::note(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (display_ != Display::failures_only) say(io::printable(text));
}

void ProgressDisplay::say(const std::string& line, io::Priority priority) {
  erase();
  terminal_.error(line + "\n", priority);
}

void ProgressDisplay::draw() {
  const auto lines = show::progress_lines(state_, clock_.steady(), terminal_.width() - 1, most_bars);
  std::string text;
  if (drawn_ > 0) text = fmt::format("\033[{}A", drawn_);
  for (const auto& line : lines) text += "\r" + line + "\033[K\n";
  text += "\033[J";
  terminal_.error(text);
  drawn_ = lines.size();
}

void ProgressDisplay::erase() {
  if (drawn_ == 0) return;
  terminal_.error(fmt::format("\033[{}A\r\033[J", drawn_));
  drawn_ = 0;
}

JsonEvents::JsonEvents(io::Terminal& terminal, io::Clock& clock, std::string run, const Digest& plan_id)
    : terminal_(terminal), clock_(clock), run_(std::move(run)), plan_id_(plan_id) {}

void JsonEvents::begin(const plan::Plan& plan) {
  const std::scoped_lock lock(mutex_);
  terminal_.out(show::first_event_json(plan, plan_id_, run_));
}

void JsonEvents::start(const plan::Change& change) {
  const std::scoped_lock lock(mutex_);
  terminal_.out(show::start_event_json(change));
}

void JsonEvents::progress(const apply::ActionProgress& progress) {
  const std::scoped_lock lock(mutex_);
  const show::SteadyTime now = clock_.steady();
  const auto [last, first_time] = last_progress_.try_emplace(progress.address.text, now);
  if (!first_time && now - last->second < between_json_progress) return;
  last->second = now;
  terminal_.out(show::progress_event_json(progress));
}

void JsonEvents::end(const plan::Change& change, const apply::ActionResult& result) {
  const std::scoped_lock lock(mutex_);
  last_progress_.erase(change.address.text);
  terminal_.out(show::end_event_json(change, result));
}

void JsonEvents::note(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  terminal_.out(show::note_event_json(text));
}

}  // namespace ingot::console
