// A sha256 digest as a value. Computing one is reconciler/io/hash.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// 32 bytes of sha256. Text form: "sha256:" and 64 of 0-9a-f, nothing else.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  bool operator==(const Digest&) const = default;

  static std::optional<Digest> parse(std::string_view text);     ///< "sha256:<hex>"
  static std::optional<Digest> parse_hex(std::string_view hex);  ///< 64 of 0-9a-f
  std::string hex() const;
  std::string text() const;
};

/// Who a server is: the digest of its first root's signed bytes (R1), never its name.
struct ServerId {
  Digest root;

  auto operator<=>(const ServerId&) const = default;
  bool operator==(const ServerId&) const = default;
  std::string text() const { return root.text(); }
};

}  // namespace ingot

template <>
struct std::hash<ingot::Digest> {
  std::size_t operator()(const ingot::Digest& digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
template <>
struct std::hash<ingot::ServerId> {
  std::size_t operator()(const ingot::ServerId& id) const noexcept { return std::hash<ingot::Digest>{}(id.root); }
};
