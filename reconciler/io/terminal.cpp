#include "reconciler/io/terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/interrupt.hpp"

namespace ingot::io {

namespace {

constexpr int narrowest = 20;
constexpr int widest = 1000;
constexpr int usual_width = 80;
constexpr std::size_t longest_answer = 4096;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// 0, or the errno of the write that failed.
int write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// A line with "<3>" and the like before it, as sd-daemon(3) has it; in one call, so that no other thread's comes between, and
/// with no memory asked for.
void write_graded(int descriptor, std::string_view line, Priority priority) {
  std::array<char, 3> grade{'<', static_cast<char>('0' + static_cast<int>(priority)), '>'};
  const std::array<iovec, 2> pieces{iovec{grade.data(), grade.size()}, iovec{const_cast<char*>(line.data()), line.size()}};
  const ssize_t written = ::writev(descriptor, pieces.data(), static_cast<int>(pieces.size()));
  if (written >= static_cast<ssize_t>(grade.size()))
    write_whole(descriptor, line.substr(static_cast<std::size_t>(written) - grade.size()));
}

std::optional<int> width_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

std::optional<int> width_of_environment() {
  const std::string text = environment("COLUMNS");
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool SystemTerminal::output_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool SystemTerminal::error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }
bool SystemTerminal::can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

int SystemTerminal::width() {
  std::optional<int> found = width_of(STDERR_FILENO);
  if (!found) found = width_of(STDOUT_FILENO);
  if (!found) found = width_of_environment();
  return found && *found >= narrowest && *found <= widest ? *found : usual_width;
}

void SystemTerminal::out(std::string_view text) {
  if (reader_gone_) return;
  const int error = write_whole(STDOUT_FILENO, text);
  if (error == EPIPE) {
    reader_gone_ = true;
  } else if (error != 0) {
    throw Error(Fault::local, fmt::format("cannot write to standard output: {}", errno_text(error)));
  }
}

void SystemTerminal::error(std::string_view text, Priority priority) {
  if (!to_journal_) {
    write_whole(STDERR_FILENO, text);
    return;
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    write_graded(STDERR_FILENO, text.substr(0, end), priority);
    text.remove_prefix(end);
  }
}

std::optional<std::string> SystemTerminal::ask(const std::string& question) {
  error(question);
  std::string answer;
  for (;;) {
    char byte = 0;
    const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    throw_if_interrupted();
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return answer.empty() ? std::nullopt : std::optional(answer);
    if (byte == '\n') return answer;
    if (answer.size() < longest_answer) answer += byte;
  }
}

bool error_goes_to_journal() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) != 0) return false;
  return environment("JOURNAL_STREAM") == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

bool colors_wanted(Color flag, bool is_terminal) {
  switch (flag) {
    case Color::always: return true;
    case Color::never: return false;
    case Color::automatic: break;
  }
  return is_terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

}  // namespace ingot::io
