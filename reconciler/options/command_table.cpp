#include "reconciler/options/command_table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::options {

// The rows, in commands/.
CommandEntry init_command(), card_command(), validate_command(), plan_command(), apply_command(), reconcile_command();
CommandEntry diff_command(), status_command(), drift_command(), query_command(), history_command(), explain_command();
CommandEntry show_command(), extract_command(), delta_command(), verify_command(), publish_command(), key_command(), gc_command();
CommandEntry add_command(), bundle_command(), state_command(), report_command(), fleet_command(), completion_command(),
    schema_command();

namespace {

/// A usage line with more options than this says [OPTIONS].
constexpr std::size_t most_options_in_usage = 3;

const Option* option_in(const std::vector<Option>& options, std::string_view flag) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) { return option.has(flag); });
  return found == options.end() ? nullptr : &*found;
}

bool is_literal(std::string_view word) {
  return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

}  // namespace

const std::vector<CommandEntry>& command_table() {
  static const std::vector<CommandEntry> table{
      init_command(),       card_command(),    validate_command(), plan_command(),   apply_command(),   reconcile_command(),
      diff_command(),       status_command(),  drift_command(),    query_command(),  history_command(), explain_command(),
      show_command(),       extract_command(), delta_command(),    verify_command(), publish_command(), add_command(),
      bundle_command(),     key_command(),     gc_command(),       state_command(),  report_command(),  fleet_command(),
      completion_command(), schema_command(),
  };
  return table;
}

const CommandEntry* find_command(std::string_view name) {
  const auto& table = command_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const CommandEntry& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& entry : command_table()) names.push_back(entry.name);
  return names;
}

const Option* find_option(const CommandEntry* command, std::string_view flag) {
  if (command != nullptr) {
    for (const auto& form : command->forms) {
      if (const Option* const own = form.option(flag)) return own;
    }
  }
  return option_in(global_options(), flag);
}

bool Option::has(std::string_view flag) const { return std::find(flags.begin(), flags.end(), flag) != flags.end(); }

std::string Option::spelling() const {
  return fmt::format("{}{}{}", fmt::join(flags, ", "), takes_value() ? " " : "", placeholder);
}

std::string Option::long_spelling() const { return flags.back() + (takes_value() ? " " : "") + placeholder; }

std::string Option::brief() const {
  std::size_t end = std::min({text.find_first_of(",;:("), text.find(". "), text.size()});
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '.')) --end;
  return text.substr(0, end);
}

std::string Word::spelling() const {
  const std::string word = placeholder + (repeated ? "..." : "");
  return needed ? word : "[" + word + "]";
}

const Option* Form::option(std::string_view flag) const { return option_in(options, flag); }

std::vector<Option> CommandEntry::options() const {
  std::vector<Option> all;
  for (const auto& form : forms) {
    for (const auto& option : form.options) {
      if (option_in(all, option.flags.front()) == nullptr) all.push_back(option);
    }
  }
  return all;
}

std::string usage_of(const CommandEntry& command, const Form& form) {
  std::string line = "ingot " + command.name;
  if (!form.verb.empty()) line += " " + form.verb;
  const bool each = form.options.size() <= most_options_in_usage;
  if (!each) line += " [OPTIONS]";
  for (const auto& option : form.options) {
    if (option.needed)
      line += " " + option.long_spelling();
    else if (each)
      line += fmt::format(" [{}]{}", option.long_spelling(), option.repeated ? "..." : "");
  }
  if (form.raw) line += " --";
  for (const auto& word : form.words) line += " " + word.spelling();
  return line;
}

std::vector<std::string> CommandEntry::usage() const {
  std::vector<std::string> lines;
  for (const auto& form : forms) lines.push_back(usage_of(*this, form));
  return lines;
}

std::vector<std::string> alternatives(std::string_view placeholder) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = placeholder.find('|');
    parts.emplace_back(placeholder.substr(0, end));
    if (end == std::string_view::npos) return parts;
    placeholder.remove_prefix(end + 1);
  }
}

std::vector<std::string> choices_of(std::string_view placeholder) {
  std::vector<std::string> choices = alternatives(placeholder);
  for (auto& choice : choices) {
    const auto equals = choice.find('=');
    if (!is_literal(std::string_view(choice).substr(0, equals))) return {};
    if (equals != std::string::npos) choice.resize(equals + 1);
  }
  return choices;
}

bool is_file(std::string_view placeholder) {
  constexpr std::array names{"FILE", "MANIFEST", "KEY", "PLAN", "DIR", "DEST", "BASE", "NEW", "DELTA"};
  const auto parts = alternatives(placeholder);
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return std::find(names.begin(), names.end(), part) != names.end(); });
}

}  // namespace ingot::options
