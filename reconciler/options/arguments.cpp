#include "reconciler/options/arguments.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/options/command_table.hpp"
#include "reconciler/options/help.hpp"
#include "reconciler/options/usage.hpp"

namespace ingot::options {

namespace {

bool looks_like_a_flag(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

/// An option as it stands on the command line.
struct Given {
  const Option* option;
  std::string flag;
  std::string value;
  bool before_command;
};

/// The command line taken apart by the table, before any value is looked at.
class Line {
 public:
  explicit Line(const std::vector<std::string>& words) {
    for (auto word = words.begin(); word != words.end(); ++word) {
      if (only_words_ || !looks_like_a_flag(*word))
        take_word(word, words.end());
      else if (*word == "--")
        only_words_ = true;
      else if (word->starts_with("--"))
        take_long(word, words.end());
      else
        take_short(word, words.end());
    }
  }

  const CommandEntry* command() const { return command_; }
  const std::vector<std::string>& words() const { return words_; }
  const std::vector<Given>& options() const { return options_; }
  /// An option of every command; a command may have one of its own that is called so.
  bool gives(std::string_view flag) const {
    const Option* const global = find_option(nullptr, flag);
    return std::any_of(options_.begin(), options_.end(), [&](const Given& given) { return given.option == global; });
  }
  /// The last one given; "" if there is none.
  std::string value_of(std::string_view flag) const {
    std::string value;
    for (const auto& given : options_) {
      if (given.option->has(flag)) value = given.value;
    }
    return value;
  }
  /// Throws for the first word that the table does not know.
  void refuse_unknown() const {
    if (!unknown_.empty() && !looks_like_a_flag(unknown_))
      wrong(fmt::format("unknown command \"{}\"", io::printable(unknown_)), did_you_mean(unknown_, command_names(), see("")));
    if (!unknown_.empty())
      wrong(fmt::format("unknown flag \"{}\"", io::printable(unknown_)),
            did_you_mean(unknown_, long_flags(), see(command_name())));
  }

 private:
  using Place = std::vector<std::string>::const_iterator;

  std::string command_name() const { return command_ == nullptr ? "" : command_->name; }

  std::vector<std::string> long_flags() const {
    std::vector<std::string> flags;
    const auto add = [&](const std::vector<Option>& options) {
      for (const auto& option : options) flags.push_back(option.flags.back());
    };
    add(global_options());
    if (command_ != nullptr) add(command_->options());
    return flags;
  }

  void unknown(const std::string& word) {
    if (unknown_.empty()) unknown_ = word;
  }

  /// Leaves `word` at the last one that it used.
  void take_word(Place& word, Place end) {
    if (command_ == nullptr) {
      if (unknown_.empty()) command_ = find_command(*word);
      if (command_ == nullptr) unknown(*word);
      return;
    }
    const auto& forms = command_->forms;
    const bool raw = words_.empty() &&
                     std::any_of(forms.begin(), forms.end(), [&](const Form& form) { return form.raw && form.verb == *word; });
    words_.push_back(*word);
    if (!raw) return;
    auto rest = std::next(word);
    if (rest != end && *rest == "--") ++rest;
    words_.insert(words_.end(), rest, end);
    word = std::prev(end);
  }

  void take_long(Place& word, Place end) {
    const auto equals = word->find('=');
    const std::string flag = word->substr(0, equals);
    const Option* const option = find_option(command_, flag);
    if (option == nullptr) return unknown(flag);
    if (equals == std::string::npos) return take_option(*option, flag, word, end);
    const std::string value = word->substr(equals + 1);
    if (!option->takes_value()) wrong(fmt::format("{} takes no value", flag), see(command_name()));
    if (value.empty()) refuse_without_value(*option, flag);
    add(*option, flag, value);
  }

  /// "-q", "-qv", "-fFILE", "-qf FILE"
  void take_short(Place& word, Place end) {
    for (std::size_t i = 1; i < word->size(); ++i) {
      const std::string flag{'-', (*word)[i]};
      const Option* const option = find_option(command_, flag);
      if (option == nullptr) return unknown(*word);
      if (option->takes_value() && i + 1 < word->size()) return add(*option, flag, word->substr(i + 1));
      take_option(*option, flag, word, end);
      if (option->takes_value()) return;
    }
  }

  /// Its value is the next word, whatever that looks like.
  void take_option(const Option& option, const std::string& flag, Place& word, Place end) {
    if (!option.takes_value()) return add(option, flag, "");
    if (std::next(word) == end) refuse_without_value(option, flag);
    add(option, flag, *++word);
  }

  [[noreturn]] void refuse_without_value(const Option& option, const std::string& flag) const {
    wrong(fmt::format("{} needs a value: {} {}", flag, flag, option.placeholder), see(command_name()));
  }

  /// An option after the command replaces the same one before it (an alias may set it there).
  void add(const Option& option, const std::string& flag, const std::string& value) {
    const bool before = command_ == nullptr;
    const bool twice = std::any_of(options_.begin(), options_.end(),
                                   [&](const Given& given) { return given.option == &option && given.before_command == before; });
    if (twice && option.takes_value() && !option.repeated)
      wrong(fmt::format("{} is given more than once", flag), see(command_name()));
    options_.push_back({.option = &option, .flag = flag, .value = value, .before_command = before});
  }

  const CommandEntry* command_ = nullptr;
  std::vector<std::string> words_;
  std::vector<Given> options_;
  std::string unknown_;
  bool only_words_ = false;
};

/// Which form of the command is meant, by its verb. Takes the verb off the words.
const Form& form_of(const CommandEntry& command, std::vector<std::string>& words) {
  const Form* without_verb = nullptr;
  std::vector<std::string> verbs;
  for (const auto& form : command.forms) {
    if (!words.empty() && form.verb == words.front() && !form.verb.empty()) {
      words.erase(words.begin());
      return form;
    }
    if (form.verb.empty())
      without_verb = &form;
    else
      verbs.push_back(form.verb);
  }
  if (without_verb != nullptr) return *without_verb;
  const std::string list = fmt::format("{}{}", verbs.size() > 1 ? "one of " : "", fmt::join(verbs, ", "));
  if (words.empty()) wrong(fmt::format("{} needs {}", command.name, list), see(command.name));
  wrong(fmt::format("{} does not know \"{}\"", command.name, io::printable(words.front())),
        did_you_mean(words.front(), verbs, "use " + list));
}

std::string full_name(const CommandEntry& command, const Form& form) {
  return form.verb.empty() ? command.name : command.name + " " + form.verb;
}

void set_words(const Form& form, const std::vector<std::string>& words, const std::string& usage, Setting setting) {
  std::size_t next = 0;
  for (const auto& word : form.words) {
    if (next == words.size() && word.needed) wrong(fmt::format("{} needs {}", setting.command, word.spelling()), usage);
    setting.name = setting.command;
    setting.placeholder = word.placeholder;
    while (next < words.size()) {
      setting.value = words[next++];
      word.set(setting);
      if (!word.repeated) break;
    }
  }
  if (next == words.size()) return;
  wrong(fmt::format("{} takes no {}argument \"{}\"", setting.command, form.words.empty() ? "" : "further ",
                    io::printable(words[next])),
        usage);
}

/// An empty value is none: scripts write --out "$OUT". Of a repeated option it is one of the values.
void set_options(const Line& line, const Form* form, Setting setting) {
  for (const auto& given : line.options()) {
    const bool global = find_option(nullptr, given.flag) == given.option;
    if (form == nullptr && !global) continue;  // --version stands beside options of a command
    const Option* const option = global ? given.option : form->option(given.flag);
    if (option == nullptr) wrong(fmt::format("{} takes no {}", setting.command, given.flag), see(line.command()->name));
    if (option->takes_value() && given.value.empty() && !option->repeated) continue;
    setting.name = given.flag;
    setting.placeholder = option->placeholder;
    setting.value = given.value;
    option->set(setting);
  }
}

/// Throws for a needed option that is not given. An empty value is none.
void check_needed(const Line& line, const Form& form, const std::string& command, const std::string& usage) {
  for (const auto& option : form.options) {
    if (option.needed && line.value_of(option.flags.back()).empty())
      wrong(fmt::format("{} needs {}", command, option.long_spelling()), usage);
  }
}

/// What only several options together get wrong.
void check_global(const Line& line, const GlobalOptions& given) {
  if (given.manifest == "-")
    wrong("-f \"-\" is not a file: ingot does not read a manifest from standard input",
          "write it to a file: relative paths in it start at its folder, and git knows its commit");
  if (given.repo && !given.rev) wrong("--repo needs --rev", "give the branch, for example --rev main");
  const std::string format = line.value_of("--format");
  if (line.gives("--json") && !format.empty() && format != "json")
    wrong(fmt::format("--json and --format {} contradict each other", format), "give one of them");
}

Arguments arguments_of(const Line& line, Command command) {
  Arguments arguments{{}, std::move(command)};
  set_options(line, nullptr, {.to = arguments, .form = nullptr, .command = "", .name = "", .placeholder = "", .value = ""});
  check_global(line, arguments.everywhere);
  return arguments;
}

/// "help" and "help COMMAND" are the same as --help.
Arguments help_of(const std::vector<std::string>& words) {
  std::vector<std::string> asked;
  std::copy_if(words.begin() + 1, words.end(), std::back_inserter(asked),
               [](const std::string& word) { return !word.starts_with('-'); });
  if (asked.size() > 1) wrong(fmt::format("help takes one command, not also \"{}\"", io::printable(asked[1])), see(""));
  if (asked.empty() || asked.front() == "help") return {{}, ShowHelp{help_page(""), true}};
  Line({asked.front()}).refuse_unknown();
  return {{}, ShowHelp{help_page(asked.front()), true}};
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words) {
  if (!words.empty() && words.front() == "help") return help_of(words);
  const Line line(words);
  const CommandEntry* const command = line.command();
  if (line.gives("--help")) return {{}, ShowHelp{help_page(command == nullptr ? "" : command->name), true}};
  if (line.gives("--version")) return arguments_of(line, ShowVersion{});
  line.refuse_unknown();
  if (command == nullptr) return {{}, ShowHelp{help_page(""), false}};
  std::vector<std::string> rest = line.words();
  const Form& form = form_of(*command, rest);
  Arguments arguments{{}, form.start};
  const Setting setting{
      .to = arguments, .form = &form, .command = full_name(*command, form), .name = "", .placeholder = "", .value = ""};
  set_options(line, &form, setting);
  check_global(line, arguments.everywhere);
  const std::string usage = "usage: " + usage_of(*command, form);
  set_words(form, rest, usage, setting);
  check_needed(line, form, setting.command, usage);
  if (form.check) form.check(arguments);
  return arguments;
}

bool ask_for_json(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != end; ++word) {
    if (*word == "--json" || *word == "--format=json") return true;
    if (*word == "json" && word != words.begin() && *std::prev(word) == "--format") return true;
  }
  return false;
}

bool ask_for_events(const std::vector<std::string>& words) {
  if (!ask_for_json(words)) return false;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (!looks_like_a_flag(*word)) {
      const CommandEntry* const command = find_command(*word);
      return command != nullptr && command->events;
    }
    const Option* const option = find_option(nullptr, *word);
    if (option != nullptr && option->takes_value() && std::next(word) != words.end()) ++word;
  }
  return false;
}

std::string_view text_of(Format format) {
  static constexpr std::array<std::string_view, 11> names{"text",        "json",  "markdown", "html", "github", "terraform",
                                                          "codequality", "sarif", "junit",    "dot",  "mermaid"};
  return names.at(static_cast<std::size_t>(format));
}

}  // namespace ingot::options
