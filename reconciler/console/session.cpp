#include "reconciler/console/session.hpp"

#include "reconciler/show/format/wrap.hpp"
#include "reconciler/show/run/show_problems.hpp"

namespace ingot::console {

bool Session::may_draw() const { return terminal.error_is_terminal() && !flags.quiet && !flags.no_progress; }
show::Style Session::out_style() const { return show::Style(io::colors_wanted(flags.color, terminal.output_is_terminal())); }
show::Style Session::error_style() const { return show::Style(io::colors_wanted(flags.color, terminal.error_is_terminal())); }

void Session::put(const std::function<void(show::Output&)>& what) const {
  show::Output out([this](std::string_view text) { terminal.out(text); });
  what(out);
  out.flush();
}

void Session::put_text(const std::function<void(show::Output&)>& what) const {
  if (!terminal.output_is_terminal()) return put(what);
  show::LineWrapper wrapper([this](std::string_view text) { terminal.out(text); }, show::columns_for_text(terminal.width()));
  show::Output out([&](std::string_view text) { wrapper.put(text); });
  what(out);
  out.flush();
  wrapper.finish();
}

void Session::put_error(std::string_view text, io::Priority priority) const {
  if (!terminal.error_is_terminal()) return terminal.error(text, priority);
  terminal.error(show::wrapped_text(text, show::columns_for_text(terminal.width())), priority);
}

void Session::show(const std::function<void(const show::Style&, show::Output&)>& text,
                   const std::function<void(show::Output&)>& as_json) const {
  if (json()) return put(as_json);
  put_text([&](show::Output& out) { text(out_style(), out); });
}

void Session::tell(const std::string& text) const {
  if (!flags.quiet) put_error("ingot: " + text + "\n", io::Priority::info);
}

void Session::warn(const std::string& text) const {
  put_error("ingot: " + error_style().in(show::Ink::yellow, "warning:") + " " + text + "\n", io::Priority::warning);
}

void show_problems_of(const Problems& problems, const Session& session) {
  if (session.json())
    session.put([&](show::Output& out) { show::show_problems_json(problems, out); });
  else
    session.put_error(show::shown([&](show::Output& out) { show::show_problems(problems, session.error_style(), out); }),
                      io::Priority::error);
}

}  // namespace ingot::console
