// Reads a table of TOML key by key with its rules; what it was not asked for is an unknown key.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/manifest/problem_list.hpp"
#include "schema/manifest/toml_tree.hpp"
#include "schema/names.hpp"

namespace ingot {

/// The file that is being read.
struct FileContext {
  std::size_t file = 0;       ///< index into ProblemList::files
  std::string folder{};       ///< of the file, as it can be opened: "" or ending with "/"
  std::string home{};         ///< what its paths are relative to, but for those of the manifest's own files; likewise
  std::string below_home{};   ///< its folder below the home, "" or ending with "/"; it need not exist there
  std::string name_for_at{};  ///< relative to the root manifest's folder
  bool whole = true;          ///< false: parts could not be read, so a missing key is no problem
};

/// A key and a value that it may have, as TOML, for the advice.
struct TomlKey {
  std::string_view name;
  std::string_view example;
};

/// An entry of a table of texts.
struct TextEntry {
  const std::string& key;
  const std::string& value;
  Spot key_spot;
  Spot spot;  ///< of the value
};

class TableReader {
 public:
  /// `section` is how messages call the table: "[server]", "[[image]]".
  TableReader(const TomlTable& table, TextPlace at, std::string section, const FileContext& context, ProblemList& problems);

  /// Reports a missing key. True if it is there.
  bool require(TomlKey key);
  bool has(std::string_view key) const;
  /// The value's place; the table's if there is none.
  Spot spot_of(std::string_view key) const;
  Spot spot() const { return {context_.file, at_}; }
  At at() const { return {context_.name_for_at, at_.line}; }
  /// Where a key stands; nullopt if it does not.
  std::optional<At> at_of(std::string_view key) const {
    return has(key) ? std::optional(At{context_.name_for_at, spot_of(key).at.line}) : std::nullopt;
  }

  // Each gives nullopt or nullptr if the key is absent or its value was reported as wrong.
  const TomlValue* value(TomlKey key);
  const std::string* text(TomlKey key);
  std::optional<bool> boolean(TomlKey key);
  /// A whole number from `least` to `most`.
  std::optional<std::int64_t> integer(TomlKey key, std::int64_t least, std::int64_t most);
  std::optional<TableReader> table(TomlKey key);
  template <class Name>
  std::optional<Name> name(TomlKey key) {
    const std::string* written = text(key);
    return written ? checked_name<Name>(key, *written, spot_of(key.name)) : std::nullopt;
  }
  /// A text that `parse` turns into a value; `what` says what it should be ("a duration").
  template <class Parse>
  auto parsed(TomlKey key, std::string_view what, Parse parse) -> decltype(parse(std::string_view())) {
    const std::string* written = text(key);
    if (written == nullptr) return {};
    auto result = parse(*written);
    if (!result) not_a(key, *written, what);
    return result;
  }
  /// A text of which `why_not` says what is wrong, as a clause, or nothing.
  std::optional<std::string> ruled(TomlKey key, const std::function<std::optional<std::string>(std::string_view)>& why_not);
  /// A path, joined with the home, without trailing slashes.
  std::optional<std::string> path(TomlKey key);
  /// The same of a file that is part of the manifest, such as a card: joined with the file's folder.
  std::optional<std::string> part(TomlKey key);
  /// A path of ours, such as a default, joined likewise.
  std::string at_home(std::string_view path) const;
  /// Calls `take` with each text of a list.
  void texts(TomlKey key, const std::function<void(const std::string&, Spot)>& take);
  /// Calls `take` with each valid name of a list.
  template <class Name>
  void names(TomlKey key, const std::function<void(Name, Spot)>& take) {
    texts(key, [&](const std::string& written, Spot spot) {
      if (auto name = checked_name<Name>(key, written, spot)) take(*std::move(name), spot);
    });
  }
  /// Calls `take` for each `[[key]]` table.
  void tables(TomlKey key, const std::function<void(TableReader&)>& take);
  /// Calls `take` with each entry of a table of texts, such as labels.
  void text_table(TomlKey key, const std::function<void(const TextEntry&)>& take);

  /// Reports that the key's value breaks a rule: `"key" <clause>`, with the example as advice or else `mend`.
  void wrong(TomlKey key, std::string_view clause, std::string mend = {});
  void wrong_at(Spot spot, TomlKey key, std::string_view clause, std::string mend = {});
  /// False if parts of the file could not be read: then what is missing is no mistake.
  bool whole() const { return context_.whole; }
  /// Reports that something is missing from the table, if it is whole.
  void missing(std::string code, std::string text, std::string mend);
  void problem(Spot spot, std::string code, std::string text, std::string mend);
  /// Reports every key that was never asked for. Call it last.
  void finish();

 private:
  const TomlEntry* find(std::string_view key) const;
  void wrong_type(TomlKey key, const TomlValue& value, std::string_view wanted);
  void not_a(TomlKey key, std::string_view written, std::string_view what);
  void report_name(TomlKey key, std::string_view written, Spot spot, std::string_view why);
  template <class Name>
  std::optional<Name> checked_name(TomlKey key, const std::string& written, Spot spot) {
    auto name = Name::parse(written);
    if (!name) report_name(key, written, spot, why_not_a_name(written, Name::dots_allowed).value_or(""));
    return name;
  }

  const TomlTable& table_;
  TextPlace at_;
  std::string section_{};
  const FileContext& context_;
  ProblemList& problems_;
  std::vector<std::string_view> known_{};
};

}  // namespace ingot
