// How a row of the command table is written: add_form<A> binds each option and argument to a member of A. The type of the member
// says how the text is read (`read_value.hpp`): bool is a switch, Seconds a time, an enum the index of the choice. Instead of a
// member it takes a function (A&) → member, or (A&, const Setting&).
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconciler/options/command_table.hpp"
#include "reconciler/options/read_value.hpp"

namespace ingot::options {

/// Adds one form to a command. To be used before the next form of the same command is added.
template <class A>
class FormOf {
 public:
  explicit FormOf(CommandEntry& command, const std::string& verb = "") : form_(command.forms.emplace_back()) {
    form_.name = verb.empty() ? command.name : command.name + " " + verb;
    form_.verb = verb;
    if constexpr (!is_global) form_.start = A{};
  }
  /// An argument: "IMAGE", "[DIR]", "KEY...", "[IMAGE...]".
  template <class Access>
  FormOf& word(std::string_view spelling, Access access) {
    form_.words.push_back(Word(spelling, setter(access)));
    return *this;
  }
  /// "-f, --file MANIFEST"; without a placeholder a switch.
  template <class Access>
  FormOf& option(std::string_view spelling, Access access, std::string text) {
    form_.options.push_back(Option(spelling, std::move(text), setter(access)));
    return *this;
  }
  /// An option that must be given. A command line without it is a usage error.
  template <class Access>
  FormOf& needed(std::string_view spelling, Access access, std::string text) {
    option(spelling, access, std::move(text));
    form_.options.back().needed = true;
    return *this;
  }
  /// An option that may be given several times.
  template <class Access>
  FormOf& repeated(std::string_view spelling, Access access, std::string text) {
    option(spelling, access, text + ". May be given several times");
    form_.options.back().repeated = true;
    return *this;
  }
  /// What only the options together can get wrong. `check` may change the arguments; throws Error{usage}.
  FormOf& check(std::function<void(A&)> check) {
    form_.check = [check = std::move(check)](Arguments& arguments) { check(part_of(arguments)); };
    return *this;
  }
  /// Of --format, and of --output if those are others.
  FormOf& formats(std::vector<Format> shown, std::vector<Format> written = {}) {
    form_.file_formats = written.empty() ? shown : std::move(written);
    form_.formats = std::move(shown);
    return *this;
  }
  /// "--" stands before the words.
  FormOf& dashes() {
    form_.dashes = true;
    return *this;
  }

 private:
  static constexpr bool is_global = std::same_as<A, GlobalOptions>;

  static A& part_of(Arguments& arguments) {
    if constexpr (is_global)
      return arguments.everywhere;
    else
      return std::get<A>(arguments.command);
  }
  template <class Access>
  static Set setter(Access access) {
    return [access](const Setting& setting, Arguments& arguments) {
      if constexpr (std::invocable<Access, A&, const Setting&>)
        access(part_of(arguments), setting);
      else
        read(setting, std::invoke(access, part_of(arguments)));
    };
  }

  Form& form_;
};

template <class A>
FormOf<A> add_form(CommandEntry& command, const std::string& verb = "") {
  return FormOf<A>(command, verb);
}

/// For a member that is a number from `least` to `most`; `example` is for the hint.
template <class A, class Number>
auto number(Number A::*member, std::uint64_t least, std::uint64_t most, std::uint64_t example) {
  return [=](A& arguments, const Setting& setting) { arguments.*member = read_number(setting, least, most, example); };
}

// The rows: a function for each file in commands/, in the order of the help.
std::vector<CommandEntry> server_commands();
std::vector<CommandEntry> run_commands();
std::vector<CommandEntry> question_commands();
std::vector<CommandEntry> image_commands();
std::vector<CommandEntry> upkeep_commands();
std::vector<CommandEntry> fleet_commands();
std::vector<CommandEntry> shell_commands();

// What several commands say alike.
inline const std::vector<Format> validate_formats{Format::text,        Format::json,  Format::markdown, Format::github,
                                                  Format::codequality, Format::sarif, Format::junit};
inline constexpr auto output_to_file = "write the result to FILE too, also if there are errors";
inline constexpr auto metrics_file =
    "write metrics for the textfile collector of node_exporter at the end of the run, also of a failed one, such as "
    "/var/lib/prometheus/node-exporter/ingot.prom. Use one FILE for each server: every metric has the label \"server\". Replaces "
    "only a file of metrics, and follows no link";

}  // namespace ingot::options
