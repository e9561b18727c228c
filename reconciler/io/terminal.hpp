// The terminal: whether there is one, how wide, colours, and a question to the user.
#pragma once

#include <optional>
#include <string>

namespace ingot {

enum class Color { automatic, always, never };

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual bool output_is_terminal() = 0;
  virtual bool error_is_terminal() = 0;
  virtual bool can_ask() = 0;  ///< standard input and error are a terminal
  virtual int width() = 0;     ///< columns, 80 if unknown
  virtual void out(std::string_view text) = 0;    ///< standard output; Error{local} if it cannot be written
  virtual void error(std::string_view text) = 0;  ///< standard error
  /// A line that the user typed after `question`; nullopt at the end of input.
  virtual std::optional<std::string> ask(const std::string& question) = 0;
};

class SystemTerminal final : public Terminal {
 public:
  bool output_is_terminal() override;
  bool error_is_terminal() override;
  bool can_ask() override;
  int width() override;
  void out(std::string_view text) override;
  void error(std::string_view text) override;
  std::optional<std::string> ask(const std::string& question) override;
};

/// NO_COLOR, TERM=dumb and the flag (ecosystem convention: the flag wins over all).
bool colors_wanted(Color flag, bool is_terminal);

/// Text from outside made safe for a terminal or log: control bytes, escapes and bad UTF-8 become \xNN.
std::string printable(std::string_view text);

}  // namespace ingot
