// HTML and SVG as they go out: every text and every value of an attribute is escaped, and every element that is opened is
// closed. What comes out is well-formed XML too, so that any strict parser can check it.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/show/format/output.hpp"

namespace ingot::show {

/// Text with & < > " ' as character references, and what could mislead a reader (control characters, bidirectional
/// controls, bad UTF-8) as \xNN.
std::string html_text(std::string_view text);

/// `name` is written by us; the value may come from anywhere.
struct HtmlAttribute {
  std::string_view name;
  std::string value;

  HtmlAttribute(std::string_view attribute, std::string_view text) : name(attribute), value(text) {}
  template <std::integral Number>
  HtmlAttribute(std::string_view attribute, Number number) : name(attribute), value(std::to_string(number)) {}
};

class HtmlWriter {
 public:
  using Attributes = std::initializer_list<HtmlAttribute>;

  explicit HtmlWriter(Output& out) : out_(out) {}

  /// `tag` is a literal.
  void open(std::string_view tag, Attributes attributes = {});
  void close();  ///< the element that was opened last
  void empty(std::string_view tag, Attributes attributes = {});
  void text(std::string_view text) { out_.put(html_text(text)); }
  void element(std::string_view tag, std::string_view text, Attributes attributes = {});
  /// Markup of our own, as it stands.
  void literal(std::string_view markup) { out_.put(markup); }

 private:
  void begin(std::string_view tag, Attributes attributes);

  Output& out_;
  std::vector<std::string_view> opened_;
};

}  // namespace ingot::show
