// A command line as it was written: which flags each command has.
#pragma once

#include <string>
#include <vector>

#include "reconciler/options/key_arguments.hpp"

namespace CLI {
class App;
}

namespace ingot::options {

/// Everything that can be written, as text: what is checked after parsing gets our messages, not the parser's.
struct Written {
  std::string manifest, rev, repo, home, base, against, format, color, lock_timeout, parallel;
  bool json = false, quiet = false, verbose = false, no_progress = false, help = false, version = false;
  bool repair = false, sparse = false, no_special = false, check_sources = false;
  std::string server, url, peer, at, grace;
  std::vector<std::string> raise_limit, target, exclude, approve;
  std::vector<std::string> output;
  std::string plan_out, expect;
  bool detailed_exit_code = false, allow_empty = false, yes = false, rewind = false, withdrawn = false, dry_run = false;
  std::string above, metrics, jitter, deadline;
  WrittenKeyCommand key;
  std::vector<std::string> words;  ///< positional arguments
  std::string cards;
};

/// The flags of every command.
void add_everywhere(CLI::App& app, Written& to);
/// Those of this one.
void add_own_options(const std::string& command, CLI::App& app, Written& to);

/// Whether JSON is asked for, also by words that are wrong otherwise.
bool ask_for_json(const std::vector<std::string>& words);
/// Whether that JSON is the events of a run: the command is one that applies.
bool ask_for_events(const std::vector<std::string>& words);

}  // namespace ingot::options
