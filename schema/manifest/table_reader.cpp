#include "schema/manifest/table_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "schema/overloaded.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot {

namespace {

std::string_view type_of(const TomlValue& value) {
  return std::visit(
      Overloaded{[](const std::string&) { return std::string_view("a text"); },
                 [](std::int64_t) { return std::string_view("a whole number"); },
                 [](double) { return std::string_view("a number"); }, [](bool) { return std::string_view("true or false"); },
                 [](const TomlTime&) { return std::string_view("a date or time"); },
                 [](const TomlList&) { return std::string_view("a list"); },
                 [](const TomlTable&) { return std::string_view("a table"); }},
      value.value);
}

std::string for_example(TomlKey key) { return fmt::format("write for example {} = {}", key.name, key.example); }

}  // namespace

TableReader::TableReader(const TomlTable& table, TextPlace at, std::string section, const FileContext& context,
                         ProblemList& problems)
    : table_(table), at_(at), section_(std::move(section)), context_(context), problems_(problems) {}

const TomlEntry* TableReader::find(std::string_view key) const {
  const auto found =
      std::find_if(table_.entries.begin(), table_.entries.end(), [key](const TomlEntry& entry) { return entry.key == key; });
  return found == table_.entries.end() ? nullptr : &*found;
}

bool TableReader::has(std::string_view key) const { return find(key) != nullptr; }

Spot TableReader::spot_of(std::string_view key) const {
  const TomlEntry* entry = find(key);
  return {context_.file, entry == nullptr ? at_ : entry->value.at};
}

bool TableReader::require(TomlKey key) {
  if (has(key.name)) return true;
  missing("missing-key", fmt::format("{} has no \"{}\"", section_, key.name), fmt::format("add {} = {}", key.name, key.example));
  return false;
}

const TomlValue* TableReader::value(TomlKey key) {
  if (std::find(known_.begin(), known_.end(), key.name) == known_.end()) known_.push_back(key.name);
  const TomlEntry* entry = find(key.name);
  return entry == nullptr ? nullptr : &entry->value;
}

const std::string* TableReader::text(TomlKey key) {
  const TomlValue* found = value(key);
  if (found == nullptr) return nullptr;
  const auto* written = std::get_if<std::string>(&found->value);
  if (written == nullptr) wrong_type(key, *found, "a text in quotes");
  return written;
}

std::optional<bool> TableReader::boolean(TomlKey key) {
  const TomlValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* written = std::get_if<bool>(&found->value)) return *written;
  wrong_type(key, *found, "true or false, without quotes");
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::integer(TomlKey key, std::int64_t least, std::int64_t most) {
  const TomlValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  const auto* written = std::get_if<std::int64_t>(&found->value);
  if (written == nullptr) {
    wrong_type(key, *found, "a whole number, without quotes");
    return std::nullopt;
  }
  if (*written >= least && *written <= most) return *written;
  wrong(key, fmt::format("is {}, but must be from {} to {}", *written, least, most));
  return std::nullopt;
}

std::optional<TableReader> TableReader::table(TomlKey key) {
  const TomlValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* written = std::get_if<TomlTable>(&found->value)) {
    // At the root, "[server]"; below, "removals of [guard]".
    std::string section = section_.empty() ? fmt::format("[{}]", key.name) : fmt::format("\"{}\" of {}", key.name, section_);
    return TableReader(*written, found->at, std::move(section), context_, problems_);
  }
  const bool brackets = section_.empty() && std::holds_alternative<TomlList>(found->value);
  if (brackets) {
    problem({context_.file, found->at}, "wrong-type", fmt::format("\"{}\" is one table, not a list of them", key.name),
            fmt::format("write [{}], with single brackets, once", key.name));
  } else {
    wrong_type(key, *found, "a table");
  }
  return std::nullopt;
}

std::optional<std::string> TableReader::ruled(TomlKey key,
                                              const std::function<std::optional<std::string>(std::string_view)>& why_not) {
  const std::string* written = text(key);
  if (written == nullptr) return std::nullopt;
  if (const auto why = why_not(*written)) {
    wrong(key, *why);
    return std::nullopt;
  }
  return *written;
}

std::optional<std::string> TableReader::path(TomlKey key) {
  const auto written = ruled(key, why_not_a_path);
  return written ? std::optional<std::string>(at_home(*written)) : std::nullopt;
}

std::optional<std::string> TableReader::part(TomlKey key) {
  const auto written = ruled(key, why_not_a_path);
  return written ? std::optional<std::string>(joined_path(context_.folder, *written)) : std::nullopt;
}

std::string TableReader::at_home(std::string_view path) const {
  if (context_.below_home.empty() || path.starts_with('/')) return joined_path(context_.home, path);
  const std::string below =
      plain_path(context_.below_home + std::string(path));  // so that "images/.." asks for no folder "images"
  return below.empty() ? parent_folder(context_.home + ".") : joined_path(context_.home, below);
}

