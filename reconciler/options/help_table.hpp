// The pages of the help, read back as values: completions and the man page are made of them, and a test holds them against
// what the command line takes. So the help is the one place where a command and its options are described.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingot::options {

/// One line of options of a page.
struct HelpOption {
  std::vector<std::string> flags;  ///< "-f", "--file"
  std::string value;               ///< what it takes, "FILE", "text|json"; "": nothing
  std::string text;                ///< all that is said of it, in one line

  /// The text up to its first stop: for a menu.
  std::string brief() const;
};

/// What stands between the options of a page.
struct HelpBlock {
  enum class Kind { prose, examples };
  Kind kind = Kind::prose;
  std::vector<std::string> lines;
};

struct HelpPage {
  std::string command;
  std::string summary;
  std::vector<std::string> usage;  ///< each begins with "ingot "
  std::vector<HelpBlock> blocks;
  std::vector<HelpOption> options;  ///< its own, without those that every command takes

  /// The words that may follow the command first, "peers", "images"; empty: it takes others.
  std::vector<std::string> first_words() const;
  /// Whether one of its words may be a file or folder.
  bool takes_files() const;
  /// Whether one of its words may be the name of something here.
  bool takes_names() const;
  /// Of what the next word may be the name: "images", "series", "peers", "types", or "series:NAME" as it stands. `given`: the
  /// words after the command that are there already, without options.
  std::vector<std::string> names_after(const std::vector<std::string>& given) const;
};

/// All commands, in the order of the help.
std::vector<HelpPage> help_pages();
/// What every command takes.
std::vector<HelpOption> options_everywhere();

/// The variables of the environment; `flags` are their names.
std::vector<HelpOption> environment_variables();

/// The choices of a value such as "auto|always|never", "removals=N|stops=N" (as "removals=", "stops="); empty: it is none.
std::vector<std::string> choices_of(std::string_view value);
/// Whether a value is the name of a file or folder: FILE, MANIFEST, DIR …
bool is_file(std::string_view value);

}  // namespace ingot::options
