#include "reconciler/options/command_line.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/options/help.hpp"
#include "reconciler/options/read_value.hpp"

namespace ingot::options {

namespace {

using Words = std::vector<std::string>;

constexpr std::string_view help_command = "help";  // no row: it has nothing but --help's pages

Error unknown_command(const std::string& word) {
  return Error(Fault::usage, fmt::format("unknown command \"{}\"", io::printable(word)),
               did_you_mean(word, command_names(), see("")));
}

/// "help" and "help COMMAND" are the same as --help.
ShowHelp help_of(const Words& words) {
  if (words.size() < 2 || words[1] == help_command) return {.text = help_page("")};
  const CommandEntry* const command = find_command(words[1]);
  if (command == nullptr) throw unknown_command(words[1]);
  const auto is_its_verb = [&](const Form& form) {
    return form.verb == words[2];
  };  // "help fleet status": the page has all verbs
  if (words.size() > 3 || (words.size() == 3 && std::none_of(command->forms.begin(), command->forms.end(), is_its_verb)))
    wrong(fmt::format("help takes one command, not also \"{}\"", io::printable(words.back())), see(words[1]));
  return {.text = help_page(words[1])};
}

/// Which form of the command is meant, by its verb. Takes the verb off the words.
const Form& form_of(const CommandEntry& command, Words& words) {
  const Form* without_verb = nullptr;
  Words verbs;
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

void set_words(const Form& form, const Words& words, Arguments& arguments) {
  const std::string usage = "usage: " + form.usage();
  auto next = words.begin();
  for (const auto& word : form.words) {
    if (next == words.end() && word.needed) wrong(fmt::format("{} needs {}", form.name, word.spelling()), usage);
    const auto last = word.repeated || next == words.end() ? words.end() : std::next(next);
    for (; next != last; ++next)
      word.set({.form = &form, .name = form.name, .placeholder = word.placeholder, .value = *next}, arguments);
  }
  if (next == words.end()) return;
  wrong(fmt::format("{} takes no {}argument \"{}\"", form.name, form.words.empty() ? "" : "further ", io::printable(*next)),
        usage);
}

/// What only several options together get wrong.
void check_global(const GlobalOptions& given) {
  if (given.manifest == "-")
    wrong("-f \"-\" is not a file: ingot does not read a manifest from standard input",
          "write it to a file: relative paths in it start at its folder, and git knows its commit");
  if (given.repo && !given.rev) wrong("--repo needs --rev", "give the branch, for example --rev main");
}

}  // namespace

CommandLine::CommandLine(const Words& words) : rest_(words) {
  while (!rest_.empty()) {
    const std::string& word = rest_.front();
    rest_ = rest_.subspan(1);
    take(word);
  }
}

void CommandLine::take(const std::string& word) {
  if (only_words_ || word.size() < 2 || word.front() != '-')
    take_word(word);
  else if (word == "--")
    only_words_ = true;
  else if (word.starts_with("--"))
    take_long(word);
  else
    take_short(word);
}

void CommandLine::take_word(const std::string& word) {
  words_.push_back(word);
  if (words_.size() > 1 || word == help_command) return;
  command_ = find_command(word);
  if (command_ == nullptr && !error_) error_ = unknown_command(word);
}

void CommandLine::take_long(const std::string& word) {
  const auto equals = word.find('=');
  const std::string flag = word.substr(0, equals);
  const Option* const option = find_option(command_, flag);
  if (option == nullptr) return refuse_flag(flag);
  if (equals == std::string::npos) return take_next_value(*option, flag);
  const std::string value = word.substr(equals + 1);
  if (!option->takes_value()) return refuse(fmt::format("{} takes no value", flag), see(command_name()));
  if (value.empty()) return refuse(fmt::format("{} needs a value: {} {}", flag, flag, option->placeholder), see(command_name()));
  add(*option, flag, value);
}

/// "-q", "-qv", "-fFILE", "-qf FILE"
void CommandLine::take_short(const std::string& word) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    const std::string flag{'-', word[i]};
    const Option* const option = find_option(command_, flag);
    if (option == nullptr) return refuse_flag(word);
    if (option->takes_value() && i + 1 < word.size()) return add(*option, flag, word.substr(i + 1));
    take_next_value(*option, flag);
  }
}

