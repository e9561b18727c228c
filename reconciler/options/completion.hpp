// Shell completions, made of the help's pages. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/options/help_table.hpp"

namespace ingot::options {

/// All that a shell may be told.
struct Completable {
  std::vector<HelpPage> pages;
  std::vector<HelpOption> everywhere;
  std::vector<std::string> schemas;  ///< names that "ingot schema" takes

  /// The words that may follow a command first.
  std::vector<std::string> first_words(const HelpPage& page) const {
    return page.command == "schema" ? schemas : page.first_words();
  }
};

std::string bash_completion(const Completable& all);
std::string zsh_completion(const Completable& all);
std::string fish_completion(const Completable& all);

}  // namespace ingot::options
