// Holds every #include of the product against the table in reconciler/README.md: who may include whom, and which
// third-party headers only named files may see.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "schema/text/glob.hpp"

namespace ingot::architecture_test {
namespace {

namespace fs = std::filesystem;

const fs::path source{INGOT_SOURCE_DIR};

struct Row {
  std::vector<std::string> may_include;
  std::map<std::string, std::vector<std::string>> third_party;  ///< library → file globs
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" `");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" `") - first + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    if (!trimmed(part).empty()) parts.push_back(trimmed(part));
  }
  return parts;
}

std::map<std::string, Row> table() {
  std::ifstream file(source / "reconciler/README.md");
  std::map<std::string, Row> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| folder | may include |"))
      inside = true;
    else if (inside && !line.starts_with("|"))
      break;
    else if (inside && !line.starts_with("|---")) {
      std::vector<std::string> cells;
      std::stringstream stream(line.substr(1));
      for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(trimmed(cell));
      Row row;
      row.may_include = split(cells.at(1), ',');
      for (const auto& library : split(cells.at(2), ';')) {
        const auto colon = library.find(':');
        row.third_party[trimmed(library.substr(0, colon))] = split(library.substr(colon + 1), ',');
      }
      rows[cells.at(0)] = row;
    }
  }
  return rows;
}

struct Include {
  fs::path file;  ///< relative to the source
  int line = 0;
  std::string what;
  bool quoted = false;
};

std::vector<Include> includes() {
  std::vector<Include> found;
  for (const char* top : {"schema", "state", "reconciler"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source / top)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      int number = 0;
      for (std::string line; std::getline(file, line);) {
        ++number;
        if (!line.starts_with("#include ")) continue;
        const char open = line.at(9);
        const auto end = line.find(open == '"' ? '"' : '>', 10);
        found.push_back({fs::relative(entry.path(), source), number, line.substr(10, end - 10), open == '"'});
      }
    }
  }
  return found;
}

/// The folder of the table that a file belongs to: "schema", "state", "reconciler/plan"; a room's folders belong to it.
std::string room_of(const fs::path& file) {
  const auto parts = std::distance(file.begin(), file.end());
  const std::string top = file.begin()->string();
  return top == "reconciler" && parts > 2 ? top + "/" + std::next(file.begin())->string() : top;
}

/// "ingot::plan" for a file of "reconciler/plan". What is said belongs to all: schema is "ingot".
std::string namespace_of(const std::string& room) {
  return room == "schema" ? "ingot" : "ingot::" + fs::path(room).filename().string();
}

/// The library a system header belongs to, "" for the standard library and POSIX.
std::string library_of(const std::string& header) {
  static const std::map<std::string, std::string> prefixes{
      {"toml++/", "toml++"},  {"simdjson", "simdjson"}, {"nlohmann/", "nlohmann"}, {"sqlite3", "sqlite3"},
      {"curl/", "curl"},      {"openssl/", "openssl"},  {"zstd", "zstd"},          {"divsufsort", "divsufsort"},
      {"archive", "archive"}, {"git2", "git2"},         {"fmt/", "fmt"},           {"libpq", "libpq"}};
  for (const auto& [prefix, library] : prefixes) {
    if (header.starts_with(prefix)) return library;
  }
  return "";
}

bool allowed(const std::vector<std::string>& may_include, const std::string& header) {
  return std::any_of(may_include.begin(), may_include.end(),
                     [&](const std::string& place) { return header == place || header.starts_with(place + "/"); });
}

TEST(architecture, every_folder_with_code_has_a_row_and_a_readme) {
  const auto rows = table();
  ASSERT_GE(rows.size(), 10U);
  std::set<std::string> rooms;
  for (const auto& include : includes()) rooms.insert(room_of(include.file));
  rooms.erase("reconciler");  // main.cpp
  for (const auto& room : rooms) {
    EXPECT_TRUE(rows.contains(room)) << room << " is not in the table of reconciler/README.md";
    EXPECT_TRUE(fs::exists(source / room / "README.md")) << room << " has no README.md";
  }
}

