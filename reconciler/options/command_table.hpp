// The one table of the command line: every command with its summary, examples, text, options and arguments. The parser, --help,
// the completions and the man page are made from it. A row is built with `define.hpp`; the rows are in `commands/`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/options/arguments.hpp"

namespace ingot::options {

struct Form;

/// One value on its way into the arguments.
struct Setting {
  const Form* form;         ///< nullptr: no command was given
  std::string name;         ///< the flag as written, or the command for an argument: for messages
  std::string placeholder;  ///< "FILE", "bash|zsh|fish"
  std::string value;        ///< "" for a switch
};
using Set = std::function<void(const Setting&, Arguments&)>;

/// A flag, such as "-f, --file MANIFEST". A placeholder names the kind of value: FILE, DIR, TIME, PEER, IMAGE … or the choices
/// "a|b".
struct Option {
  Option(std::string_view spelling, std::string what, Set setter);

  std::vector<std::string> flags;  ///< "-f", "--file"
  std::string placeholder;         ///< "": a switch, which takes no value
  std::string text;
  bool needed = false;    ///< must be given
  bool repeated = false;  ///< may be given several times
  Set set;

  bool takes_value() const { return !placeholder.empty(); }
  bool has(std::string_view flag) const;
  /// "-f, --file MANIFEST"
  std::string spelling() const;
  /// "--file MANIFEST"
  std::string long_spelling() const;
  /// The text up to its first stop: for a menu.
  std::string brief() const;
};

/// An argument that is no option, such as IMAGE.
struct Word {
  Word(std::string_view spelling, Set setter);

  std::string placeholder;
  bool needed = true;
  bool repeated = false;
  Set set;

  /// "IMAGE", "[DIR]", "KEY...", "[IMAGE...]"
  std::string spelling() const;
};

/// One way to call a command. Most commands have one; "key make" and "key show" are two forms of `key`.
struct Form {
  std::string name;  ///< "plan", "key make"
  std::string verb;  ///< the word after the command, "make"; "": none
  std::vector<Word> words;
  std::vector<Option> options;  ///< without the global ones
  Command start;                ///< the arguments before anything is set
  /// Looks at the arguments when all are set; may be empty. Throws Error{usage}.
  std::function<void(Arguments&)> check;
  std::vector<Format> formats{Format::text, Format::json};       ///< of --format
  std::vector<Format> file_formats{Format::text, Format::json};  ///< of --output
  bool dashes = false;                                           ///< "--" stands before its words, which may look like flags

  const Option* option(std::string_view flag) const;
  /// "ingot key make FILE"
  std::string usage() const;
};

/// One row of the table.
struct CommandEntry {
  std::string name;
  std::string summary;   ///< one line, for the overview
  std::string examples;  ///< lines that begin with two spaces
  std::string text;      ///< paragraphs, wrapped when they are shown; lines that begin with two spaces stay as they are
  std::vector<Form> forms = {};
  bool events = false;  ///< with --json it prints one event a line, the last one a result
};

/// All commands, in the order of the help.
const std::vector<CommandEntry>& command_table();
/// nullptr: there is no such command.
const CommandEntry* find_command(std::string_view name);
std::vector<std::string> command_names();

/// What every command takes.
const std::vector<Option>& global_options();
/// An option of any form of `command`, which may be nullptr, or a global one; nullptr: neither.
const Option* find_option(const CommandEntry* command, std::string_view flag);

/// A row of the lists at the end of the overview.
struct Described {
  std::vector<std::string> names;
  std::string text;
};
/// The variables of the environment that are read.
const std::vector<Described>& environment_variables();
const std::vector<Described>& exit_codes();

/// "a|b" → "a", "b".
std::vector<std::string> alternatives(std::string_view placeholder);

}  // namespace ingot::options
