// Shell completions, made from the command table. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/options/command_table.hpp"

namespace ingot::options {

/// `schemas`: the names that "ingot schema" takes.
std::string bash_completion(const std::vector<std::string>& schemas);
std::string zsh_completion(const std::vector<std::string>& schemas);
std::string fish_completion(const std::vector<std::string>& schemas);

/// Names of this server that a shell can offer. series_references: written "series:NAME".
enum class NameKind { images, series, series_references, peers, types };
/// What a placeholder stands for. NAME alone stands for what `before`, the word before it, says ("images", "peers" …).
std::vector<NameKind> kinds_of(std::string_view placeholder, std::string_view before);
/// What the next word may name. `given`: the words after the command, without options.
std::vector<NameKind> kinds_after(const CommandEntry& command, const std::vector<std::string>& given);

/// How a shell completes the value of an option: `choices` with the words in place of {}, `files`, `names`, or `nothing`.
std::string completed_by(std::string_view placeholder, std::string_view choices, std::string_view files, std::string_view names,
                         std::string_view nothing);

/// The words that may come first after a command: its verbs, choices, or schemas.
std::vector<std::string> first_words(const CommandEntry& command, const std::vector<std::string>& schemas);
/// Whether an argument of the command may be a file or folder.
bool takes_files(const CommandEntry& command);
/// Whether an argument of the command may be one of the names.
bool takes_names(const CommandEntry& command);

}  // namespace ingot::options
