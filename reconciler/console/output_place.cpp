#include "reconciler/console/output_place.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::console {

void refuse_standard_output(std::string_view flag, const std::string& path, const std::string& instead) {
  if (path != "-") return;
  throw Error(Fault::usage, fmt::format("{} \"-\" is not a file: it cannot be written to standard output", flag), instead);
}

namespace {

constexpr std::size_t longest_beginning = 64 * 1024;

bool is_empty_or(io::Files& files, const std::string& path, const std::function<bool(const std::string&)>& may_go) {
  try {
    const auto status = files.status(path);
    if (!status || status->kind != io::EntryKind::file) return false;
    if (status->size == 0) return true;
    std::string found(std::min<std::uint64_t>(status->size, longest_beginning), '\0');
    found.resize(files.open(path, io::OpenFor::read)->read_at(0, found));
    return may_go(found);
  } catch (const Error&) { return false; }  // what cannot be read is not replaced
}

bool is_letter_of_a_key(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == '"';
}

/// A comment, "[table]" or "key = …"; not an array of JSON.
bool is_toml_line(std::string_view line) {
  if (line.starts_with('#')) return true;
  if (line.starts_with('[')) return line.size() > 1 && (line[1] == '[' || is_letter_of_a_key(line[1]));
  const auto* const end = std::find_if_not(line.begin(), line.end(), is_letter_of_a_key);
  const auto rest = line.substr(static_cast<std::size_t>(end - line.begin()));
  const auto sign = rest.find_first_not_of(" \t");
  return end != line.begin() && sign != std::string_view::npos && rest[sign] == '=';
}

}  // namespace

void require_folder_of(io::Files& files, std::string_view flag, const std::string& path) {
  const std::string folder = parent_folder(path);
  if (files.status(folder + "/.")) return;  // also through a link
  throw Error(Fault::usage, fmt::format(R"({} "{}": there is no folder "{}")", flag, io::printable(path), io::printable(folder)),
              fmt::format("run \"mkdir -p {}\", or name another file", io::printable(folder)))
      .about(path);
}

bool may_be_replaced(const std::string& found) {
  const std::size_t begin = std::min(found.find_first_not_of(" \t\r\n"), found.size());
  const std::string_view text = std::string_view(found).substr(begin);
  return found.find('\0') == std::string::npos && !text.starts_with("-----BEGIN ") &&
         !is_toml_line(text.substr(0, text.find('\n')));
}

bool is_empty_or_begins(io::Files& files, const std::string& path, std::string_view begin) {
  return is_empty_or(files, path, [&](const std::string& found) { return found.starts_with(begin); });
}

void refuse_overwriting(io::Files& files, std::string_view flag, const std::string& path,
                        const std::function<bool(const std::string&)>& may_go, std::string_view what) {
  if (!files.status(path) || is_empty_or(files, path, may_go)) return;
  throw Error(Fault::usage, fmt::format("{} \"{}\" would overwrite something that is not {}", flag, io::printable(path), what),
              "name another file, or remove what is there; links and devices are not followed")
      .about(path);
}

void require_place(io::Files& files, std::string_view flag, const std::string& path, std::string_view begin,
                   std::string_view what) {
  refuse_overwriting(
      files, flag, path, [&](const std::string& found) { return found.starts_with(begin); }, what);
}

}  // namespace ingot::console
