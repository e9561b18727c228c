// Releases in a file, one a line: unsigned as the bytes that are to be signed, or in their envelopes. And how they are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/style.hpp"
#include "schema/catalog/release.hpp"
#include "schema/catalog/root.hpp"
#include "schema/catalog/serial.hpp"

namespace ingot::show {

inline constexpr std::uint64_t largest_release_file = 64 * 1024 * 1024;

/// Each as an envelope, one that nobody has signed without signatures. nullopt: it holds something else.
std::optional<std::vector<Envelope>> read_releases(std::string_view bytes);
std::string write_releases(const std::vector<Envelope>& releases);

struct ShownReleases {
  std::vector<Envelope> releases;
  std::optional<Serial> serial;  ///< of the head that shows them; nullopt: they are not installed
  std::string file;              ///< where they wait for signatures, if they do
};
void show_releases(const ShownReleases& shown, const Style& style, Output& out);
void show_releases_json(const ShownReleases& shown, Output& out);

}  // namespace ingot::show
