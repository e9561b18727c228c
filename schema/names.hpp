// Names of servers, images, series and types. A name that exists is valid: 1-128 of A-Z a-z 0-9 . _ -,
// not starting with "." or "-" (schema/manifest.md), so neither ".." nor "a/b". Names never become paths.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace ingot {

/// The longest name, in bytes.
inline constexpr std::size_t longest_name = 128;

/// What is wrong with `text` as a name, as a clause ("must not start with a dot"); nullopt if it is valid.
std::optional<std::string> why_not_a_name(std::string_view text, bool dots_allowed);

/// Lower-cased (ASCII), for comparisons that ignore case.
std::string fold_case(std::string_view text);

/// A valid name of one kind.
template <class Kind>
class BasicName {
 public:
  static constexpr bool dots_allowed = Kind::dots_allowed;

  /// nullopt if `text` is not a valid name of this kind.
  static std::optional<BasicName> parse(std::string_view text) {
    if (why_not_a_name(text, Kind::dots_allowed)) return std::nullopt;
    return BasicName(std::string(text));
  }
  /// For literals and for text that was checked before. Throws std::invalid_argument.
  static BasicName of(std::string_view text) {
    auto name = parse(text);
    if (!name) throw std::invalid_argument("not a name: " + std::string(text));
    return *std::move(name);
  }

  const std::string& text() const noexcept { return text_; }
  std::string folded() const { return fold_case(text_); }
  auto operator<=>(const BasicName&) const = default;
  bool operator==(const BasicName&) const = default;

 private:
  explicit BasicName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct ServerKind {
  static constexpr bool dots_allowed = false;
};
struct ImageNameKind {
  static constexpr bool dots_allowed = true;
};
struct SeriesKind {
  static constexpr bool dots_allowed = true;
};
struct TypeKind {
  static constexpr bool dots_allowed = true;
};
struct ExportKind {
  static constexpr bool dots_allowed = false;
};
struct UploadKind {
  static constexpr bool dots_allowed = false;
};

using ServerName = BasicName<ServerKind>;
using ImageName = BasicName<ImageNameKind>;
using SeriesName = BasicName<SeriesKind>;
using TypeName = BasicName<TypeKind>;
using ExportName = BasicName<ExportKind>;
using UploadName = BasicName<UploadKind>;

}  // namespace ingot

template <class Kind>
struct std::hash<ingot::BasicName<Kind>> {
  std::size_t operator()(const ingot::BasicName<Kind>& name) const noexcept { return std::hash<std::string>{}(name.text()); }
};
