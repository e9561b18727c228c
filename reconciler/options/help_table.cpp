#include "reconciler/options/help_table.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "reconciler/options/help.hpp"

namespace ingot::options {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

std::string_view without_indent(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line;
}

/// "-f, --file MANIFEST       the manifest …"
HelpOption option_of(std::string_view line) {
  const auto gap = line.find("  ");
  const std::string_view text = gap == std::string_view::npos ? "" : without_indent(line.substr(gap));
  HelpOption option{.flags = split(line.substr(0, gap), ", "), .value = "", .text = std::string(text)};
  std::string& last = option.flags.back();
  if (const auto space = last.find(' '); space != std::string::npos) {
    option.value = last.substr(space + 1);
    last.resize(space);
  }
  return option;
}

/// A flag that is told of twice, with two forms of its value, is one option.
void add_option(HelpOption option, std::vector<HelpOption>& to) {
  const auto same = std::find_if(to.begin(), to.end(), [&](const HelpOption& one) { return one.flags == option.flags; });
  if (same == to.end()) return to.push_back(std::move(option));
  same->value += "|" + option.value;
  same->text += "; " + option.text;
}

/// The block is lines of options; a line that begins with anything else goes on with the text of the one before.
std::vector<HelpOption> options_in(const std::vector<std::string>& block) {
  std::vector<HelpOption> options;
  for (const auto& line : block) {
    const std::string_view text = without_indent(line);
    if (text.starts_with('-'))
      options.push_back(option_of(text));
    else if (!options.empty())
      options.back().text.append(options.back().text.empty() ? "" : " ").append(text);
  }
  return options;
}

bool is_indented(const std::string& line) { return line.starts_with("  "); }

HelpBlock block_of(const std::vector<std::string>& lines) {
  const bool examples = std::all_of(lines.begin(), lines.end(), is_indented);
  return {examples ? HelpBlock::Kind::examples : HelpBlock::Kind::prose, lines};
}

/// A list of options may begin with words such as KEY, which some of its options take.
bool holds_options(const std::vector<std::string>& lines) {
  return std::all_of(lines.begin(), lines.end(), is_indented) &&
         std::any_of(lines.begin(), lines.end(), [](const std::string& line) { return without_indent(line).starts_with('-'); });
}

std::vector<std::vector<std::string>> blocks_of(const std::string& text) {
  std::vector<std::vector<std::string>> blocks;
  bool inside = false;
  for (auto& line : lines_of(text)) {
    if (line.empty()) {
      inside = false;
      continue;
    }
    if (!inside) blocks.emplace_back();
    inside = true;
    blocks.back().push_back(std::move(line));
  }
  return blocks;
}

/// "Usage: ingot key make FILE", and its next lines; one that does not begin with "ingot" goes on with the one before.
std::vector<std::string> usage_of(const std::vector<std::string>& lines) {
  std::vector<std::string> usage;
  for (const auto& line : lines) {
    std::string_view text =
        without_indent(line.starts_with("Usage: ") ? std::string_view(line).substr(7) : std::string_view(line));
    if (text.starts_with("ingot "))
      usage.emplace_back(text);
    else if (!usage.empty())
      usage.back().append(" ").append(text);
  }
  return usage;
}

HelpPage page_of(const std::string& command) {
  HelpPage page{.command = command, .summary = help_summary(command), .usage = {}, .blocks = {}, .options = {}};
  auto blocks = blocks_of(help_text(command));
  page.usage = usage_of(blocks.front());
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    if (!holds_options(blocks[i])) {
      page.blocks.push_back(block_of(blocks[i]));
      continue;
    }
    const auto first = std::find_if(blocks[i].begin(), blocks[i].end(),
                                    [](const std::string& line) { return without_indent(line).starts_with('-'); });
    if (first != blocks[i].begin()) page.blocks.push_back({HelpBlock::Kind::examples, {blocks[i].begin(), first}});
    for (auto& option : options_in({first, blocks[i].end()})) add_option(std::move(option), page.options);
  }
  return page;
}

/// The words of a usage that are no options: "KEY...", "[FILE]" without their brackets and dots.
std::vector<std::string> words_of(const std::string& usage) {
  std::vector<std::string> words;
  bool option = false;
  for (const auto& word : split(usage, " ")) {
    const bool value_of_an_option = option && !word.starts_with('[');
    option = (word.starts_with("[-") && !word.ends_with(']')) || word.starts_with("--");
    if (value_of_an_option || word.starts_with("[-") || word.starts_with('-')) continue;
    const auto first = word.find_first_not_of("[(");
    const auto last = word.find_last_not_of("]).");
    if (first != std::string::npos && last != std::string::npos) words.push_back(word.substr(first, last + 1 - first));
  }
  return words;
}

