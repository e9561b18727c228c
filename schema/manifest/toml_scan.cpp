#include "schema/manifest/toml_scan.hpp"

#include <algorithm>

namespace ingot {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

void TomlScanner::skip_comment() { place_ = std::min(text_.find('\n', place_), text_.size()); }

void TomlScanner::skip_blank() {
  while (place_ < text_.size() && (is_blank(text_[place_]) || text_[place_] == '#')) {
    if (text_[place_] == '#') {
      skip_comment();
      continue;
    }
    if (text_[place_] == '\n') ++line_;
    ++place_;
  }
}

/// From the opening quote to after the closing one; a string on one line that is never closed ends with its line.
void TomlScanner::skip_string() {
  const char quote = text_[place_];
  const std::string_view triple = quote == '"' ? R"(""")" : "'''";
  const bool many_lines = at(triple);
  place_ += many_lines ? triple.size() : 1;
  while (place_ < text_.size()) {
    const char c = text_[place_];
    if (c == '\n' && !many_lines) return;
    if (c == '\n') ++line_;
    if (c == '\\' && quote == '"' && place_ + 1 < text_.size() && text_[place_ + 1] != '\n') {
      place_ += 2;
    } else if (many_lines && at(triple)) {
      place_ += triple.size();
      // Up to two more quotes belong to the string.
      for (int more = 0; more < 2 && place_ < text_.size() && text_[place_] == quote; ++more) ++place_;
      return;
    } else {
      ++place_;
      if (c == quote && !many_lines) return;
    }
  }
}

void TomlScanner::take_value_character(TomlStatement& statement, std::size_t& depth, std::size_t& parts) {
  const char c = text_[place_];
  if (c == '[' || c == '{') statement.depth = std::max(statement.depth, ++depth);
  if ((c == ']' || c == '}') && depth > 0) --depth;
  if (c == ',' || c == '=') ++statement.values;
  if (c == '.') statement.key_parts = std::max(statement.key_parts, ++parts);
  if (c == ',' || c == '=' || c == '{' || c == '[' || c == '\n') parts = 1;
  if (c == '\n') ++line_;
  ++place_;
}

std::optional<TomlStatement> TomlScanner::next() {
  skip_blank();
  if (place_ == 0 && at(byte_order_mark)) {
    place_ = byte_order_mark.size();
    skip_blank();
  }
  if (place_ >= text_.size()) return std::nullopt;
  TomlStatement statement{.begin = place_, .line = line_, .is_header = text_[place_] == '[', .key_parts = 1, .values = 1};
  std::size_t depth = 0;
  std::size_t parts = 1;
  bool seen_equals = statement.is_header;
  while (place_ < text_.size()) {
    const char c = text_[place_];
    // A header never goes on over a line's end, whatever its brackets; nor does anything before the "=".
    if (c == '\n' && (depth == 0 || statement.is_header || !seen_equals)) break;
    seen_equals = seen_equals || c == '=';
    if (c == '#') {
      skip_comment();
    } else if (c == '"' || c == '\'') {
      const int line = line_;
      const std::size_t begin = place_;
      skip_string();
      const bool closed = place_ - begin > 1 && text_[place_ - 1] == c;
      if (!closed && line == line_) break;
    } else {
      take_value_character(statement, depth, parts);
    }
  }
  statement.end = place_;
  return statement;
}

std::vector<std::string> key_path(std::string_view text, const TomlStatement& statement) {
  std::string_view rest = text.substr(statement.begin, statement.end - statement.begin);
  if (statement.is_header) rest.remove_prefix(rest.starts_with("[[") ? 2 : 1);
  std::vector<std::string> path;
  const auto skip_spaces = [&rest] { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); };
  while (true) {
    skip_spaces();
    if (rest.empty()) return {};
    const bool in_quotes = rest.front() == '"' || rest.front() == '\'';
    const auto end = in_quotes ? rest.find(rest.front(), 1) : rest.find_first_of(" \t.=]");
    if (end == std::string_view::npos) return {};
    path.emplace_back(in_quotes ? rest.substr(1, end - 1) : rest.substr(0, end));
    if (path.back().find('\\') != std::string::npos) return {};
    rest.remove_prefix(in_quotes ? end + 1 : end);
    skip_spaces();
    if (rest.empty()) return {};
    if (rest.front() != '.') return path;
    rest.remove_prefix(1);
  }
}

int column_of(std::string_view text, std::size_t place) {
  const auto newline = place == 0 ? std::string_view::npos : text.rfind('\n', place - 1);
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  int column = 1;
  for (std::size_t i = begin; i < place && i < text.size(); ++i) {
    if (starts_code_point(text[i])) ++column;
  }
  return begin == 0 && text.starts_with(byte_order_mark) ? column - 1 : column;
}

std::size_t place_of(std::string_view text, int line, int column) {
  std::size_t place = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  for (; line > 1 && place < text.size(); ++place) {
    if (text[place] == '\n') --line;
  }
  for (; column > 1 && place < text.size() && text[place] != '\n'; --column) {
    ++place;
    while (place < text.size() && !starts_code_point(text[place])) ++place;
  }
  return place;
}

std::vector<TomlStatement> statements_of(std::string_view text) {
  std::vector<TomlStatement> statements;
  TomlScanner scanner(text);
  while (auto statement = scanner.next()) statements.push_back(*statement);
  return statements;
}

namespace {

bool starts_with(const std::vector<std::string>& path, const std::vector<std::string>& beginning) {
  return beginning.size() <= path.size() && std::equal(beginning.begin(), beginning.end(), path.begin());
}

bool is_array_header(std::string_view text, const TomlStatement& statement) {
  return statement.is_header && text.substr(statement.begin).starts_with("[[");
}

/// The path from the root: a key's is its header's and its own.
std::vector<std::string> whole_path(const std::vector<std::string>& header, const std::vector<std::string>& own, bool is_header) {
  if (is_header || own.empty()) return own;
  std::vector<std::string> path = header;
  path.insert(path.end(), own.begin(), own.end());
  return path;
}

/// The path of the header that is in force at `statements[place]`.
std::vector<std::string> header_at(std::string_view text, const std::vector<TomlStatement>& statements, std::size_t place) {
  while (place-- > 0) {
    if (statements[place].is_header) return key_path(text, statements[place]);
  }
  return {};
}

}  // namespace

std::optional<TomlStatement> first_definition(std::string_view text, const std::vector<TomlStatement>& statements,
                                              std::size_t place) {
  const TomlStatement& second = statements[place];
  const auto wanted = whole_path(header_at(text, statements, place), key_path(text, second), second.is_header);
  if (wanted.empty()) return std::nullopt;
  std::optional<TomlStatement> found;
  std::vector<std::string> header;
  for (std::size_t i = 0; i < place; ++i) {
    const TomlStatement& statement = statements[i];
    const auto own = key_path(text, statement);
    const auto path = whole_path(header, own, statement.is_header);
    if (statement.is_header) header = own;
    if (path.empty()) continue;
    const bool another_element = is_array_header(text, statement) && path.size() < wanted.size() && starts_with(wanted, path);
    if (another_element) found.reset();  // what came before belongs to the element before
    const bool both_elements = is_array_header(text, statement) && is_array_header(text, second);
    const bool same =
        statement.is_header ? path == wanted && !both_elements : starts_with(wanted, path) || starts_with(path, wanted);
    if (same && !found) found = statement;
  }
  return found;
}

}  // namespace ingot
