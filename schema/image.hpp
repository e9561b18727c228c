// What an image is: its identity, kind, state and describing facts.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/catalog/serial.hpp"
#include "schema/digest.hpp"
#include "schema/names.hpp"

namespace ingot {

enum class ImageState { testable, restricted, published, withdrawn };
enum class ImageKind { file, tree };

std::string_view text_of(ImageState state);  ///< "TESTABLE" …
std::optional<ImageState> parse_image_state(std::string_view text);
std::string_view text_of(ImageKind kind);  ///< "file", "tree"
std::optional<ImageKind> parse_image_kind(std::string_view text);

using Labels = std::map<std::string, std::string>;

/// The identity of an image (schema/rules.md); descent follows identities, through copies and tombstones.
struct ImageIdentity {
  ServerId origin;
  ImageName name;      ///< on its origin
  Serial created = 0;  ///< the serial of the first head of the origin that showed it

  auto operator<=>(const ImageIdentity&) const = default;
  bool operator==(const ImageIdentity&) const = default;
};

/// The built-in types; they can be neither redeclared nor removed.
const std::vector<TypeName>& builtin_types();
bool is_builtin(const TypeName& type);
/// "SOFTWARE"
const TypeName& default_type();

/// An image was in `state` from the head `since` on.
struct StateSince {
  ImageState state = ImageState::published;
  Serial since = 0;
  bool operator==(const StateSince&) const = default;
};

/// At most this many changes of state are kept in a catalog entry; the oldest are merged away.
inline constexpr std::size_t longest_state_history = 64;

}  // namespace ingot

template <>
struct std::hash<ingot::ImageIdentity> {
  std::size_t operator()(const ingot::ImageIdentity& identity) const noexcept {
    return std::hash<ingot::ServerId>{}(identity.origin) ^ (std::hash<ingot::ImageName>{}(identity.name) * 31) ^
           (identity.created * 0x9E3779B97F4A7C15ULL);
  }
};
