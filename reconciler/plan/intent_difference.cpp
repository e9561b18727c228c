// Reads intents again, key by key, to say in what two of them differ.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/plan/intent.hpp"

namespace ingot::plan {

namespace {

constexpr std::size_t longest_value = 200;

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

/// The value of `key="value"`, whose key has been taken; what ends too early ends the value.
std::string take_value(std::string_view& text) {
  std::string value;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') break;
    if (c != '\\' || text.empty()) {
      value += c;
      continue;
    }
    value += text.front() == 'n' ? '\n' : text.front();
    text.remove_prefix(1);
  }
  if (text.starts_with(' ')) text.remove_prefix(1);
  return value;
}

std::map<std::string, std::string> keys_of(std::string_view intent) {
  std::map<std::string, std::string> keys;
  take_word(intent);
  keys["verb"] = std::string(take_word(intent));
  for (;;) {
    const std::size_t equals = intent.find("=\"");
    if (equals == std::string_view::npos) return keys;
    const std::string key(intent.substr(0, equals));
    intent.remove_prefix(equals + 2);
    const std::string value = take_value(intent);
    const auto [place, fresh] = keys.try_emplace(key, value);
    if (!fresh) place->second += ", " + value;
  }
}

std::string shown_value(const std::string& value) {
  if (value.empty()) return "nothing";
  return value.size() <= longest_value ? value : value.substr(0, longest_value) + "…";
}

}  // namespace

std::string result_in(std::string_view intent, std::string_view key) {
  const auto keys = keys_of(intent);
  const auto found = keys.find(std::string(key));
  return found == keys.end() ? "" : found->second;
}

std::string results_text(std::string_view intent) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : keys_of(intent)) {
    if (key != "verb" && !value.empty()) parts.push_back(fmt::format("{}: {}", key, shown_value(value)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<IntentDifference> differences(std::string_view before, std::string_view after) {
  const auto old_keys = keys_of(before);
  auto new_keys = keys_of(after);
  std::vector<IntentDifference> found;
  for (const auto& [key, value] : old_keys) {
    const auto now = new_keys.extract(key);
    const std::string then = now.empty() ? std::string() : now.mapped();
    if (then != value) found.push_back({.key = key, .before = value, .after = then});
  }
  for (const auto& [key, value] : new_keys) {
    if (!value.empty()) found.push_back({.key = key, .before = "", .after = value});
  }
  std::sort(found.begin(), found.end(), [](const auto& one, const auto& other) { return one.key < other.key; });
  return found;
}

std::string differences_text(const std::vector<IntentDifference>& differences) {
  std::vector<std::string> parts;
  for (const auto& one : differences)
    parts.push_back(fmt::format("{}: {} → {}", one.key, shown_value(one.before), shown_value(one.after)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace ingot::plan
