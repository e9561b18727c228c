// Where shown text goes: a buffer that is handed on in large pieces, so that a plan of 100,000 lines is neither one string
// nor 100,000 writes.
#pragma once

#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ingot::show {

class Output {
 public:
  using Sink = std::function<void(std::string_view text)>;

  explicit Output(Sink sink) : sink_(std::move(sink)) {}

  void put(std::string_view text) {
    buffer_.append(text.data(), text.data() + text.size());
    if (buffer_.size() >= piece) flush();
  }
  void put(char c) { buffer_.push_back(c); }
  template <class... Arguments>
  void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(fmt::appender(buffer_), format, std::forward<Arguments>(arguments)...);
    if (buffer_.size() >= piece) flush();
  }
  /// Hands on what is left. Not done by a destructor, since the sink may throw.
  void flush() {
    if (buffer_.size() > 0) sink_({buffer_.data(), buffer_.size()});
    buffer_.clear();
  }

 private:
  static constexpr std::size_t piece = 64 * 1024;
  Sink sink_;
  fmt::memory_buffer buffer_;
};

/// All that `show` puts, as one string.
template <class Show>
std::string shown(Show&& show) {
  std::string text;
  Output out([&text](std::string_view piece) { text.append(piece); });
  std::forward<Show>(show)(out);
  out.flush();
  return text;
}

}  // namespace ingot::show