TEST(architecture, no_folder_includes_what_its_row_does_not_name) {
  const auto rows = table();
  std::size_t checked = 0;
  for (const auto& include : includes()) {
    const std::string room = room_of(include.file);
    if (!include.quoted || !rows.contains(room)) continue;
    ++checked;
    if (room_of(include.what) == room) continue;
    if (fs::path(include.what).parent_path().empty()) continue;  // generated, beside the file
    EXPECT_TRUE(allowed(rows.at(room).may_include, include.what))
        << include.file.string() << ":" << include.line << " includes " << include.what << ", which " << room << " may not";
  }
  EXPECT_GT(checked, 100U);
}

TEST(architecture, third_party_headers_stay_in_their_named_files) {
  const auto rows = table();
  for (const auto& include : includes()) {
    const std::string room = room_of(include.file);
    const std::string library = include.quoted ? "" : library_of(include.what);
    if (library.empty() || library == "fmt" || !rows.contains(room)) continue;
    const auto& named = rows.at(room).third_party;
    const std::string file = fs::relative(include.file, room).string();
    const bool fine =
        named.contains(library) && std::any_of(named.at(library).begin(), named.at(library).end(),
                                               [&](const std::string& pattern) { return glob_matches(pattern, file); });
    EXPECT_TRUE(fine) << include.file.string() << ":" << include.line << " includes <" << include.what << ">";
  }
}

TEST(architecture, planning_knows_no_outside) {
  static const std::set<std::string> forbidden{"filesystem", "fstream",  "iostream", "thread", "mutex",  "atomic", "future",
                                               "random",     "unistd.h", "fcntl.h",  "ctime",  "time.h", "cstdio", "stdio.h"};
  for (const auto& include : includes()) {
    if (room_of(include.file) != "reconciler/plan" || include.quoted) continue;
    EXPECT_FALSE(forbidden.contains(include.what) || include.what.starts_with("sys/"))
        << include.file.string() << ":" << include.line << " includes <" << include.what << ">";
    EXPECT_TRUE(library_of(include.what).empty() || library_of(include.what) == "fmt")
        << include.file.string() << ":" << include.line;
  }
}

/// Two classes of one name in one namespace link, and then the destructor of one runs for the other.
TEST(architecture, every_class_of_the_product_has_a_name_of_its_own) {
  std::map<std::string, std::set<std::string>> places;
  for (const char* top : {"schema", "state", "reconciler"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source / top)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      bool anonymous = false;
      for (std::string line; std::getline(file, line);) {
        if (line == "namespace {") anonymous = true;
        if (line == "}  // namespace") anonymous = false;
        const auto words = split(line, ' ');
        const bool opens =
            words.size() > 2 && (words[0] == "class" || words[0] == "struct") && line.find('{') != std::string::npos;
        if (anonymous || !opens || line.starts_with(" ") || words[1].find("::") != std::string::npos) continue;
        const fs::path file_name = fs::relative(entry.path(), source);
        places[namespace_of(room_of(file_name)) + "::" + words[1]].insert(file_name.string());
      }
    }
  }
  EXPECT_GT(places.size(), 100U);
  for (const auto& [name, files] : places) {
    EXPECT_EQ(files.size(), 1U) << name << " is in " << *files.begin() << " and in " << *files.rbegin();
  }
}

TEST(architecture, a_room_is_a_namespace) {
  std::size_t checked = 0;
  for (const char* top : {"schema", "state", "reconciler"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source / top)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      const std::string room = room_of(fs::relative(entry.path(), source));
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("namespace ingot")) continue;
        ++checked;
        const std::string expected = "namespace " + namespace_of(room);
        EXPECT_TRUE(line.starts_with(expected + " {") || line.starts_with(expected + "::")) << entry.path() << ": " << line;
      }
    }
  }
  EXPECT_GT(checked, 200U);
}

/// The sanitizers' programs are built of many files at once: what two tests call alike must stay apart.
TEST(architecture, a_test_file_has_a_namespace_of_its_own) {
  for (const auto& entry : fs::recursive_directory_iterator(source / "tests")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("_test.cpp")) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      EXPECT_NE(line, "namespace ingot {") << entry.path() << ": name it ingot::" << entry.path().stem().string();
  }
}

