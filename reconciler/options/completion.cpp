#include "reconciler/options/completion.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::options {

namespace {

constexpr std::array topics{
    std::pair{std::string_view("images"), NameKind::images}, std::pair{std::string_view("series"), NameKind::series},
    std::pair{std::string_view("peers"), NameKind::peers}, std::pair{std::string_view("types"), NameKind::types}};

/// Any word of any form for which `holds`.
template <class Holds>
bool any_word(const CommandEntry& command, Holds&& holds) {
  return std::any_of(command.forms.begin(), command.forms.end(), [&](const Form& form) {
    return std::any_of(form.words.begin(), form.words.end(), [&](const Word& word) { return holds(word, form); });
  });
}

bool fits(const Word& word, const std::string& given) {
  const auto choices = choices_of(word.placeholder);
  return choices.empty() || std::find(choices.begin(), choices.end(), given) != choices.end();
}

/// What the word after `given` may name in this form.
std::vector<NameKind> kinds_in(const Form& form, std::vector<std::string> given) {
  if (!form.verb.empty()) {
    if (given.empty() || given.front() != form.verb) return {};
    given.erase(given.begin());
  }
  std::size_t at = 0;
  for (const auto& word : given) {
    if (at == form.words.size() || !fits(form.words[at], word)) return {};
    if (!form.words[at].repeated) ++at;
  }
  if (at == form.words.size()) return {};
  return kinds_of(form.words[at].placeholder, given.empty() ? "" : given.back());
}

}  // namespace

std::vector<NameKind> kinds_of(std::string_view placeholder, std::string_view before) {
  std::vector<NameKind> kinds;
  const bool any = placeholder == "NAME|ADDRESS";  // ADDRESS alone is no name
  for (const auto& part : alternatives(placeholder)) {
    if (part == "IMAGE") kinds.push_back(NameKind::images);
    if (part == "series:NAME") kinds.push_back(NameKind::series_references);
    if (part == "PEER") kinds.push_back(NameKind::peers);
    for (const auto& [topic, kind] : topics) {
      if (part == "NAME" && (any || before == topic)) kinds.push_back(kind);
    }
  }
  return kinds;
}

std::string completed_by(std::string_view placeholder, std::string_view choices, std::string_view files, std::string_view names,
                         std::string_view nothing) {
  const auto words = choices_of(placeholder);
  if (!words.empty()) return fmt::format(fmt::runtime(choices), fmt::join(words, " "));
  return std::string(is_file(placeholder) ? files : kinds_of(placeholder, "").empty() ? nothing : names);
}

std::vector<NameKind> kinds_after(const CommandEntry& command, const std::vector<std::string>& given) {
  for (const auto& form : command.forms) {
    if (auto kinds = kinds_in(form, given); !kinds.empty()) return kinds;
  }
  return {};
}

std::vector<std::string> first_words(const CommandEntry& command, const std::vector<std::string>& schemas) {
  std::vector<std::string> words;
  for (const auto& form : command.forms) {
    if (!form.verb.empty()) {
      words.push_back(form.verb);
    } else if (!form.words.empty()) {
      const auto& placeholder = form.words.front().placeholder;
      const auto more = placeholder == "SCHEMA" ? schemas : choices_of(placeholder);
      words.insert(words.end(), more.begin(), more.end());
    }
  }
  return words;
}

bool takes_files(const CommandEntry& command) {
  return any_word(command, [](const Word& word, const Form&) { return is_file(word.placeholder); });
}

bool takes_names(const CommandEntry& command) {
  return any_word(command, [](const Word& word, const Form& form) {
    const auto before = choices_of(form.words.front().placeholder);
    return !kinds_of(word.placeholder, "").empty() || std::any_of(before.begin(), before.end(), [&](const std::string& one) {
      return !kinds_of(word.placeholder, one).empty();
    });
  });
}

}  // namespace ingot::options
