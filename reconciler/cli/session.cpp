#include "reconciler/cli/session.hpp"

#include "reconciler/cli/show_problems.hpp"

namespace ingot {

bool Session::may_draw() const { return terminal.error_is_terminal() && !flags.quiet && !flags.no_progress; }
Style Session::out_style() const { return Style(colors_wanted(flags.color, terminal.output_is_terminal())); }
Style Session::error_style() const { return Style(colors_wanted(flags.color, terminal.error_is_terminal())); }

void Session::put(const std::function<void(Output&)>& what) const {
  Output out([this](std::string_view text) { terminal.out(text); });
  what(out);
  out.flush();
}

void Session::show(const std::function<void(const Style&, Output&)>& text, const std::function<void(Output&)>& as_json) const {
  if (json()) return put(as_json);
  put([&](Output& out) { text(out_style(), out); });
}

void Session::tell(const std::string& text) const {
  if (!flags.quiet) terminal.error("ingot: " + text + "\n");
}

void Session::warn(const std::string& text) const {
  terminal.error("ingot: " + error_style().in(Ink::yellow, "warning:") + " " + text + "\n", Priority::warning);
}

void show_problems_of(const Problems& problems, const Session& session) {
  if (session.json())
    session.put([&](Output& out) { show_problems_json(problems, out); });
  else
    session.terminal.error(shown([&](Output& out) { show_problems(problems, session.error_style(), out); }), Priority::error);
}

}  // namespace ingot
