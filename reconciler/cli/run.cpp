#include "reconciler/cli/run.hpp"

#include <exception>
#include <new>

#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/help.hpp"
#include "reconciler/io/curl_transport.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot {

namespace {

int show_help(const ShowHelp& help, Terminal& terminal) {
  if (help.asked) terminal.out(help.text);
  else terminal.error(help.text);
  return help.asked ? exit_done : exit_usage;
}

/// `color`: set as soon as it is known what was asked for.
int run_words(const std::vector<std::string>& words, Terminal& terminal, Color& color) {
  const Arguments arguments = parse_arguments(words);
  color = arguments.everywhere.color;
  PosixFiles files;
  SystemClock clock;
  const Session session{.flags = arguments.everywhere, .terminal = terminal, .files = files, .clock = clock,
                        .connect = [&clock] { return std::make_unique<CurlTransport>(clock); }};
  return std::visit(Overloaded{[&](const ShowHelp& help) { return show_help(help, terminal); },
                               [&](const ShowVersion&) {
                                 terminal.out(version_text() + "\n");
                                 return exit_done;
                               },
                               [&](const auto& command) { return run_command(command, session); }},
                    arguments.command);
}

/// What can be said when everything else may have failed.
int report_bug(Terminal& terminal, const char* what) noexcept {
  terminal.error("ingot: internal error: ");
  terminal.error(what);
  terminal.error("\n  this is a bug: please report it, with the command and its output\n");
  return exit_internal;
}

}  // namespace

int run(const std::vector<std::string>& words, Terminal& terminal) noexcept {
  Color color = Color::automatic;
  try {
    return run_words(words, terminal, color);
  } catch (const Error& error) {
    terminal.error(error_text(error, Style(colors_wanted(color, terminal.error_is_terminal()))));
    if (error.fault() == Fault::internal) terminal.error("  this is a bug: please report it, with the command and its output\n");
    return exit_code_of(error.fault());
  } catch (const std::bad_alloc&) {
    return report_bug(terminal, "out of memory");
  } catch (const std::exception& error) {
    return report_bug(terminal, error.what());
  } catch (...) {
    return report_bug(terminal, "an unknown exception");
  }
}

}  // namespace ingot
