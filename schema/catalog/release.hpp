// A release: what a server's release keys sign of one image, so that its catalog key alone cannot introduce software.
// The catalog's entry carries the signatures; the signed bytes follow from the entry.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/parse_catalog.hpp"

namespace ingot {

inline constexpr std::string_view release_payload_type = "application/vnd.ingot.release.v1+json";

/// What the release keys vouch for: these bytes, under this name, as this server's.
struct Release {
  ServerId server;
  ImageName image;
  Digest digest;  ///< of the canonical bytes
  ImageKind kind = ImageKind::file;
  TypeName type = default_type();
  bool operator==(const Release&) const = default;
};

Release release_of(const ImageEntry& entry);
/// One line with its newline: the very bytes that are signed.
std::string write_release(const Release& release);
/// Only what write_release makes of it, byte for byte.
std::variant<Release, Malformed> parse_release(std::string_view payload);

}  // namespace ingot
