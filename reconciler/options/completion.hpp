// Shell completions: the script of a shell asks "ingot completion names" what may come next. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/options/arguments.hpp"
#include "reconciler/options/command_line.hpp"

namespace ingot::options {

/// What a shell runs once to complete lines that begin with "ingot".
std::string_view completion_script(Shell shell);

/// Names of this server that a shell can offer. series_references: written "series:NAME".
enum class NameKind { images, series, series_references, peers, types };

struct Offer {
  std::string word;
  std::string text;  ///< one line for a menu; may be empty
};
/// What may come next.
struct Offers {
  std::vector<Offer> words;
  std::vector<NameKind> names;
  bool files = false;
  bool schemas = false;  ///< the names that "ingot schema" takes
  std::string prefix;    ///< "--color=", if its value is being typed: stands before each word and name
};
/// `line`: what is complete. `typed`: the word that is being typed, may be empty.
Offers offers_after(const CommandLine& line, std::string_view typed);

}  // namespace ingot::options
