// The rules of the texts that a manifest holds: paths, globs, labels, templates, percentages. Plain text: text.hpp.
// "why_not_…" gives what is wrong as a clause ("is empty"), nullopt if nothing is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot {

// In bytes.
inline constexpr std::size_t longest_path = 4096;
inline constexpr std::size_t longest_glob = 256;
inline constexpr std::size_t longest_label_name = 64;
inline constexpr std::size_t longest_label_value = 256;
inline constexpr std::size_t longest_version = 128;
inline constexpr std::size_t longest_template = 256;

std::optional<std::string> why_not_a_path(std::string_view text);
std::optional<std::string> why_not_a_glob(std::string_view text);
std::optional<std::string> why_not_a_label_name(std::string_view text);
/// The name of an environment variable. The clause never shows the text: it may be a secret written in the wrong place.
std::optional<std::string> why_not_a_variable(std::string_view text);
/// The same of one that holds a secret of the entry `owner` ("": it has no name): it begins with INGOT_, or with the owner's name
/// in upper case without other than letters and digits. What ingot itself reads is nobody's.
std::optional<std::string> why_not_a_variable_of(std::string_view text, std::string_view owner);
/// An address of a plan, "copy.fpps-2.db19_13": whether it names anything is not asked.
std::optional<std::string> why_not_an_address(std::string_view text);
/// `as` of a subscription: holds {name}, may hold {peer}, the rest as in names.
std::optional<std::string> why_not_a_template(std::string_view text);

/// "5 %", "2.5%": 0-100.
std::optional<double> parse_percent(std::string_view text);

/// `path` as it can be opened from where `folder` ("" or ending with "/") can; without trailing slashes.
std::string joined_path(std::string_view folder, std::string_view path);
/// The folder that a path lies in, as it can be opened: "." for a bare name.
std::string parent_folder(std::string_view path);
/// The same as a prefix of other paths: "" or ending with "/".
std::string folder_of(std::string_view path);
/// A path without ".", ".." where they can be taken away by reading alone, and doubled slashes; to compare paths.
std::string plain_path(std::string_view path);

}  // namespace ingot
