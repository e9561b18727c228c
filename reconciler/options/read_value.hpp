// The readers of values: from the text on the command line to a member of the arguments. Each throws Error{usage} that names the
// option and the value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "reconciler/options/command_table.hpp"

namespace ingot::options {

/// Throws Error{usage}.
[[noreturn]] void wrong(const std::string& text, const std::string& mend);
/// "see: ingot COMMAND --help"; `command` may be "".
std::string see(const std::string& command);
/// The nearest of the `known` words as a question; `otherwise` if none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, const std::string& otherwise);

void read(const Setting& setting, bool& to);
void read(const Setting& setting, std::string& to);
void read(const Setting& setting, std::vector<std::string>& to);  ///< adds to it
void read(const Setting& setting, Seconds& to);
void read(const Setting& setting, std::optional<ServerName>& to);
void read(const Setting& setting, std::vector<OutputFile>& to);  ///< FORMAT=FILE; adds to it
void read(const Setting& setting, Format& to);                   ///< one of those of the form
std::size_t read_choice(const Setting& setting);                 ///< its index in the placeholder
/// `example` is for the hint.
std::uint64_t read_number(const Setting& setting, std::uint64_t least, std::uint64_t most, std::uint64_t example);

template <class Enum>
requires std::is_enum_v<Enum>
void read(const Setting& setting, Enum& to) { to = static_cast<Enum>(read_choice(setting)); }
template <class T>
void read(const Setting& setting, std::optional<T>& to) {
  read(setting, to.emplace());
}

}  // namespace ingot::options
