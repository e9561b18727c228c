// The catalog page: one HTML file that shows what this server publishes, and verifies it in the browser (page/README.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ingot::page {

/// A version of ingot: "0.12.3".
using Version = std::array<std::uint32_t, 3>;

/// No page of ingot is longer, in bytes.
inline constexpr std::uint64_t largest_page = 150'000;

/// The whole file, as this program writes it.
std::string_view catalog_page();

/// The version of ingot that wrote this file, by the mark in its second line; nullopt: ingot did not write it.
std::optional<Version> version_of(std::string_view file);

/// What a run does about the file in the place of the page.
enum class Change {
  none,    ///< it is right, or a newer ingot wrote it
  write,   ///< it is missing, of an older ingot, or of this one and not as this one writes it
  remove,  ///< no page is wanted, and ingot wrote this one
  alien,   ///< ingot did not write it, and a page is wanted
};
/// `there`: the file's bytes; nullopt: nothing is there.
Change change_for(const std::optional<std::string_view>& there, bool wanted);

}  // namespace ingot::page
