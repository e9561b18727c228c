#include "schema/manifest/toml_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "schema/manifest/toml_scan.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

namespace {

TextPlace place_of(const toml::source_position& position) {
  return {static_cast<int>(position.line), static_cast<int>(position.column)};
}

TomlTable taken(toml::table& table);

/// Moves a node of the library's tree into ours. Its depth is bounded by the scan before.
TomlValue taken(toml::node& node) {
  TomlValue result{.value = TomlTime{}, .at = place_of(node.source().begin)};
  if (auto* text = node.as_string()) {
    result.value = std::move(text->get());
  } else if (const auto* integer = node.as_integer()) {
    result.value = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    result.value = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    result.value = boolean->get();
  } else if (auto* array = node.as_array()) {
    TomlList list;
    list.reserve(array->size());
    for (auto& element : *array) list.push_back(taken(element));
    result.value = std::move(list);
  } else if (auto* table = node.as_table()) {
    result.value = taken(*table);
  }
  return result;
}

TomlTable taken(toml::table& table) {
  TomlTable result;
  result.entries.reserve(table.size());
  for (auto&& [key, value] : table) {
    result.entries.push_back({std::string(key.str()), place_of(key.source().begin), taken(value)});
  }
  std::sort(result.entries.begin(), result.entries.end(), [](const auto& one, const auto& other) { return one.at < other.at; });
  return result;
}

/// What makes the text unfit for the library, if anything does.
std::optional<Problem> bound_problem(std::string_view text, std::size_t largest) {
  if (text.size() > largest) {
    return Problem{.code = "too-large",
                   .text = fmt::format("the file is larger than {}", size_text(largest)),
                   .mend = "check that it is the right file; a manifest can be split with include"};
  }
  std::size_t values = 0;
  TomlScanner scanner(text);
  while (const auto statement = scanner.next()) {
    const auto problem = [&](std::string code, std::string what, std::string mend) {
      return Problem{.file = {},
                     .line = statement->line,
                     .column = column_of(text, statement->begin),
                     .code = std::move(code),
                     .text = std::move(what),
                     .mend = std::move(mend)};
    };
    values += statement->values;
    if (statement->key_parts > most_key_parts) {
      return problem("too-deep", fmt::format("a dotted key has more than {} parts", most_key_parts),
                     "no key has more than three");
    }
    if (statement->depth > deepest_value) {
      return problem("too-deep", fmt::format("lists and tables are nested more than {} deep", deepest_value),
                     "no value is nested more than twice");
    }
    if (values > most_toml_values) {
      return problem("too-large", fmt::format("the file holds more than {} values", most_toml_values),
                     "check that it is the right file; a manifest can be split with include");
    }
  }
  return std::nullopt;
}

/// What is wrong in words for an operator; the library's own where they are plain. Never shows a value: it may be a secret.
struct Words {
  std::string text;
  std::string mend;
};
/// "expected '=', saw 'x'" of "Error while parsing key-value pair: expected '=', saw 'x'". What it saw within a value is left
/// out.
std::string without_value(std::string_view description) {
  const auto colon = description.find(": ");
  const std::string_view scope = description.substr(0, colon == std::string_view::npos ? 0 : colon);
  const std::string_view text = colon == std::string_view::npos ? description : description.substr(colon + 2);
  const bool of_key = scope.ends_with("key-value pair") || scope.ends_with("table header");
  return std::string(text.substr(0, of_key ? std::string_view::npos : text.find(", saw ")));
}

Words words_for(std::string_view description) {
  const auto says = [description](std::string_view part) { return description.find(part) != std::string_view::npos; };
  if (says("cannot redefine")) return {"a key or table is defined twice in this statement", "remove one of the two"};
  if (says("unescaped control characters")) {
    return {"the text is not closed on its line, or holds a control character",
            R"(close it with its quote, or use """ around several lines)"};
  }
  // The library tries a value by its first letter: 'nonsense' is a NaN that goes on otherwise.
  if (says("could not determine value type") || says("parsing boolean") || says("expected 'nan'") || says("expected 'inf'") ||
      says("expected value-terminator")) {
    return {"what stands here is no value", "put texts in quotes: key = \"text\""};
  }
  if (says("not representable in 64 bits")) return {"the number is too large", "no number has more than 18 digits"};
  if (says("invalid utf-8")) return {"the file is not UTF-8 here", "save it as UTF-8"};
  if (says("encountered end-of-file")) return {"the file ends in the middle of a value", "close its quotes or brackets"};
  return {without_value(description), "the file must be TOML 1.0"};
}

/// Overwrites bytes [begin, end) with spaces, keeping the lines. False if there was nothing but blanks.
bool blank_out(std::string& text, std::size_t begin, std::size_t end) {
  bool changed = false;
  for (std::size_t i = begin; i < std::min(end, text.size()); ++i) {
    if (text[i] == '\n' || text[i] == ' ') continue;
    text[i] = ' ';
    changed = true;
  }
  return changed;
}

/// The bytes to leave out so that the rest can be read: without its header, a table's keys would join the table before.
std::size_t end_of_damage(const std::vector<TomlStatement>& statements, std::size_t bad) {
  if (!statements[bad].is_header) return statements[bad].end;
  const auto from = statements.begin() + static_cast<std::ptrdiff_t>(bad);
  const auto next = std::find_if(from + 1, statements.end(), [](const auto& statement) { return statement.is_header; });
  return next == statements.end() ? std::string::npos : next->begin;
}

bool is_redefinition(const toml::parse_error& error) {
  return error.description().find("cannot redefine") != std::string_view::npos;
}

void report(const toml::parse_error& error, std::size_t file, ProblemList& problems) {
  Words words = words_for(error.description());
  problems.add({file, place_of(error.source().begin)}, is_redefinition(error) ? "duplicate-key" : "syntax", std::move(words.text),
               std::move(words.mend));
}

void report_twice(std::string_view text, const TomlStatement& first, const TomlStatement& second, std::size_t file,
                  ProblemList& problems) {
  const auto spot = [&](const TomlStatement& statement) {
    return Spot{file, {statement.line, column_of(text, statement.begin)}};
  };
  const std::string name = ingot::quoted(fmt::format("{}", fmt::join(key_path(text, second), ".")));
  problems.add(spot(second), "duplicate-key",
               fmt::format("{} {} is defined twice: first at {}", second.is_header ? "table" : "key", name,
                           problems.place_text(spot(first))),
               second.is_header ? "join the two; an element of a list has double brackets: [[…]]" : "remove one of them");
}

/// Reports what the library could not read and blanks it out. False if there is no use in reading again.
bool step_over(std::string& text, const toml::parse_error& error, std::size_t file, ProblemList& problems) {
  const TextPlace at = place_of(error.source().begin);
  const std::size_t byte = ingot::place_of(text, at.line, at.column);
  const auto statements = statements_of(text);
  const auto after = std::upper_bound(statements.begin(), statements.end(), byte,
                                      [](std::size_t place, const TomlStatement& statement) { return place < statement.begin; });
  if (after == statements.begin() || byte > std::prev(after)->end) {  // in a comment between statements
    report(error, file, problems);
    const std::size_t begin = ingot::place_of(text, at.line, 1);
    return blank_out(text, begin, text.find('\n', begin));
  }
  const auto bad = static_cast<std::size_t>(std::prev(after) - statements.begin());
  if (const auto first = is_redefinition(error) ? first_definition(text, statements, bad) : std::nullopt) {
    report_twice(text, *first, statements[bad], file, problems);
  } else {
    report(error, file, problems);
  }
  return blank_out(text, statements[bad].begin, end_of_damage(statements, bad));
}

}  // namespace

ParsedToml parse_toml(std::string_view text, std::size_t file, std::size_t largest, ProblemList& problems) {
  if (auto problem = bound_problem(text, largest)) {
    problem->file = problems.file(file);
    problems.add(*std::move(problem));
    return {.root = {}, .whole = false};
  }
  ParsedToml result;
  std::string rest;  // a copy with blanks for what was wrong; made only when something is
  constexpr std::size_t most_bytes_read_again = 64 * 1024 * 1024;
  for (std::size_t problem = 0; problem < most_syntax_problems && problem * text.size() <= most_bytes_read_again; ++problem) {
    try {
      toml::table table = toml::parse(result.whole ? text : std::string_view(rest), std::string_view());
      result.root = taken(table);
      return result;
    } catch (const toml::parse_error& error) {
      if (result.whole) rest = text;
      result.whole = false;
      if (!step_over(rest, error, file, problems)) break;
    }
  }
  return result;
}

}  // namespace ingot
