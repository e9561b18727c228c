#include "schema/manifest/parse_guard.hpp"

#include "schema/manifest/read_guard.hpp"
#include "schema/manifest/table_reader.hpp"
#include "schema/manifest/toml_reader.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot {

namespace {

constexpr TomlKey variables_key{"variables", "[\"GOLD_MIRROR_TOKEN\"]"};

/// Folders by their absolute paths; nothing if the key is not there.
void read_folders(TableReader& table, TomlKey key, std::optional<std::vector<std::string>>& folders) {
  if (table.has(key.name)) folders.emplace();
  table.texts(key, [&](const std::string& written, Spot spot) {
    if (const auto why = why_not_a_path(written)) return table.wrong_at(spot, key, "has an entry that " + *why);
    if (!written.starts_with('/')) return table.wrong_at(spot, key, "has an entry that is no absolute path");
    folders->push_back(plain_path(written));
  });
}

}  // namespace

std::variant<Guard, Problems> parse_guard(std::string_view text, const std::string& path) {
  ProblemList problems;
  const std::size_t file = problems.add_file(path);
  const ParsedToml parsed = parse_toml(text, file, largest_guard, problems);
  const FileContext context{.file = file,
                            .folder = folder_of(path),
                            .home = folder_of(path),
                            .below_home = {},
                            .name_for_at = path,
                            .whole = parsed.whole};
  Guard guard;
  TableReader table(parsed.root, {1, 1}, "", context, problems);
  if (auto section = table.table({"guard", "{ git = [\"clean\"] }"})) {
    read_guard(*section, guard);
    if (auto signers = section->path({"signers", "\"/etc/ingot/allowed_signers\""})) guard.signers.push_back(*std::move(signers));
    if (section->has(variables_key.name)) guard.variables.emplace();
    section->texts(variables_key, [&](const std::string& written, Spot spot) {
      if (const auto why = why_not_a_variable(written))
        return section->wrong_at(spot, variables_key, "has an entry that " + *why);
      guard.variables->push_back(written);
    });
    read_folders(*section, {"export_to", "[\"/u01\"]"}, guard.export_to);
    read_folders(*section, {"export_run", "[\"/usr/local/sbin\"]"}, guard.export_run);
    section->finish();
  } else if (!table.has("guard")) {
    table.missing("missing-key", "the file has no [guard]", "add it, or remove the file");
  }
  table.finish();
  if (!problems.empty()) return problems.sorted();
  return guard;
}

}  // namespace ingot
