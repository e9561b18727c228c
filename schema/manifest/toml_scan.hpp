// Cuts TOML text into statements without building anything: for the bounds that must hold before the TOML library sees
// the text (it recurses over dotted keys without a limit), and to step over a statement that is wrong.
// On text that is valid up to some point, the statements are right up to that point.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// A header or a `key = value`, with the lines that its value goes on over.
struct TomlStatement {
  std::size_t begin = 0;  ///< byte of its first character
  std::size_t end = 0;    ///< byte after its last, at a line's end or the text's
  int line = 0;           ///< from 1
  bool is_header = false;
  std::size_t key_parts = 0;  ///< an upper bound of the parts of any dotted key in it
  std::size_t depth = 0;      ///< deepest nesting of arrays and inline tables
  std::size_t values = 0;     ///< an upper bound of the values in it
};

class TomlScanner {
 public:
  explicit TomlScanner(std::string_view text) : text_(text) {}
  /// The next statement; nullopt at the end of the text.
  std::optional<TomlStatement> next();

 private:
  void skip_blank();
  void skip_comment();
  void skip_string();
  void take_value_character(TomlStatement& statement, std::size_t& depth, std::size_t& parts);
  bool at(std::string_view word) const { return text_.substr(place_).starts_with(word); }

  std::string_view text_;
  std::size_t place_ = 0;
  int line_ = 1;
};

/// All statements of a text.
std::vector<TomlStatement> statements_of(std::string_view text);

/// What defines `statements[place]`'s key or table before it does; nullopt if nothing that can be seen simply.
std::optional<TomlStatement> first_definition(std::string_view text, const std::vector<TomlStatement>& statements,
                                              std::size_t place);

/// The dotted key or header as it is written, one text a part; empty if it cannot be read simply (escapes, broken text).
std::vector<std::string> key_path(std::string_view text, const TomlStatement& statement);

/// The column, in code points from 1, of byte `place` of `text`.
int column_of(std::string_view text, std::size_t place);
/// The byte at a line and column, at most the text's end.
std::size_t place_of(std::string_view text, int line, int column);

}  // namespace ingot
