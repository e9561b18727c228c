#include "reconciler/options/help.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::options {

namespace {

// In columns.
constexpr std::size_t page_width = 80;
constexpr std::size_t text_column = 28;

/// `text` in lines that end before `page_width`; the first line begins at column `at`, the others at `column`.
void put_wrapped(std::string_view text, std::size_t at, std::size_t column, std::string& out) {
  bool first = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!first && at + 1 + word.size() > page_width) {
      out += '\n' + std::string(column, ' ');
      at = column;
    } else if (!first) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
    first = false;
  }
  out += '\n';
}

void put_described(const std::string& name, std::string_view text, std::string& out) {
  out += name;
  std::size_t at = name.size();
  if (at + 2 > text_column) {
    out += '\n';
    at = 0;
  }
  out += std::string(text_column - at, ' ');
  put_wrapped(text, text_column, text_column, out);
}

void put_options(const std::vector<Option>& options, std::string& out) {
  const bool short_ones =
      std::any_of(options.begin(), options.end(), [](const Option& option) { return option.flags.front().size() == 2; });
  for (const auto& option : options)
    put_described((short_ones && option.flags.size() == 1 ? "      " : "  ") + option.spelling(), option.text, out);
}

void put_global_options(std::string& out) {
  out += "\nGlobal options:\n";
  put_options(global_options(), out);
}

constexpr std::string_view overview_begin =
    R"(ingot keeps the gold images of this server as its manifest says. It copies
images from the servers that the manifest subscribes to.

Usage: ingot COMMAND [OPTIONS]

  ingot init --server fpps-1 --url https://gold.dc1.example.net/   # create a server
  ingot plan                                                       # what would change, and why
  ingot apply                                                      # change it
  ingot query images                                               # what is here
  ingot extract series:db19 /u01/app/db19                          # unpack the latest image of a series

Commands:
)";

void put_list(std::string_view title, const std::vector<Described>& list, std::string& out) {
  out += fmt::format("\n{}:\n", title);
  for (const auto& one : list) put_described(fmt::format("  {}", fmt::join(one.names, ", ")), one.text, out);
}

std::string overview() {
  std::string out(overview_begin);
  for (const auto& entry : command_table()) out += fmt::format("  {:<12}{}\n", entry.name, entry.summary);
  put_global_options(out);
  out += "\n\"ingot COMMAND --help\" and \"ingot help COMMAND\" show the options and examples of a command.\n";
  put_list("Environment", environment_variables(), out);
  put_list("Exit codes", exit_codes(), out);
  return out;
}

}  // namespace

std::vector<OptionGroup> option_groups(const CommandEntry& command) {
  std::vector<OptionGroup> groups;
  std::vector<Option> seen;
  for (const auto& form : command.forms) {
    for (const auto& option : form.options) {
      const auto same = [&](const Option& other) { return other.flags == option.flags && other.text == option.text; };
      if (std::any_of(seen.begin(), seen.end(), same)) continue;
      seen.push_back(option);
      std::vector<std::string> verbs;
      for (const auto& other : command.forms) {
        if (std::any_of(other.options.begin(), other.options.end(), same)) verbs.push_back(other.verb);
      }
      if (command.forms.size() == 1) verbs.clear();
      const auto group = std::find_if(groups.begin(), groups.end(), [&](const OptionGroup& one) { return one.verbs == verbs; });
      if (group == groups.end())
        groups.push_back({verbs, {option}});
      else
        group->options.push_back(option);
    }
  }
  return groups;
}

std::string title_of(const OptionGroup& group) {
  if (group.verbs.empty()) return "Options";
  const auto last = std::prev(group.verbs.end());
  return fmt::format("Options of {}{}{}", fmt::join(group.verbs.begin(), last, ", "), group.verbs.size() > 1 ? " and " : "",
                     *last);
}

bool stays_as_it_is(std::string_view paragraph) { return paragraph.starts_with("  "); }

std::vector<std::string> paragraphs_of(std::string_view text) {
  std::vector<std::string> paragraphs;
  bool inside = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (inside && !line.empty())
      paragraphs.back().append(stays_as_it_is(line) ? "\n" : " ").append(line);
    else if (!line.empty())
      paragraphs.emplace_back(line);
    inside = !line.empty();
  }
  return paragraphs;
}

std::string help_page(std::string_view name) {
  const CommandEntry* const command = find_command(name);
  if (command == nullptr) return overview();
  std::string out;
  for (const auto& form : command->forms) out += (out.empty() ? "Usage: " : "       ") + form.usage() + "\n";
  out += command->examples;
  for (const auto& paragraph : paragraphs_of(command->text)) {
    out += '\n';
    if (stays_as_it_is(paragraph))
      out += paragraph + "\n";
    else
      put_wrapped(paragraph, 0, 0, out);
  }
  for (const auto& group : option_groups(*command)) {
    out += "\n" + title_of(group) + ":\n";
    put_options(group.options, out);
  }
  put_global_options(out);
  return out;
}

}  // namespace ingot::options
