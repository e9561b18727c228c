// Globs on names and on paths inside a source tree. Linear in text times pattern; no recursion.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// `*` any run, `?` one character, `[a-z]` `[!a-z]` a set; the whole text must match. For names, versions, labels.
bool glob_matches(std::string_view pattern, std::string_view text);

/// The same on paths with "/": `*` and `?` stop at "/", `**` crosses it. A pattern without "/" matches the last
/// component at any depth ("*.pid"); "log/**" matches what is below "log", not "log" itself.
bool path_glob_matches(std::string_view pattern, std::string_view path);

/// What makes `pattern` no glob, as a clause ("holds a set that …"); nullopt: nothing does. Only such patterns mean what
/// they seem to: the functions above take the rest for plain characters.
std::optional<std::string> glob_fault(std::string_view pattern);

}  // namespace ingot
