#include "schema/text/text_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "schema/address.hpp"
#include "schema/names.hpp"
#include "schema/text/glob.hpp"
#include "schema/text/text.hpp"

namespace ingot {

namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

std::optional<std::string> why_not_a_path(std::string_view text) {
  if (text.empty()) return "is empty";
  return why_not_a_text(text, longest_path);
}

std::optional<std::string> why_not_a_glob(std::string_view text) {
  if (text.empty()) return "is empty, which matches nothing";
  if (const auto why = why_not_a_text(text, longest_glob)) return why;
  return glob_fault(text);
}

std::optional<std::string> why_not_a_label_name(std::string_view text) {
  if (text.size() > longest_label_name) return fmt::format("is {} bytes long, more than {}", text.size(), longest_label_name);
  return why_not_a_name(text, true);
}

std::optional<std::string> why_not_a_variable(std::string_view text) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  const bool valid =
      !text.empty() && text.size() <= longest_name && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), allowed);
  return valid ? std::nullopt : std::optional<std::string>("is not the name of an environment variable");
}

std::optional<std::string> why_not_a_variable_of(std::string_view text, std::string_view owner) {
  std::string begin;
  for (const char c : owner) {
    if (is_letter(c) || is_digit(c)) begin += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (text.starts_with("INGOT_GIT_") || text == "INGOT_GUARD") return "names a variable of ingot's own";
  if (text.starts_with("INGOT_") || (!begin.empty() && text.starts_with(begin))) return std::nullopt;
  return fmt::format("names a variable that does not begin with INGOT_{}", begin.empty() ? "" : " or " + begin);
}

std::optional<std::string> why_not_an_address(std::string_view text) {
  constexpr std::size_t longest_address = 512;
  const auto parts = parts_of(text);
  const bool of_a_kind = parts && parts->kind != AddressKind::catalog && !(parts->peer.empty() && parts->name.empty());
  if (of_a_kind && text.size() <= longest_address && !why_not_a_text(text, longest_address)) return std::nullopt;
  return "is no address such as \"peer.PEER\" or \"copy.PEER.IMAGE\"";
}

std::optional<std::string> why_not_a_template(std::string_view text) {
  if (text.size() > longest_template) return fmt::format("is {} bytes long, more than {}", text.size(), longest_template);
  if (text.find("{name}") == std::string_view::npos) return "does not hold {name}, so that all copies would have one name";
  // With something short and valid in the places of the marks, the whole must be a name.
  std::string filled(text);
  for (const std::string_view mark : {"{name}", "{peer}"}) {
    for (auto place = filled.find(mark); place != std::string::npos; place = filled.find(mark))
      filled.replace(place, mark.size(), 1, 'x');  // a literal here is a false alarm of g++ 12
  }
  if (filled.find_first_of("{}") != std::string::npos) return "may hold {name} and {peer}, and no other braces";
  if (const auto why = why_not_a_name(filled, true)) return *why;
  return std::nullopt;
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  if (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty() || text.size() > 8 || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || value > 100) return std::nullopt;
  return value;
}

std::string joined_path(std::string_view folder, std::string_view path) {
  while (path.starts_with("./") && path.size() > 2) path.remove_prefix(2);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.starts_with('/') ? std::string(path) : fmt::format("{}{}", folder, path);
}

std::string parent_folder(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash + 1));
}

std::string plain_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    const bool climbs = part == ".." && !parts.empty() && parts.back() != "..";
    if (climbs) {
      parts.pop_back();
    } else if (part != ".." || !absolute) {
      parts.push_back(part);
    }
  }
  std::string plain(absolute ? "/" : "");
  for (const auto part : parts) {
    if (plain.size() > (absolute ? 1U : 0U)) plain += '/';
    plain += part;
  }
  return plain;
}

}  // namespace ingot
