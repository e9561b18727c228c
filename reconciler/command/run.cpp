#include "reconciler/command/run.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <new>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/version.hpp"
#include "reconciler/io/net/curl_transport.hpp"
#include "reconciler/options/command_line.hpp"
#include "reconciler/show/format/wrap.hpp"
#include "reconciler/show/run/show_account.hpp"
#include "reconciler/show/run/show_error.hpp"
#include "schema/exit_code.hpp"
#include "schema/no_memory.hpp"
#include "schema/overloaded.hpp"

namespace ingot::command {

namespace {

/// Knows whether anything was printed: a script that asks for JSON gets one document, also of a failure.
class WatchedTerminal final : public io::Terminal {
 public:
  explicit WatchedTerminal(io::Terminal& terminal) : terminal_(terminal) {}
  bool printed() const { return printed_; }

  bool output_is_terminal() override { return terminal_.output_is_terminal(); }
  bool error_is_terminal() override { return terminal_.error_is_terminal(); }
  bool can_ask() override { return terminal_.can_ask(); }
  int width() override { return terminal_.width(); }
  void out(std::string_view text) override {
    printed_ = true;
    terminal_.out(text);
  }
  using io::Terminal::error;
  void error(std::string_view text, io::Priority priority) override { terminal_.error(text, priority); }
  std::optional<std::string> ask(const std::string& question) override { return terminal_.ask(question); }

 private:
  io::Terminal& terminal_;
  std::atomic<bool> printed_ = false;
};

/// How the output of the command, and the error that ends it, are shown.
struct OutputMode {
  io::Color color = io::Color::automatic;
  bool json = false;
  bool events = false;  ///< of a run: a first line and, whatever happens, a result as the last
};

int show_help(const options::ShowHelp& help, const OutputMode& mode, io::Terminal& terminal) {
  if (!help.asked && mode.json) throw Error(Fault::usage, "no command was given", "see: ingot --help");
  const bool fits = !(help.asked ? terminal.output_is_terminal() : terminal.error_is_terminal());
  const std::string text = fits ? help.text : show::wrapped_text(help.text, show::columns_for_text(terminal.width()));
  if (help.asked)
    terminal.out(text);
  else
    terminal.error(text);
  return help.asked ? exit_done : exit_usage;
}

/// `mode`: set as soon as it is known what was asked for.
int run_words(const std::vector<std::string>& words, io::Terminal& terminal, OutputMode& mode) {
  const options::CommandLine line(words);
  mode.json = line.json();
  mode.events = line.events();
  options::Arguments arguments = line.arguments();
  if (io::error_goes_to_journal())
    arguments.everywhere.color = io::Color::never;  // it keeps no colours, and would show their codes
  mode.color = arguments.everywhere.color;
  io::PosixFiles files;
  io::SystemClock clock;
  const console::Session session{
      .flags = arguments.everywhere, .terminal = terminal, .files = files, .clock = clock, .connect = [&clock] {
        return std::make_unique<io::CurlTransport>(clock);
      }};
  return std::visit(
      Overloaded{[&](const options::ShowHelp& help) { return show_help(help, mode, terminal); },
                 [&](const options::ShowVersion&) {
                   session.show([](const show::Style& style, show::Output& out) { show_version(this_version(), style, out); },
                                [](show::Output& out) { show_version_json(this_version(), out); });
                   return exit_done;
                 },
                 [&](const auto& command) { return run_command(command, session); }},
      arguments.command);
}

constexpr const char* report_it = "this is a bug: please report it, with the command and its output";

/// `make` gives the error, so that nothing thrown here, not even for lack of memory, hides the exit code.
template <class Make>
void print_error(Make&& make, const OutputMode& mode, WatchedTerminal& terminal) noexcept {
  if (!mode.json || (terminal.printed() && !mode.events)) return;
  try {
    const Error error = make();
    if (!mode.events) return terminal.out(show::shown([&](show::Output& out) { show::show_error_json(error, out); }));
    if (!terminal.printed()) terminal.out(show::first_event_json());
    terminal.out(show::result_event_json(nullptr, {}, error));
  } catch (...) {  // standard error has it
  }
}

int report(const Error& error, const OutputMode& mode, WatchedTerminal& terminal) {
  std::string text = show::error_text(error, show::Style(io::colors_wanted(mode.color, terminal.error_is_terminal())));
  if (terminal.error_is_terminal()) text = show::wrapped_text(text, show::columns_for_text(terminal.width()));
  terminal.error(text, io::Priority::error);
  if (error.fault() == Fault::internal) terminal.error(fmt::format("  {}\n", report_it), io::Priority::error);
  print_error([&] { return error; }, mode, terminal);
  return exit_code_of(error.fault());
}

/// Whole lines; what is longer than anybody reads is cut off.
void say_without_memory(io::Terminal& terminal, fmt::format_string<const char*&, const char*&> format, const char* what,
                        const char* mend) noexcept {
  std::array<char, 4096> text{};
  const auto end = fmt::format_to_n(text.data(), text.size(), format, what, mend);
  terminal.error(std::string_view(text.data(), std::min(end.size, text.size())), io::Priority::error);
}

/// What can be said when everything else may have failed.
int report_bug(const char* what, const OutputMode& mode, WatchedTerminal& terminal) noexcept {
  say_without_memory(terminal, "ingot: internal error: {}\n  {}\n", what, report_it);
  print_error([&] { return Error(Fault::internal, what, report_it); }, mode, terminal);
  return exit_internal;
}

/// The machine's, no bug; said without asking for more memory.
int report_no_memory(const OutputMode& mode, WatchedTerminal& terminal) noexcept {
  say_without_memory(terminal, "ingot: {}\n  {}\n", no_memory, free_memory);
  print_error([&] { return Error(Fault::local, no_memory, free_memory); }, mode, terminal);
  return exit_local;
}

}  // namespace

int run(const std::vector<std::string>& words, io::Terminal& terminal) noexcept {
  WatchedTerminal watched(terminal);
  OutputMode mode;
  try {
    return run_words(words, watched, mode);
  } catch (const Error& error) { return report(error, mode, watched); } catch (const std::bad_alloc&) {
    return report_no_memory(mode, watched);
  } catch (const std::exception& error) { return report_bug(error.what(), mode, watched); } catch (...) {
    return report_bug("an unknown exception", mode, watched);
  }
}

}  // namespace ingot::command