/// What a word of a usage may be the name of: "IMAGE|series:NAME", "NAME|ADDRESS"; a NAME alone is of what `before`, the word
/// before it, says.
std::vector<std::string> names_in(const std::string& word, const std::string& before) {
  static const std::vector<std::string> topics{"images", "series", "peers", "types"};
  std::vector<std::string> names;
  for (const auto& part : split(word, "|")) {
    if (part == "IMAGE") names.emplace_back("images");
    if (part == "series:NAME") names.push_back(part);
    if (part == "ADDRESS") names = topics;
    if (part == "NAME" && std::find(topics.begin(), topics.end(), before) != topics.end()) names.push_back(before);
  }
  return names;
}

bool is_literal(std::string_view word) {
  return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz|-") == std::string_view::npos;
}

}  // namespace

std::string HelpOption::brief() const {
  constexpr std::string_view stops = ",;:(";
  std::size_t end = text.find_first_of(stops);
  if (end == std::string::npos) end = text.size();
  end = std::min(end, text.find(". "));
  while (end > 0 && text[end - 1] == ' ') --end;
  return text.substr(0, end);
}

std::vector<std::string> HelpPage::first_words() const {
  std::vector<std::string> all;
  for (const auto& line : usage) {
    const auto words = words_of(line);  // "ingot", the command, …
    if (words.size() < 3 || !is_literal(words[2])) continue;
    for (auto& word : split(words[2], "|")) {
      if (std::find(all.begin(), all.end(), word) == all.end()) all.push_back(std::move(word));
    }
  }
  return all;
}

bool HelpPage::takes_files() const {
  return std::any_of(usage.begin(), usage.end(), [](const std::string& line) {
    const auto words = words_of(line);
    return std::any_of(words.begin(), words.end(), [](const std::string& word) {
      const auto parts = split(word, "|");
      return std::any_of(parts.begin(), parts.end(), is_file);
    });
  });
}

std::vector<std::string> HelpPage::names_after(const std::vector<std::string>& given) const {
  for (const auto& line : usage) {
    const auto words = words_of(line);
    std::size_t at = 2;  // after "ingot" and the command
    bool fits = true;
    for (std::size_t i = 0; i < given.size() && fits; ++i) {
      if (at >= words.size())
        fits = false;
      else if (is_literal(words[at])) {
        const auto choices = split(words[at], "|");
        fits = std::find(choices.begin(), choices.end(), given[i]) != choices.end();
      }
      const bool again = fits && line.find(words[at] + "...") != std::string::npos;
      if (!again) ++at;
    }
    if (!fits || at >= words.size()) continue;
    const auto names = names_in(words[at], at > 2 && is_literal(words[at - 1]) ? given[at - 3] : "");
    if (!names.empty()) return names;
  }
  return {};
}

bool HelpPage::takes_names() const {
  return std::any_of(usage.begin(), usage.end(), [](const std::string& line) {
    const auto words = words_of(line);
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto before = split(words[i - 1], "|");
      if (std::any_of(before.begin(), before.end(), [&](const std::string& one) { return !names_in(words[i], one).empty(); }))
        return true;
    }
    return false;
  });
}

std::vector<HelpPage> help_pages() {
  std::vector<HelpPage> pages;
  for (const auto& command : command_names()) pages.push_back(page_of(command));
  return pages;
}

std::vector<HelpOption> options_everywhere() { return options_in(lines_of(std::string(help_everywhere()))); }

std::vector<HelpOption> environment_variables() {
  std::vector<HelpOption> variables;
  for (const auto& line : lines_of(std::string(help_environment()))) {
    if (is_indented(line)) variables.push_back(option_of(without_indent(line)));
  }
  return variables;
}

std::vector<std::string> choices_of(std::string_view value) {
  if (value.find('|') == std::string_view::npos) return {};
  std::vector<std::string> choices = split(value, "|");
  for (auto& choice : choices) {
    if (const auto equals = choice.find('='); equals != std::string::npos) choice.resize(equals + 1);
  }
  const bool all_literal = std::all_of(choices.begin(), choices.end(), [](const std::string& choice) {
    return is_literal(choice.ends_with('=') ? std::string_view(choice).substr(0, choice.size() - 1) : std::string_view(choice));
  });
  return all_literal ? choices : std::vector<std::string>{};
}

bool is_file(std::string_view value) {
  constexpr std::array names{"FILE", "MANIFEST", "KEY", "PLAN", "DIR", "DEST"};
  return std::find(names.begin(), names.end(), value) != names.end();
}

}  // namespace ingot::options