void TableReader::texts(TomlKey key, const std::function<void(const std::string&, Spot)>& take) {
  const TomlValue* found = value(key);
  if (found == nullptr) return;
  const auto* list = std::get_if<TomlList>(&found->value);
  if (list == nullptr) return wrong_type(key, *found, "a list of texts");
  for (const TomlValue& element : *list) {
    if (const auto* written = std::get_if<std::string>(&element.value)) {
      take(*written, {context_.file, element.at});
    } else {
      problem({context_.file, element.at}, "wrong-type",
              fmt::format("an entry of \"{}\" must be a text in quotes, not {}", key.name, type_of(element)), for_example(key));
    }
  }
}

void TableReader::tables(TomlKey key, const std::function<void(TableReader&)>& take) {
  const TomlValue* found = value(key);
  if (found == nullptr) return;
  const auto advise = [&](const TomlValue& wrong_value) {
    problem({context_.file, wrong_value.at}, "wrong-type",
            fmt::format("\"{}\" must be a list of tables, not {}", key.name, type_of(wrong_value)),
            fmt::format("write [[{}]], with double brackets, before the keys of each", key.name));
  };
  const auto* list = std::get_if<TomlList>(&found->value);
  if (list == nullptr) return advise(*found);
  for (const TomlValue& element : *list) {
    if (const auto* entry = std::get_if<TomlTable>(&element.value)) {
      TableReader reader(*entry, element.at, fmt::format("[[{}]]", key.name), context_, problems_);
      take(reader);
      reader.finish();
    } else {
      advise(element);
    }
  }
}

void TableReader::text_table(TomlKey key, const std::function<void(const TextEntry&)>& take) {
  const TomlValue* found = value(key);
  if (found == nullptr) return;
  const auto* entries = std::get_if<TomlTable>(&found->value);
  if (entries == nullptr) return wrong_type(key, *found, "a table");
  for (const TomlEntry& entry : entries->entries) {
    const Spot spot{context_.file, entry.value.at};
    if (const auto* written = std::get_if<std::string>(&entry.value.value)) {
      take({entry.key, *written, {context_.file, entry.at}, spot});
    } else {
      problem(
          spot, "wrong-type",
          fmt::format("{} in \"{}\" must be a text in quotes, not {}", ingot::quoted(entry.key), key.name, type_of(entry.value)),
          for_example(key));
    }
  }
}

void TableReader::wrong(TomlKey key, std::string_view clause, std::string mend) {
  wrong_at(spot_of(key.name), key, clause, std::move(mend));
}

void TableReader::wrong_at(Spot spot, TomlKey key, std::string_view clause, std::string mend) {
  problem(spot, "bad-value", fmt::format("\"{}\" {}", key.name, clause), mend.empty() ? for_example(key) : std::move(mend));
}

void TableReader::missing(std::string code, std::string text, std::string mend) {
  if (whole()) problem(spot(), std::move(code), std::move(text), std::move(mend));
}

void TableReader::problem(Spot spot, std::string code, std::string text, std::string mend) {
  problems_.add(spot, std::move(code), std::move(text), std::move(mend));
}

void TableReader::finish() {
  if (table_.entries.size() <= known_.size() &&
      std::all_of(table_.entries.begin(), table_.entries.end(), [this](const TomlEntry& entry) {
        return std::find(known_.begin(), known_.end(), entry.key) != known_.end();
      })) {
    return;
  }
  const std::vector<std::string> known(known_.begin(), known_.end());
  for (const TomlEntry& entry : table_.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const Spot spot{context_.file, entry.at};
    const std::string where = section_.empty() ? "at the top of the file" : "in " + section_;
    // What comes after the bound is only counted: no need to look for its nearest name.
    std::string mend = problems_.full() ? "" : did_you_mean(entry.key, known, "known are " + quoted_list(known));
    problem(spot, "unknown-key", fmt::format("unknown key {} {}", ingot::quoted(entry.key), where), std::move(mend));
  }
}

void TableReader::wrong_type(TomlKey key, const TomlValue& value, std::string_view wanted) {
  problem({context_.file, value.at}, "wrong-type", fmt::format("\"{}\" must be {}, not {}", key.name, wanted, type_of(value)),
          for_example(key));
}

void TableReader::not_a(TomlKey key, std::string_view written, std::string_view what) {
  wrong(key, fmt::format("is {}, which is not {}", ingot::quoted(written), what));
}

void TableReader::report_name(TomlKey key, std::string_view written, Spot spot, std::string_view why) {
  problem(spot, "bad-name", fmt::format("\"{}\": the name {} {}", key.name, ingot::quoted(written), why), for_example(key));
}

}  // namespace ingot