/// The files of a room, and what stands on their lines.
std::map<std::string, std::vector<std::string>> lines_of_product() {
  std::map<std::string, std::vector<std::string>> files;
  for (const char* top : {"schema", "state", "reconciler"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source / top)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      auto& lines = files[fs::relative(entry.path(), source).string()];
      for (std::string line; std::getline(file, line);) lines.push_back(line);
    }
  }
  return files;
}

/// Whether a line catches an Error, by its name or by one of its bases.
bool catches_an_error(const std::string& line) {
  static const std::regex handler(R"(catch\s*\(\s*(\.\.\.|(const\s+)?((ingot::)?Error|std::exception)\b))");
  return line.find("catch") != std::string::npos && std::regex_search(line, handler);
}

/// The same, and cannot say which.
bool drops_an_error(const std::string& line) {
  static const std::regex handler(R"(catch\s*\(\s*(const\s+)?((ingot::)?Error|std::exception)(\s+const)?\s*&?\s*\))");
  return line.find("catch") != std::string::npos && std::regex_search(line, handler);
}

TEST(architecture, a_catch_is_seen_however_it_is_written) {
  for (const char* line : {"} catch (const Error& error) {", "} catch (Error& error) {", "catch(const ingot::Error&) {}",
                           "} catch (const std::exception& error) {", "} catch (...) {", "} catch (Error const& error) {"})
    EXPECT_TRUE(catches_an_error(line)) << line;
  for (const char* line :
       {"} catch (const Refusal& refusal) {", "} catch (const toml::parse_error& error) {", "} catch (const ErrorParts&) {"})
    EXPECT_FALSE(catches_an_error(line)) << line;
  for (const char* line : {"} catch (const Error&) {", "} catch (const ingot::Error&) {", "} catch (const std::exception&) {",
                           "} catch (Error const&) {"})
    EXPECT_TRUE(drops_an_error(line)) << line;
  EXPECT_FALSE(drops_an_error("} catch (const Error& error) {"));
}

/// "Errors" in reconciler/README.md.
TEST(architecture, rooms_that_only_compute_catch_no_error) {
  static const std::set<std::string> computing{"schema",          "reconciler/plan",    "reconciler/fleet",  "reconciler/trust",
                                               "reconciler/show", "reconciler/options", "reconciler/history"};
  std::size_t checked = 0;
  for (const auto& [file, lines] : lines_of_product()) {
    if (!computing.contains(room_of(file)) || file == "schema/error.hpp") continue;  // doing() adds to it and throws it on
    for (std::size_t i = 0; i < lines.size(); ++i, ++checked) EXPECT_FALSE(catches_an_error(lines[i])) << file << ":" << i + 1;
  }
  EXPECT_GT(checked, 10'000U);
}

TEST(architecture, an_error_that_is_dropped_is_dropped_for_a_reason) {
  std::size_t checked = 0;
  for (const auto& [file, lines] : lines_of_product()) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!drops_an_error(lines[i])) continue;
      ++checked;
      bool explained = false;
      for (std::size_t near = i; near < std::min(i + 4, lines.size()); ++near)
        explained = explained || lines[near].find("//") != std::string::npos || lines[near].find("throw;") != std::string::npos;
      EXPECT_TRUE(explained) << file << ":" << i + 1 << " drops an Error and does not say why going on is right";
    }
  }
  EXPECT_GT(checked, 10U);
}

/// What was seen is a value that one room makes, and only plan and show change a plan that was made.
TEST(architecture, one_room_observes_and_no_other_room_than_plan_changes_a_plan) {
  static const std::set<std::string> of_plan{"reconciler/plan", "reconciler/show"};
  for (const auto& [file, lines] : lines_of_product()) {
    const std::string room = room_of(file);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string& line = lines[i];
      const auto has = [&line](std::string_view words) { return line.find(words) != std::string::npos; };
      EXPECT_FALSE(room != "reconciler/observe" && has("plan::Observed ") && has("{.")) << file << ":" << i + 1;
      EXPECT_FALSE(!of_plan.contains(room) && (has("plan.notes.push_back") || has("plan.notes.insert"))) << file << ":" << i + 1;
    }
  }
}

TEST(architecture, files_stay_readable) {
  for (const char* top : {"schema", "state", "reconciler"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source / top)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
      EXPECT_LE(lines, 500) << entry.path() << " holds more than one idea";
    }
  }
}

}  // namespace
}  // namespace ingot::architecture_test
