#include "reconciler/show/format/wrap.hpp"

#include <algorithm>

namespace ingot::show {

namespace {

constexpr std::size_t hanging_indent = 4;  ///< columns, more than the line's own

/// Bytes of the escape sequence of a colour that `text` begins with; 0: none.
std::size_t escape_at(std::string_view text) {
  if (!text.starts_with("\033[")) return 0;
  const auto end = text.find('m');
  return end == std::string_view::npos ? 0 : end + 1;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    if (const auto escape = escape_at(text); escape > 0) {
      text.remove_prefix(escape);
      continue;
    }
    if (begins_character(text.front())) ++columns;
    text.remove_prefix(1);
  }
  return columns;
}

/// The next run of blanks, or of other characters.
std::string_view take_run(std::string_view& text) {
  const bool blank = text.front() == ' ';
  const auto end = std::min(blank ? text.find_first_not_of(' ') : text.find(' '), text.size());
  const std::string_view run = text.substr(0, end);
  text.remove_prefix(end);
  return run;
}

}  // namespace

std::size_t columns_for_text(int terminal_width) { return static_cast<std::size_t>(std::max(terminal_width, 40)); }

std::string wrapped_line(std::string_view line, std::size_t width) {
  if (columns_of(line) <= width) return std::string(line);
  const std::size_t own = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t indent = std::min(own + hanging_indent, width / 2);
  std::string out;
  std::size_t column = 0, blanks = 0;
  bool at_begin = true;  // no word is in this part yet
  while (!line.empty()) {
    const std::string_view run = take_run(line);
    if (run.front() == ' ') {
      blanks = run.size();
      continue;
    }
    const std::size_t columns = columns_of(run);
    if (columns > 0 && !at_begin && column + blanks + columns > width) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else {
      out.append(blanks, ' ');
      column += blanks;
    }
    blanks = 0;
    out += run;
    column += columns;
    if (columns > 0) at_begin = false;
  }
  return out;
}

std::string wrapped_text(std::string_view text, std::size_t width) {
  std::string lines;
  LineWrapper wrapper([&](std::string_view piece) { lines += piece; }, width);
  wrapper.put(text);
  wrapper.finish();
  return lines;
}

void LineWrapper::put(std::string_view text) {
  begun_ += text;
  const auto end = begun_.rfind('\n');
  if (end == std::string::npos) return;
  std::string lines;
  std::string_view whole = std::string_view(begun_).substr(0, end + 1);
  while (!whole.empty()) {
    const auto length = whole.find('\n');
    lines += wrapped_line(whole.substr(0, length), width_) + '\n';
    whole.remove_prefix(length + 1);
  }
  begun_.erase(0, end + 1);
  sink_(lines);
}

void LineWrapper::finish() {
  if (!begun_.empty()) sink_(wrapped_line(begun_, width_));
  begun_.clear();
}

}  // namespace ingot::show
