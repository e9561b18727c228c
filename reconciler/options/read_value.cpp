#include "reconciler/options/read_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text/nearest.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::options {

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Format format_called(const std::string& name, const std::vector<Format>& known, const Setting& setting) {
  std::vector<std::string> names;
  for (const Format format : known) {
    if (text_of(format) == name) return format;
    names.emplace_back(text_of(format));
  }
  wrong(fmt::format("{} \"{}\" is not known to {}", setting.name, io::printable(name),
                    setting.form == nullptr ? "ingot" : setting.form->name),
        did_you_mean(name, names, fmt::format("use one of {}", fmt::join(names, ", "))));
}

}  // namespace

std::string_view text_of(Format format) {
  static constexpr std::array<std::string_view, 11> names{"text",        "json",  "markdown", "html", "github", "terraform",
                                                          "codequality", "sarif", "junit",    "dot",  "mermaid"};
  return names.at(static_cast<std::size_t>(format));
}

void wrong(const std::string& text, const std::string& mend) { throw Error(Fault::usage, text, mend); }

std::string see(const std::string& command) {
  return command.empty() ? "see: ingot --help" : fmt::format("see: ingot {} --help", command);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, const std::string& otherwise) {
  const auto near = nearest(word, known);
  return near ? fmt::format("did you mean \"{}\"?", *near) : otherwise;
}

void read(const Setting&, bool& to) { to = true; }
void read(const Setting& setting, std::string& to) { to = setting.value; }
void read(const Setting& setting, std::vector<std::string>& to) { to.push_back(setting.value); }

void read(const Setting& setting, Seconds& to) {
  const auto time = setting.value == "0" ? Seconds(0) : parse_duration(setting.value);
  if (!time)
    wrong(fmt::format("{} \"{}\" is not a time", setting.name, io::printable(setting.value)), "write it as 30s, 5m or 1h");
  to = *time;
}

void read(const Setting& setting, std::optional<ServerName>& to) {
  to = ServerName::parse(setting.value);
  if (!to)
    wrong(fmt::format("{} \"{}\" is not a name", setting.name, io::printable(setting.value)),
          "use the name of a [[peer]] in the manifest");
}

void read(const Setting& setting, Format& to) {
  static const std::vector<Format> without_a_command{Format::text, Format::json};
  to = format_called(setting.value, setting.form == nullptr ? without_a_command : setting.form->formats, setting);
}

void read(const Setting& setting, std::vector<OutputFile>& to) {
  const auto equals = setting.value.find('=');
  if (equals == std::string::npos || equals + 1 == setting.value.size())
    wrong(fmt::format("{} \"{}\" is not FORMAT=FILE", setting.name, io::printable(setting.value)),
          fmt::format("write for example {} markdown=comment.md", setting.name));
  to.push_back({.format = format_called(setting.value.substr(0, equals), setting.form->file_formats, setting),
                .path = setting.value.substr(equals + 1)});
}

std::size_t read_choice(const Setting& setting) {
  const auto known = alternatives(setting.placeholder);
  const auto found = std::find(known.begin(), known.end(), setting.value);
  if (found == known.end())
    wrong(fmt::format("{} does not know \"{}\"", setting.name, io::printable(setting.value)),
          did_you_mean(setting.value, known, fmt::format("use one of {}", fmt::join(known, ", "))));
  return static_cast<std::size_t>(found - known.begin());
}

std::uint64_t read_number(const Setting& setting, std::uint64_t least, std::uint64_t most, std::uint64_t example) {
  const auto number = whole_number(setting.value);
  if (!number || *number < least || *number > most)
    wrong(fmt::format("{} \"{}\" is not a number from {} to {}", setting.name, io::printable(setting.value), least, most),
          fmt::format("write for example {} {}", setting.name, example));
  return *number;
}

}  // namespace ingot::options
