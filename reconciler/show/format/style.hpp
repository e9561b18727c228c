// Colours of shown text, or none.
#pragma once

#include <string>
#include <string_view>

namespace ingot::show {

enum class Ink { none, bold, dim, red, green, yellow, magenta, cyan };

/// How text is dressed: with terminal colours or plain.
class Style {
 public:
  explicit Style(bool colors = false) : colors_(colors) {}
  /// `text` in this ink; unchanged without colours.
  std::string in(Ink ink, std::string_view text) const {
    if (!colors_ || ink == Ink::none || text.empty()) return std::string(text);
    return std::string(begin_of(ink)).append(text).append("\033[0m");
  }
  std::string bold(std::string_view text) const { return in(Ink::bold, text); }
  std::string dim(std::string_view text) const { return in(Ink::dim, text); }
  std::string red(std::string_view text) const { return in(Ink::red, text); }

 private:
  static std::string_view begin_of(Ink ink) {
    switch (ink) {
      case Ink::none: return "";
      case Ink::bold: return "\033[1m";
      case Ink::dim: return "\033[2m";
      case Ink::red: return "\033[1;31m";
      case Ink::green: return "\033[32m";
      case Ink::yellow: return "\033[33m";
      case Ink::magenta: return "\033[1;35m";
      case Ink::cyan: return "\033[36m";
    }
    return "";
  }
  bool colors_;
};

}  // namespace ingot::show
