// An entry [[export]] of the manifest: a folder that holds the newest images of a series, or one image, for those who use them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/manifest/problem.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

/// So long `run` may take.
inline constexpr Seconds longest_export_run = std::chrono::minutes(10);

struct ExportEntry {
  ExportName name;
  std::variant<SeriesName, ImageName> of;
  std::string to;                       ///< path of the folder: an image becomes to/NAME
  std::uint32_t latest = 1;             ///< of a series: so many, 1-1000
  std::optional<std::string> link{};    ///< the name of a link in `to`, to the newest of them
  std::optional<std::string> owner{};   ///< "oracle", "oracle:oinstall"; of every member
  std::optional<std::uint32_t> mode{};  ///< permission bits of to/NAME itself, 0400-0777
  std::vector<std::string> run{};       ///< a program by its path, and its arguments; after the link moved; never read by a shell
  std::vector<std::string> changes{};   ///< path globs: members that their users may change
  At at{};
  bool operator==(const ExportEntry&) const = default;
};

/// "0750"; "": the entry gives no mode.
std::string mode_text(const ExportEntry& entry);

}  // namespace ingot
