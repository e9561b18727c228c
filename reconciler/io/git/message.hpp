// Values as bytes, between this process and its child that reads a repository. What arrives is not trusted: whatever does not
// fit ends in MalformedMessage. Both ends are one program on one machine, so numbers are as the machine has them.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "schema/error.hpp"

namespace ingot::io {

struct MalformedMessage : std::runtime_error {
  MalformedMessage() : std::runtime_error("a message that does not fit") {}
};

/// Found by its namespace, for structs of other rooms too.
struct InMessages {};

/// A struct takes part by a function `fields(T&, InMessages)` of this room, which gives a tuple of references to its members; an
/// enum that counts from 0 by a function `last_of(T, InMessages)`, which gives its last enumerator.
class MessageWriter {
 public:
  template <class Value>
  void put(const Value& value) {
    if constexpr (std::is_enum_v<Value> || std::is_integral_v<Value>) {
      number(static_cast<std::uint64_t>(value));
    } else {
      std::apply([this](const auto&... each) { (this->put(each), ...); }, fields(const_cast<Value&>(value), InMessages{}));
    }
  }
  void put(const std::string& text) {
    number(text.size());
    bytes_ += text;
  }
  template <class Value>
  void put(const std::vector<Value>& list) {
    number(list.size());
    for (const auto& one : list) put(one);
  }
  template <class Value>
  void put(const std::optional<Value>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class One, class Other>
  void put(const std::variant<One, Other>& value) {
    number(value.index());
    std::visit([this](const auto& held) { this->put(held); }, value);
  }
  std::string bytes() && { return std::move(bytes_); }

 private:
  void number(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }

  std::string bytes_;
};

class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : left_(bytes) {}

  template <class Value>
  Value take() {
    Value value{};
    fill(value);
    return value;
  }

 private:
  template <class Value>
  void fill(Value& value) {
    if constexpr (std::is_same_v<Value, bool>) {
      value = choice();
    } else if constexpr (std::is_enum_v<Value>) {
      const std::uint64_t place = number();
      if (place > static_cast<std::uint64_t>(last_of(value, InMessages{}))) throw MalformedMessage();
      value = static_cast<Value>(place);
    } else if constexpr (std::is_integral_v<Value>) {
      value = integer<Value>();
    } else {
      std::apply([this](auto&... each) { (this->fill(each), ...); }, fields(value, InMessages{}));
    }
  }
  void fill(std::string& text) { text = chunk(number()); }
  template <class Value>
  void fill(std::vector<Value>& list) {
    const std::uint64_t count = number();
    if (count > left_.size()) throw MalformedMessage();  // each takes a byte at least
    for (std::uint64_t i = 0; i < count; ++i) fill(list.emplace_back());
  }
  template <class Value>
  void fill(std::optional<Value>& value) {
    if (choice()) fill(value.emplace());
  }
  template <class One, class Other>
  void fill(std::variant<One, Other>& value) {
    if (choice())
      fill(value.template emplace<1>());
    else
      fill(value.template emplace<0>());
  }
  template <class Value>
  Value integer() {
    using Wide = std::conditional_t<std::is_signed_v<Value>, std::int64_t, std::uint64_t>;
    const auto value = static_cast<Wide>(number());
    if (!std::in_range<Value>(value)) throw MalformedMessage();
    return static_cast<Value>(value);
  }
  bool choice() {
    const std::uint64_t value = number();
    if (value > 1) throw MalformedMessage();
    return value == 1;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const std::string_view bytes = chunk(sizeof(value));
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  std::string_view chunk(std::uint64_t length) {
    if (length > left_.size()) throw MalformedMessage();
    const std::string_view bytes = left_.substr(0, length);
    left_.remove_prefix(length);
    return bytes;
  }

  std::string_view left_;
};

/// What crosses of an Error: fault, code, text, mend and subject, each as text.
std::string error_message(const Error& error);
/// MalformedMessage: `bytes` is no such message, or names a fault or a code that this program does not know.
Error error_in(std::string_view bytes);

}  // namespace ingot::io
