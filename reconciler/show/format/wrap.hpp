// Lines for a terminal that is narrower than they are: broken between words, not in the middle of one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "reconciler/show/format/output.hpp"

namespace ingot::show {

/// The columns in which text is wrapped on a terminal of this width: not fewer than 40, where words would stand alone.
std::size_t columns_for_text(int terminal_width);

/// A line without its newline, broken between words so that no part is wider than `width` columns. Parts after the first are
/// indented. A word that is wider than that stays whole. Escape sequences of colours have no width.
std::string wrapped_line(std::string_view line, std::size_t width);

/// Each line of a text, wrapped.
std::string wrapped_text(std::string_view text, std::size_t width);

/// Takes text in pieces and hands on its lines, wrapped.
class LineWrapper {
 public:
  LineWrapper(Output::Sink sink, std::size_t width) : sink_(std::move(sink)), width_(width) {}

  void put(std::string_view text);
  /// Hands on a last line that has no newline.
  void finish();

 private:
  Output::Sink sink_;
  std::size_t width_;
  std::string begun_;  ///< a line without its end
};

}  // namespace ingot::show
