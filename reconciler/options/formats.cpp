#include "reconciler/options/formats.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/options/usage.hpp"

namespace ingot::options {

namespace {

/// What a command can be shown in.
std::vector<Format> formats_of(const std::string& command) {
  if (command == "plan")
    return {Format::text,      Format::json,        Format::markdown, Format::github,
            Format::terraform, Format::codequality, Format::sarif,    Format::junit};
  if (command == "validate")
    return {Format::text, Format::json, Format::markdown, Format::github, Format::codequality, Format::sarif, Format::junit};
  if (command == "show") return {Format::text, Format::json, Format::markdown};
  if (command == "fleet check") return {Format::text, Format::json, Format::dot, Format::mermaid};
  return {Format::text, Format::json};
}

/// What --output of a command can write: what it can be shown in, but for apply, which shows itself as it goes.
std::vector<Format> formats_of_files(const std::string& command) {
  return command == "apply" ? formats_of("validate") : formats_of(command);
}

Format format_called(const std::string& flag, const std::string& name, const std::string& command) {
  std::vector<std::string> names;
  for (const Format format : flag == "--output" ? formats_of_files(command) : formats_of(command)) {
    if (text_of(format) == name) return format;
    names.emplace_back(text_of(format));
  }
  wrong(fmt::format("{} \"{}\" is not known to {}", flag, io::printable(name), command.empty() ? "ingot" : command),
        did_you_mean(name, names, fmt::format("one of {}", fmt::join(names, ", "))));
}

}  // namespace

Format format_of(const Written& written, const std::string& command) {
  if (written.format.empty()) return written.json ? Format::json : Format::text;
  const Format format = format_called("--format", written.format, command);
  if (written.json && format != Format::json)
    wrong(fmt::format("--json and --format {} contradict each other", text_of(format)), "give one of them");
  return format;
}

/// FORMAT=FILE
std::vector<OutputFile> outputs_of(const Written& written, const std::string& command) {
  std::vector<OutputFile> outputs;
  for (const auto& one : written.output) {
    const auto equals = one.find('=');
    if (equals == std::string::npos || equals + 1 == one.size())
      wrong(fmt::format("--output \"{}\" is not FORMAT=FILE", io::printable(one)), "such as --output markdown=comment.md");
    outputs.push_back({.format = format_called("--output", one.substr(0, equals), command), .path = one.substr(equals + 1)});
  }
  return outputs;
}

std::string_view text_of(Format format) {
  switch (format) {
    case Format::text: return "text";
    case Format::json: return "json";
    case Format::markdown: return "markdown";
    case Format::github: return "github";
    case Format::terraform: return "terraform";
    case Format::codequality: return "codequality";
    case Format::sarif: return "sarif";
    case Format::junit: return "junit";
    case Format::dot: return "dot";
    case Format::mermaid: return "mermaid";
  }
  return "";
}

}  // namespace ingot::options
