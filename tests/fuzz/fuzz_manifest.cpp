// Any bytes as a manifest and as a card: problems with places inside the text, or values that are read back as they are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "schema/catalog/card.hpp"
#include "schema/manifest/parse_manifest.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const ingot::Problems& problems, const std::string& text) {
  require(!problems.empty());
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const ingot::Problem& problem : problems) {
    require(problem.line >= 0 && problem.line <= lines);
    require(problem.column >= 0);
    require(!problem.code.empty() && !problem.text.empty() && !problem.mend.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  ingot::ManifestFiles files;
  // Every file is the same text: as an included file, and as a card.
  files.read = [&text](const std::string&) -> std::variant<std::string, ingot::Unreadable> { return text; };
  files.glob = [](const std::string&, const std::string&) { return std::vector<std::string>{"a/included.toml"}; };
  files.digest = [](std::string_view) { return ingot::Digest{}; };
  const auto manifest = ingot::parse_manifest("a/m.toml", files);
  if (const auto* problems = std::get_if<ingot::Problems>(&manifest)) check(*problems, text);
  const auto card = ingot::parse_card(text, "c.toml");
  if (const auto* problems = std::get_if<ingot::Problems>(&card)) {
    check(*problems, text);
  } else {
    require(std::get<ingot::Card>(ingot::parse_card(ingot::write_card(std::get<ingot::Card>(card)), "c.toml")) ==
            std::get<ingot::Card>(card));
  }
  return 0;
}
