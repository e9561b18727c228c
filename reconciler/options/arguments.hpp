// The command line as a value. arguments.cpp is the one file that knows the argument parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconciler/io/terminal.hpp"
#include "reconciler/options/key_arguments.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "schema/names.hpp"
#include "schema/quantity.hpp"
#include "schema/serial.hpp"

namespace ingot::options {

/// All know the first two; plan and validate those up to `junit`, show of them markdown; the last two are of "fleet check". Apply
/// writes most of them to files.
enum class Format { text, json, markdown, github, terraform, codequality, sarif, junit, dot, mermaid };
std::string_view text_of(Format format);

/// A report to be written beside the one that is shown.
struct OutputFile {
  Format format = Format::json;
  std::string path;
};

/// What every command understands.
struct GlobalOptions {
  std::optional<std::string> manifest;  ///< -f as given: a file, or a folder with an ingot.toml
  std::optional<std::string> rev;       ///< the revision of its repository that the manifest is read from; none: the disk
  std::optional<std::string> repo;      ///< the address of a repository that is fetched for it; then `rev` is one of its branches
  std::optional<std::string> home;      ///< what the manifest's relative paths are relative to; none: its folder
  Format format = Format::text;
  io::Color color = io::Color::automatic;
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;
  Seconds lock_timeout{0};                ///< 0: one try
  std::optional<std::uint32_t> parallel;  ///< 1-64, instead of [limits] parallel
};

struct ShowHelp {
  std::string text;
  bool asked = true;  ///< false: nothing was asked for, which is an error
};
struct ShowVersion {};

struct InitArguments {
  std::optional<std::string> server;
  std::optional<std::string> url;
  std::optional<std::string> folder;
};
struct CardArguments {
  std::optional<std::string> file;  ///< a card to show; nullopt: this server's own
  std::optional<std::string> out;   ///< where to write this server's; nullopt: standard output
};
struct ValidateArguments {
  std::vector<OutputFile> outputs;
};
struct PlanArguments {
  plan::PlanOptions options;
  bool detailed_exit_code = false;
  std::optional<std::string> base;     ///< a revision: only what the manifest adds to it is shown
  std::optional<std::string> out;      ///< the file in which the plan is kept
  std::optional<std::string> against;  ///< where the server publishes itself: its state and sources are elsewhere
  bool check_sources = false;          ///< look at every member of every source
  std::vector<OutputFile> outputs;
};
struct ApplyArguments {
  plan::PlanOptions options;
  bool yes = false;
  bool rewind = false;                      ///< the manifest's commit may be older than the one applied last
  std::optional<std::string> plan = {};     ///< a file that plan --out kept; then there are no options
  std::optional<Digest> expect = {};        ///< only if the plan has this id
  std::optional<std::string> metrics = {};  ///< a file for node_exporter
  std::vector<OutputFile> outputs = {};

  /// Whether the command line approves what is done, so that nobody needs to be asked.
  bool approves() const { return yes || plan || expect || options.approved; }
};
struct ReconcileArguments {
  Seconds jitter{0};                        ///< the longest wait before anything begins
  std::optional<Seconds> deadline;          ///< from the start of the command; no action begins after it
  std::optional<std::string> metrics = {};  ///< as for apply
};
struct DiffArguments {
  std::string before;
  std::string after;
};
struct StatusArguments {};
struct DriftArguments {};

enum class Topic { peers, images, series, types, subscriptions, history };
struct QueryArguments {
  Topic topic = Topic::images;
  std::optional<ServerName> peer;
  std::optional<std::string> name;
  std::optional<std::string> at;  ///< a run, a commit or a time: what was here then
};
struct HistoryArguments {
  std::string what;  ///< an address, or a name
};
struct ExplainArguments {
  std::string what;
};
struct ShowArguments {
  std::string what;
};
struct ExtractArguments {
  std::string what;
  std::string destination;
  bool withdrawn = false;
  bool sparse = false;
  bool special = true;  ///< false: without set-id bits, capabilities and ACLs, and a lost mode or time is no fault
};
struct VerifyArguments {
  std::vector<std::string> images;
  bool repair = false;
};
struct PublishArguments {
  Serial above = 0;                         ///< the serial is higher than this
  std::optional<std::string> metrics = {};  ///< a file for node_exporter
};
struct GcArguments {
  Seconds grace = std::chrono::hours(24) * 14;
  bool dry_run = false;
};
struct RebuildArguments {
  bool yes = false;  ///< takes in, or disowns, what this server did not publish
};
struct CheckFleet {
  std::vector<std::string> manifests;  ///< files, or folders with an ingot.toml
};
struct AskFleet {
  std::optional<std::string> what;  ///< a name, or "series:NAME"; nullopt: all images
  std::string cards;                ///< a folder
};
using FleetCommand = std::variant<CheckFleet, AskFleet>;

enum class Shell { bash, zsh, fish };
struct CompletionArguments {
  Shell shell = Shell::bash;
};
/// What a shell asks for, while a line is typed.
struct NamesArguments {
  std::vector<std::string> words;  ///< those before the one that is typed, after "ingot"
};
struct SchemaArguments {
  std::optional<std::string> name;
};

using Command =
    std::variant<ShowHelp, ShowVersion, InitArguments, CardArguments, ValidateArguments, PlanArguments, ApplyArguments,
                 ReconcileArguments, DiffArguments, StatusArguments, DriftArguments, QueryArguments, HistoryArguments,
                 ExplainArguments, ShowArguments, ExtractArguments, VerifyArguments, PublishArguments, GcArguments, KeyCommand,
                 RebuildArguments, FleetCommand, CompletionArguments, NamesArguments, SchemaArguments>;

struct Arguments {
  GlobalOptions everywhere;
  Command command;
};

/// `words`: argv without the program's name. Error{usage} with the nearest word for what is misspelt.
Arguments parse_arguments(const std::vector<std::string>& words);

/// All flags that a command takes, "--file", "-f" …
std::vector<std::string> flags_of_command(const std::string& command);

}  // namespace ingot::options
