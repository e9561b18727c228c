#include "reconciler/show/run/progress.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/overloaded.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

namespace {

constexpr int narrowest_bar = 10;
constexpr int widest_bar = 30;
constexpr int narrowest_with_bar = 60;  ///< columns; below it there is no room for a bar
constexpr std::size_t named_in_heartbeat = 3;
constexpr double soonest_rate = 0.5;  ///< seconds

double seconds_between(SteadyTime from, SteadyTime to) { return std::chrono::duration<double>(to - from).count(); }

std::string cut(std::string text, int width) {
  const auto room = static_cast<std::size_t>(std::max(width, 0));
  return text.size() <= room ? text : text.substr(0, room);
}

/// "0:42", "1:02:03"
std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole >= 360'000) return "99h+";
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string bar(std::uint64_t done, std::uint64_t total, int width) {
  const double share = total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(share * width);
  const auto room = static_cast<std::size_t>(width);
  std::string text(filled, '=');
  if (filled < room) text += '>';
  text.resize(room, ' ');
  return "[" + text + "]";
}

int percent(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 0 : static_cast<int>(100.0 * std::min(1.0, static_cast<double>(done) / static_cast<double>(total)));
}

/// "copy fpps-2.db19_25" without the verb said twice.
std::string short_name(const std::string& address) {
  const auto dot = address.find('.');
  return dot == std::string::npos ? address : address.substr(dot + 1);
}

/// A name that is longer than `room` loses its middle: images of a series differ at the end.
std::string fitted_name(const std::string& name, std::size_t room) {
  constexpr std::string_view gap = "...";
  if (name.size() <= room) return name;
  if (room <= gap.size() + 2) return name.substr(0, room);
  const std::size_t end = (room - gap.size() + 1) / 2, begin = room - gap.size() - end;
  return name.substr(0, begin).append(gap).append(name, name.size() - end);
}

/// `left` and how far it has come; `rate` in bytes per second, 0 = not known yet.
std::string bar_line(const std::string& left, std::uint64_t done, std::uint64_t total, double rate, int width) {
  std::string right = fmt::format(" {:>3}% {:>7} of {:<7}", percent(done, total), size_text(done), size_text(total));
  if (rate > 0) {
    right += fmt::format(" {:>7}/s", size_text(static_cast<std::uint64_t>(rate)));
    if (total >= done) right += fmt::format(" {:>5}", clock_text(static_cast<double>(total - done) / rate));
  }
  const int room = width - static_cast<int>(left.size() + right.size()) - 3;
  if (width < narrowest_with_bar || room < narrowest_bar) return cut(left + right, width);
  return cut(left + " " + bar(done, total, std::min(room, widest_bar)) + right, width);
}

std::string whole_line(const ProgressState& state, SteadyTime now, std::size_t hidden) {
  std::string text = fmt::format("{} of {} done", state.ended() - state.failed(), state.actions());
  if (state.failed() > 0) text += fmt::format(", {} failed", state.failed());
  if (!state.running().empty()) text += fmt::format(", {} running", state.running().size());
  if (hidden > 0) text += fmt::format(" ({} not shown)", hidden);
  return text + ", " + clock_text(seconds_between(state.begun(), now));
}

}  // namespace

void ProgressState::begin(std::size_t actions, SteadyTime now) {
  actions_ = actions;
  begun_ = now;
}

void ProgressState::start(const Address& address, Verb verb, std::uint64_t size, SteadyTime now) {
  running_[address.text] = Running{.verb = verb, .total = size, .started = now};
}

void ProgressState::progress(const apply::ActionProgress& progress) {
  const auto found = running_.find(progress.address.text);
  if (found == running_.end()) return;
  Running& running = found->second;
  // What is made here or sent is never resumed, and nothing of it is fetched.
  const bool is_fetched = running.verb != Verb::add && running.verb != Verb::delta && running.verb != Verb::upload;
  if (is_fetched && !running.told) running.started_with = progress.done - std::min(progress.done, progress.fetched);
  running.told = true;
  // Bytes of a segment count as soon as they are here, not only when it is whole.
  const std::uint64_t here = is_fetched ? std::min(running.started_with + progress.fetched, progress.total) : 0;
  running.done = std::max({running.done, progress.done, here});
  running.total = std::max(progress.total, running.done);
  running.fetched = progress.fetched;
}

void ProgressState::end(const Address& address, const Outcome& outcome) {
  running_.erase(address.text);
  ++ended_;
  if (!std::holds_alternative<Done>(outcome)) ++failed_;
}

double rate_of(const Running& running, SteadyTime now) {
  const double seconds = seconds_between(running.started, now);
  if (seconds < soonest_rate || running.done <= running.started_with) return 0;
  return static_cast<double>(running.done - running.started_with) / seconds;
}

std::vector<std::string> progress_lines(const ProgressState& state, SteadyTime now, int width, std::size_t most_lines) {
  std::vector<std::pair<const std::string*, const Running*>> with_bytes;
  for (const auto& [address, running] : state.running()) {
    if (running.total > 0) with_bytes.emplace_back(&address, &running);
  }
  const std::size_t shown = std::min(with_bytes.size(), most_lines > 0 ? most_lines - 1 : 0);
  std::size_t name_width = 0;
  for (std::size_t i = 0; i < shown; ++i) name_width = std::max(name_width, short_name(*with_bytes[i].first).size());
  name_width = std::min(name_width, static_cast<std::size_t>(std::max(width / 3, 1)));
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < shown; ++i) {
    const Running& running = *with_bytes[i].second;
    const std::string name = fitted_name(short_name(*with_bytes[i].first), name_width);
    const std::string left = fmt::format("{} {:<{}}", text_of(running.verb), name, name_width);
    lines.push_back(bar_line(left, running.done, running.total, rate_of(running, now), width));
  }
  lines.push_back(cut(whole_line(state, now, with_bytes.size() - shown), width));
  return lines;
}

std::string byte_line(const std::string& what, std::uint64_t done, std::uint64_t total,
                      std::chrono::steady_clock::duration elapsed, int width) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  return bar_line(what, done, total, seconds < soonest_rate ? 0 : static_cast<double>(done) / seconds, width);
}

std::string heartbeat_line(const ProgressState& state, SteadyTime now) {
  std::string text = whole_line(state, now, 0);
  std::size_t named = 0;
  for (const auto& [address, running] : state.running()) {
    if (running.total == 0) continue;
    if (named++ == named_in_heartbeat) break;
    text += fmt::format("; {} {} of {}", address, size_text(running.done), size_text(running.total));
  }
  return text;
}

std::string ended_line(const apply::ActionResult& result, const Style& style) {
  const std::string what = fmt::format("{} {}", text_of(result.verb), io::printable(result.address.text));
  return std::visit(Overloaded{[&](const Done& done) {
                                 std::string text = fmt::format("{} {}", style.in(Ink::green, "done   "), what);
                                 if (result.size > 0) text += ", " + size_text(result.size);
                                 if (!done.how.empty()) return fmt::format("{} ({})", text, io::printable(done.how));
                                 if (result.fetched > 0) text += fmt::format(" ({} fetched)", size_text(result.fetched));
                                 return text;
                               },
                               [&](const Failed& failed) {
                                 return fmt::format("{} {}: {}: {}", style.red("failed "), what, text_of(failed.code),
                                                    io::printable(failed.text));
                               },
                               [&](const Skipped& skipped) {
                                 return fmt::format("{} {}: {}", style.in(Ink::yellow, "skipped"), what,
                                                    io::printable(skipped.why));
                               }},
                    result.outcome);
}

}  // namespace ingot::show
