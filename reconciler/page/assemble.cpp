// Puts the parts of the catalog page together: assemble_page PARTS VERSION INDEX.HTML EMBEDDED.CPP
// Part of the build, not of the program.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "schema/text/base64.hpp"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return text;
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// All parts with this ending, in the order of their names ("10-bytes.js" before "20-signed.js").
std::string all_parts(const fs::path& folder, std::string_view ending) {
  std::vector<fs::path> parts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ending) parts.push_back(entry.path());
  }
  std::sort(parts.begin(), parts.end());
  std::string text = "\n";
  for (const fs::path& part : parts) text += read(part);
  return text;
}

/// As a Content-Security-Policy names the text of an element.
std::string hash_source(const std::string& text) {
  const ingot::Digest digest = ingot::io::sha256(text);
  return fmt::format("'sha256-{}'", ingot::to_base64(std::string(digest.bytes.begin(), digest.bytes.end())));
}

/// Each mark stands there once.
void fill(std::string& text, std::string_view mark, const std::string& with) {
  const auto at = text.find(mark);
  if (at == std::string::npos || text.find(mark, at + 1) != std::string::npos)
    throw std::runtime_error(fmt::format("page.html does not have {} just once", mark));
  text.replace(at, mark.size(), with);
}

std::string assemble(const fs::path& folder, const std::string& version) {
  const std::string style = all_parts(folder, ".css");
  const std::string script = "\n(() => {\n\"use strict\";" + all_parts(folder, ".js") + "})();\n";
  for (const std::string_view end : {"</script", "</style", "<!--"}) {
    if (style.find(end) != std::string::npos || script.find(end) != std::string::npos)
      throw std::runtime_error(fmt::format("a part holds {}, which would end its element", end));
  }
  std::string page = read(folder / "page.html");
  for (const std::string_view mark : {"@VERSION@", "@VERSION_TEXT@"}) fill(page, mark, version);
  fill(page, "@SCRIPT_HASH@", hash_source(script));
  fill(page, "@STYLE_HASH@", hash_source(style));
  fill(page, "@STYLE@", style);
  fill(page, "@SCRIPT@", script);
  return page;
}

/// As numbers: a string literal may not be as long as the page.
std::string as_source(const std::string& page) {
  std::string source =
      "// Made from reconciler/page/parts by assemble.cpp.\n#include \"reconciler/page/catalog_page.hpp\"\n\n"
      "namespace ingot::page {\n\nnamespace {\nconstexpr unsigned char bytes[] = {";
  for (std::size_t i = 0; i < page.size(); ++i)
    source += fmt::format("{}{},", i % 32 == 0 ? "\n" : "", static_cast<unsigned char>(page[i]));
  return source +
         "\n};\n}  // namespace\n\nstd::string_view catalog_page() {\n"
         "  return {reinterpret_cast<const char*>(bytes), sizeof bytes};\n}\n\n}  // namespace ingot::page\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 5) throw std::runtime_error("usage: assemble_page PARTS VERSION INDEX.HTML EMBEDDED.CPP");
    const std::string page = assemble(argv[1], argv[2]);
    if (page.size() > 150'000) throw std::runtime_error(fmt::format("the page has {} bytes, more than 150,000", page.size()));
    write(argv[3], page);
    write(argv[4], as_source(page));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "assemble_page: %s\n", error.what());
    return 1;
  }
}
