// JSON as it goes out: streamed, in the order it is said, nothing held in memory. Escapes; bad UTF-8 becomes U+FFFD and
// control characters (C1 too, which terminals obey) are written as \u00XX.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/show/format/output.hpp"
#include "schema/code.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

/// Text as a JSON string, with its quotes.
void put_json_string(Output& out, std::string_view text);

/// How a document is laid out: elements of long lists on lines of their own (to read and to diff), or all in one line.
enum class Layout { lines, one_line };

class JsonWriter {
 public:
  explicit JsonWriter(Output& out, Layout layout = Layout::lines) : out_(out), layout_(layout) {}

  void begin_object();
  void end_object();
  void begin_array();
  /// An array with each element on a line of its own, if the layout has lines.
  void begin_lines();
  void end_array();
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::nullptr_t);
  void value(bool yes);
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) void value(Number number) {
    before_element();
    out_.print("{}", number);
  }
  void value(Code code) { value(text_of(code)); }
  void value(Time time) { value(time_text(time)); }
  template <class Value>
  void value(const std::optional<Value>& maybe) {
    if (maybe)
      value(*maybe);
    else
      value(nullptr);
  }

  template <class Value>
  void member(std::string_view name, const Value& what) {
    key(name);
    value(what);
  }
  /// An array of objects, each on a line of its own if the layout has lines. `put(one)` writes the members of an object.
  template <class List, class Put>
  void objects(std::string_view name, const List& list, Put&& put) {
    key(name);
    begin_lines();
    put_objects(list, put);
  }
  template <class List, class Put>
  void objects_in_line(std::string_view name, const List& list, Put&& put) {
    key(name);
    begin_array();
    put_objects(list, put);
  }
  /// An array of what `value_of(one)` gives.
  template <class List, class ValueOf>
  void values(std::string_view name, const List& list, ValueOf&& value_of) {
    key(name);
    begin_array();
    for (const auto& one : list) value(value_of(one));
    end_array();
  }
  /// "" is absent, and absent is null.
  void member_or_null(std::string_view name, std::string_view text);
  void member_or_null(std::string_view name, Code code) { member_or_null(name, text_of(code)); }
  /// Ends the document with a newline.
  void finish() { out_.put('\n'); }

 private:
  template <class List, class Put>
  void put_objects(const List& list, Put&& put) {
    for (const auto& one : list) {
      begin_object();
      put(one);
      end_object();
    }
    end_array();
  }
  void before_element();
  void open(char bracket, bool lines);
  void close(char bracket);

  Output& out_;
  Layout layout_;
  bool comma_ = false;  ///< the next element follows another
  bool after_key_ = false;
  std::vector<bool> lines_;  ///< per open bracket: elements on lines of their own
};

}  // namespace ingot::show
