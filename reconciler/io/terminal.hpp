// The terminal: whether there is one, how wide, colours, and a question to the user.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconciler/io/printable.hpp"

namespace ingot::io {

enum class Color { automatic, always, never };

/// How grave a line on standard error is: syslog's numbers, which the journal understands.
enum class Priority { error = 3, warning = 4, info = 6 };

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual bool output_is_terminal() = 0;
  virtual bool error_is_terminal() = 0;
  virtual bool can_ask() = 0;  ///< standard input and error are a terminal
  virtual int width() = 0;     ///< columns, 80 if unknown
  /// Standard output; Error{local} if it cannot be written. A reader that went away (| head) is no error: what follows
  /// is dropped, so that it never stops an apply half way.
  virtual void out(std::string_view text) = 0;
  /// Standard error, whole lines; never throws.
  virtual void error(std::string_view text, Priority priority) = 0;
  void error(std::string_view text) { error(text, Priority::info); }
  /// A line that the user typed after `question`; nullopt at the end of input.
  virtual std::optional<std::string> ask(const std::string& question) = 0;
};

/// Whether systemd's journal reads our standard error: JOURNAL_STREAM then names its device and inode (systemd.exec(5)).
bool error_goes_to_journal();

class SystemTerminal final : public Terminal {
 public:
  bool output_is_terminal() override;
  bool error_is_terminal() override;
  bool can_ask() override;
  int width() override;
  void out(std::string_view text) override;
  using Terminal::error;
  void error(std::string_view text, Priority priority) override;
  std::optional<std::string> ask(const std::string& question) override;

 private:
  bool reader_gone_ = false;
  const bool to_journal_ = error_goes_to_journal();
};

/// The flag wins over all; else colours need a terminal, no NO_COLOR and a TERM other than dumb.
bool colors_wanted(Color flag, bool is_terminal);

}  // namespace ingot::io
