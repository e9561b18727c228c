// [[export]]: which images lie unpacked in which folder.
#include <fmt/format.h>

#include "schema/manifest/read_sections.hpp"
#include "schema/text/text.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot {

namespace {

constexpr TomlKey export_name_key{"name", "\"db19-home\""};
constexpr TomlKey export_series_key{"series", "\"db19\""};
constexpr TomlKey export_image_key{"image", "\"db19_24\""};
constexpr TomlKey export_to_key{"to", "\"/u01/gold\""};
constexpr TomlKey export_link_key{"link", "\"current\""};
constexpr TomlKey export_run_key{"run", "[\"/usr/local/sbin/after-switch\"]"};
constexpr TomlKey export_changes_key{"changes", "[\"log/**\"]"};
constexpr std::int64_t most_exported = 1000;
constexpr std::size_t longest_owner = 256;
constexpr std::size_t most_changes = 1000;

std::optional<std::string> why_not_an_owner(std::string_view text) {
  if (const auto why = why_not_a_text(text, longest_owner)) return why;
  const auto colon = text.find(':');
  const auto group = colon == std::string_view::npos ? std::string_view("-") : text.substr(colon + 1);
  const bool has_parts = !text.substr(0, colon).empty() && !group.empty() && group.find(':') == std::string_view::npos;
  if (!has_parts || text.find_first_of(" /") != std::string_view::npos) return "must be a user, or a user and a group";
  return std::nullopt;
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  if (text.size() < 3 || text.size() > 4 || text.find_first_not_of("01234567") != std::string_view::npos) return std::nullopt;
  std::uint32_t mode = 0;
  for (const char digit : text) mode = mode * 8 + static_cast<std::uint32_t>(digit - '0');
  return mode >= 0400 && mode <= 0777 ? std::optional(mode) : std::nullopt;
}

std::optional<std::variant<SeriesName, ImageName>> read_what(TableReader& table) {
  auto series = table.name<SeriesName>(export_series_key);
  auto image = table.name<ImageName>(export_image_key);
  const bool has_series = table.has("series"), has_image = table.has("image");
  if (has_series && has_image) {
    table.problem(table.spot_of("image"), "exclusive-keys", "\"series\" and \"image\" exclude each other", "keep one of them");
  } else if (!has_series && !has_image) {
    table.missing("missing-key", "[[export]] has neither \"series\" nor \"image\"",
                  fmt::format("add series = {} or image = {}", export_series_key.example, export_image_key.example));
  }
  if (series) return *std::move(series);
  if (image) return *std::move(image);
  return std::nullopt;
}

/// The program is a path, as that of [[notify]] is.
void read_run(TableReader& table, ExportEntry& entry) {
  table.texts(export_run_key, [&](const std::string& written, Spot spot) {
    if (written.find('\0') != std::string::npos)
      return table.wrong_at(spot, export_run_key, "has an entry that holds a zero byte");
    if (!entry.run.empty()) return entry.run.push_back(written);
    if (const auto why = why_not_a_path(written))
      return table.wrong_at(spot, export_run_key, fmt::format("has a program that {}", *why));
    entry.run.push_back(table.at_home(written));
  });
  const TomlValue* found = table.value(export_run_key);
  const auto* list = found == nullptr ? nullptr : std::get_if<TomlList>(&found->value);
  if (list != nullptr && list->empty()) table.wrong(export_run_key, "is empty");
  if (table.has("run") && !table.has("link"))
    table.problem(table.spot_of("run"), "missing-key", "\"run\" needs \"link\": the program runs after the link moved",
                  fmt::format("add link = {}", export_link_key.example));
}

void read_latest(TableReader& table, ExportEntry& entry) {
  const auto latest = table.integer({"latest", "2"}, 1, most_exported);
  if (latest) entry.latest = static_cast<std::uint32_t>(*latest);
  if (table.has("latest") && table.has("image"))
    table.problem(table.spot_of("latest"), "exclusive-keys", "\"latest\" needs \"series\": an image is one", "leave it out");
}

}  // namespace

std::string mode_text(const ExportEntry& entry) { return entry.mode ? fmt::format("{:04o}", *entry.mode) : std::string(); }

void read_export(TableReader& table, ManifestDraft& draft) {
  table.require(export_name_key);
  table.require(export_to_key);
  const auto name = table.name<ExportName>(export_name_key);
  const auto what = read_what(table);
  ExportEntry entry{.name = name.value_or(ExportName::of("unnamed")),
                    .of = what.value_or(SeriesName::of("unnamed")),
                    .to = table.path(export_to_key).value_or(""),
                    .at = table.at()};
  read_latest(table, entry);
  entry.link = table.ruled(export_link_key, [](std::string_view text) { return why_not_a_name(text, true); });
  entry.owner = table.ruled({"owner", "\"oracle:oinstall\""}, why_not_an_owner);
  entry.mode = table.parsed({"mode", "\"0750\""}, "permission bits from \"0400\" to \"0777\"", parse_mode);
  read_run(table, entry);
  read_globs(table, export_changes_key, entry.changes);
  if (entry.changes.size() > most_changes) table.wrong(export_changes_key, fmt::format("has more than {} entries", most_changes));
  if (!name) return;
  draft.exports.push_back(
      {.entry = std::move(entry), .name = table.spot_of("name"), .to = table.spot_of("to"), .link = table.spot_of("link")});
}

}  // namespace ingot
