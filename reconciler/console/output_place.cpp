#include "reconciler/console/output_place.hpp"

#include <algorithm>
#include <array>

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

/// What this server, or another one, works with: its lock, its state, its keys, and all below its store.
bool is_of_a_server(io::Files& files, const std::string& path) {
  const auto has = [&](const std::string& folder, std::string_view name) {
    return files.status(fmt::format("{}/{}", folder, name)).has_value();
  };
  std::string folder = parent_folder(path);
  const std::string name = path.substr(path.rfind('/') + 1);
  if (has(folder, "root.pem") || has(folder, "catalog.pem")) return true;
  if (has(folder, "ingot.db") && (name == "lock" || name.starts_with("ingot.db"))) return true;
  constexpr int deepest = 8;  // store/public/b/ab/… is less
  for (int depth = 0; depth < deepest; ++depth) {
    if (has(folder, "LINEAGE")) return true;
    folder += "/..";
  }
  return false;
}

bool is_empty_or(io::Files& files, const std::string& path, const std::function<bool(const std::string&)>& may_go) {
  try {
    const auto status = files.status(path);
    if (!status || status->kind != io::EntryKind::file) return false;
    if (status->size == 0) return !is_of_a_server(files, path);
    std::string found(std::min<std::uint64_t>(status->size, longest_beginning), '\0');
    found.resize(files.open(path, io::OpenFor::read)->read_at(0, found));
    return may_go(found);
  } catch (const Error&) { return false; }  // what cannot be read is not replaced
}

/// A comment, "[table]" or "key = …"; not an array of JSON.
bool is_toml_line(std::string_view line) {
  constexpr std::string_view of_a_key = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.\"' \t";
  if (line.starts_with('#')) return true;
  if (line.starts_with('['))
    return line.find_first_not_of("[ \t", 1) != std::string_view::npos && line.find_first_of("{,\"]", 1) != 1;
  const auto sign = line.find_first_not_of(of_a_key);
  return sign != 0 && sign != std::string_view::npos && line[sign] == '=';
}

}  // namespace

void require_folder_of(io::Files& files, std::string_view flag, const std::string& path) {
  const std::string folder = parent_folder(path);
  if (files.status(folder + "/.")) return;  // also through a link
  throw Error(Fault::usage, fmt::format(R"({} "{}": there is no folder "{}")", flag, io::printable(path), io::printable(folder)),
              fmt::format("run \"mkdir -p {}\", or name another file", io::printable(folder)))
      .about(path);
}

bool may_be_replaced(io::Files& files, const std::string& path, const std::string& found) {
  std::string_view text = found;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\f"), text.size()));
  constexpr std::array<std::string_view, 5> secrets{"-----BEGIN ", "SECRET-KEY", "secret key", "PRIVATE KEY", "Private-Lines"};
  const bool is_key = std::any_of(secrets.begin(), secrets.end(),
                                  [&](std::string_view words) { return text.find(words) != std::string_view::npos; });
  return !is_key && text.find('\0') == std::string_view::npos && !is_toml_line(text.substr(0, text.find('\n'))) &&
         !is_of_a_server(files, path);
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
