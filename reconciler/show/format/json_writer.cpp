#include "reconciler/show/format/json_writer.hpp"

#include "schema/text/utf8.hpp"

namespace ingot::show {

namespace {

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

void put_escaped(Output& out, unsigned code) {
  switch (code) {
    case '"': out.put("\\\""); return;
    case '\\': out.put("\\\\"); return;
    case '\n': out.put("\\n"); return;
    case '\t': out.put("\\t"); return;
    case '\r': out.put("\\r"); return;
    default: out.print("\\u{:04x}", code);
  }
}

}  // namespace

void put_json_string(Output& out, std::string_view text) {
  out.put('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out.put(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = first_character(text).length;
    if (length == 1) {
      put_escaped(out, static_cast<unsigned char>(text[0]));
    } else if (length == 2 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0) {
      put_escaped(out, static_cast<unsigned char>(text[1]));
    } else {
      out.put(length == 0 ? std::string_view("\\ufffd") : text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.put('"');
}

void JsonWriter::before_element() {
  if (after_key_) {
    after_key_ = false;
  } else {
    if (comma_) out_.put(',');
    if (!lines_.empty() && lines_.back()) out_.put('\n');
  }
  comma_ = true;
}

void JsonWriter::open(char bracket, bool lines) {
  before_element();
  out_.put(bracket);
  lines_.push_back(lines);
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  if (lines_.back() && comma_) out_.put('\n');
  lines_.pop_back();
  out_.put(bracket);
  comma_ = true;
}

void JsonWriter::begin_object() { open('{', false); }
void JsonWriter::end_object() { close('}'); }
void JsonWriter::begin_array() { open('[', false); }
void JsonWriter::begin_lines() { open('[', layout_ == Layout::lines); }
void JsonWriter::end_array() { close(']'); }

void JsonWriter::key(std::string_view name) {
  before_element();
  put_json_string(out_, name);
  out_.put(':');
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  before_element();
  put_json_string(out_, text);
}

void JsonWriter::value(std::nullptr_t) {
  before_element();
  out_.put("null");
}

void JsonWriter::value(bool yes) {
  before_element();
  out_.put(yes ? "true" : "false");
}

void JsonWriter::member_or_null(std::string_view name, std::string_view text) {
  key(name);
  if (text.empty())
    value(nullptr);
  else
    value(text);
}

}  // namespace ingot::show
