#include "reconciler/show/html/html_writer.hpp"

#include <algorithm>
#include <array>

#include "reconciler/io/printable.hpp"

namespace ingot::show {

namespace {

/// Elements that end a line, so that two reports can be compared line by line.
bool ends_line(std::string_view tag) {
  constexpr std::array inside_a_line{"a", "bdi", "b", "code", "em", "span", "small", "strong", "td", "th", "time"};
  return std::find(inside_a_line.begin(), inside_a_line.end(), tag) == inside_a_line.end();
}

}  // namespace

std::string html_text(std::string_view text) {
  const std::string safe = io::printable(text);
  std::string escaped;
  escaped.reserve(safe.size());
  for (const char c : safe) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

void HtmlWriter::begin(std::string_view tag, Attributes attributes) {
  out_.put('<');
  out_.put(tag);
  for (const auto& attribute : attributes) out_.print(" {}=\"{}\"", attribute.name, html_text(attribute.value));
}

void HtmlWriter::open(std::string_view tag, Attributes attributes) {
  begin(tag, attributes);
  out_.put('>');
  opened_.push_back(tag);
}

void HtmlWriter::close() {
  const std::string_view tag = opened_.back();
  opened_.pop_back();
  out_.print("</{}>", tag);
  if (ends_line(tag)) out_.put('\n');
}

void HtmlWriter::empty(std::string_view tag, Attributes attributes) {
  begin(tag, attributes);
  out_.put("/>");
  if (ends_line(tag)) out_.put('\n');
}

void HtmlWriter::element(std::string_view tag, std::string_view content, Attributes attributes) {
  open(tag, attributes);
  text(content);
  close();
}

}  // namespace ingot::show
