#include "schema/catalog/card.hpp"

#include <fmt/format.h>

#include "schema/catalog/read_card.hpp"
#include "schema/manifest/table_reader.hpp"
#include "schema/manifest/toml_reader.hpp"
#include "schema/text/url.hpp"

namespace ingot {

std::optional<Card> read_card(std::string_view text, std::size_t file, ProblemList& problems) {
  constexpr TomlKey format_key{"card", "1"};
  constexpr TomlKey name_key{"name", "\"fpps-2\""};
  constexpr TomlKey url_key{"url", "\"https://gold.example.net/\""};
  constexpr TomlKey root_key{"root", "\"sha256:<64 hex digits>\""};
  ProblemList found;
  found.add_file(problems.file(file));
  const ParsedToml parsed = parse_toml(text, 0, largest_card, found);
  const FileContext context{.whole = parsed.whole};
  TableReader table(parsed.root, {1, 1}, "the card", context, found);
  for (const TomlKey key : {format_key, name_key, url_key, root_key}) table.require(key);
  const auto format = table.integer(format_key, 1, 1);
  const auto name = table.name<ServerName>(name_key);
  const auto url = table.ruled(url_key, why_not_a_url);
  const auto root = table.parsed(root_key, "a digest", Digest::parse);
  table.finish();
  for (Problem& problem : found.sorted()) problems.add(std::move(problem));
  if (!found.empty() || !format || !name || !url || !root) return std::nullopt;
  return Card{.name = *name, .url = with_slash(*url), .id = {*root}};
}

std::variant<Card, Problems> parse_card(std::string_view text, const std::string& file) {
  ProblemList problems;
  problems.add_file(file);
  if (auto card = read_card(text, 0, problems)) return *std::move(card);
  return problems.sorted();
}

std::string write_card(const Card& card) {
  return fmt::format(
      "# The card of the server {0}. Give it to the servers that are to copy images from here:\n"
      "# they commit it to their git and name it in a [[peer]] of their manifest.\n"
      "# It holds no secret. \"root\" is what they will trust: let them compare it with what you tell them.\n"
      "card = 1\n"
      "name = \"{0}\"\n"
      "url  = \"{1}\"\n"
      "root = \"{2}\"\n",
      card.name.text(), card.url, card.id.text());
}

}  // namespace ingot