/// Its value, if it takes one, is the next word, whatever that looks like.
void CommandLine::take_next_value(const Option& option, const std::string& flag) {
  if (!option.takes_value()) return add(option, flag, "");
  if (rest_.empty()) {
    unfinished_ = &option;
    return refuse(fmt::format("{} needs a value: {} {}", flag, flag, option.placeholder), see(command_name()));
  }
  add(option, flag, rest_.front());
  rest_ = rest_.subspan(1);
}

/// An option after the command replaces the same one before it (an alias may set it there).
void CommandLine::add(const Option& option, const std::string& flag, const std::string& value) {
  const bool before = command_ == nullptr;
  const bool twice = std::any_of(options_.begin(), options_.end(),
                                 [&](const Given& given) { return given.option == &option && given.before_command == before; });
  if (twice && option.takes_value() && !option.repeated)
    refuse(fmt::format("{} is given more than once", flag), see(command_name()));
  options_.push_back({.option = &option, .flag = flag, .value = value, .before_command = before});
}

void CommandLine::refuse(const std::string& text, const std::string& mend) {
  if (!error_) error_.emplace(Fault::usage, text, mend);
}

void CommandLine::refuse_flag(const std::string& flag) {
  Words known;
  for (const auto& option : global_options()) known.push_back(option.flags.back());
  if (command_ != nullptr) {
    for (const auto& form : command_->forms) {
      for (const auto& option : form.options) known.push_back(option.flags.back());
    }
  }
  refuse(fmt::format("unknown option \"{}\"", io::printable(flag)), did_you_mean(flag, known, see(command_name())));
}

bool CommandLine::gives(std::string_view global_flag) const {
  const Option* const wanted = find_option(nullptr, global_flag);
  return std::any_of(options_.begin(), options_.end(), [&](const Given& given) { return given.option == wanted; });
}

std::string CommandLine::global_value(std::string_view flag) const {
  const Option* const wanted = find_option(nullptr, flag);
  const auto given = std::find_if(options_.rbegin(), options_.rend(), [&](const Given& one) { return one.option == wanted; });
  return given == options_.rend() ? "" : given->value;
}

bool CommandLine::json() const { return gives("--json") || global_value("--format") == "json"; }

/// An empty value is none: scripts write --out "$OUT". Of a repeated option it is one of the values.
void CommandLine::set_options(const Form* form, Arguments& arguments) const {
  for (const auto& given : options_) {
    const bool global = find_option(nullptr, given.flag) == given.option;
    if (form == nullptr && !global) continue;  // --version stands beside options of a command
    const Option* const option = global ? given.option : form->option(given.flag);
    if (option == nullptr) wrong(fmt::format("{} takes no {}", form->name, given.flag), see(command_name()));
    if (option->takes_value() && given.value.empty() && !option->repeated) continue;
    option->set({.form = form, .name = given.flag, .placeholder = option->placeholder, .value = given.value}, arguments);
  }
  check_global(arguments.everywhere);
  const std::string format = global_value("--format");
  if (gives("--json") && !format.empty() && format != "json")
    wrong(fmt::format("--json and --format {} contradict each other", format), "give one of them");
}

/// An empty value is none.
void CommandLine::check_needed(const Form& form) const {
  for (const auto& option : form.options) {
    const bool given = std::any_of(options_.begin(), options_.end(),
                                   [&](const Given& one) { return one.option->has(option.flags.back()) && !one.value.empty(); });
    if (option.needed && !given) wrong(fmt::format("{} needs {}", form.name, option.long_spelling()), "usage: " + form.usage());
  }
}

Arguments CommandLine::arguments() const {
  if (!words_.empty() && words_.front() == help_command) return {{}, help_of(words_)};
  if (gives("--help")) return {{}, ShowHelp{.text = help_page(command_name())}};
  if (gives("--version")) {
    Arguments arguments{{}, ShowVersion{}};
    set_options(nullptr, arguments);
    return arguments;
  }
  if (error_) throw *error_;
  if (command_ == nullptr) return {{}, ShowHelp{.text = help_page(""), .asked = false}};
  Words words(words_.begin() + 1, words_.end());
  const Form& form = form_of(*command_, words);
  Arguments arguments{{}, form.start};
  set_options(&form, arguments);
  set_words(form, words, arguments);
  check_needed(form);
  if (form.check) form.check(arguments);
  return arguments;
}

}  // namespace ingot::options
