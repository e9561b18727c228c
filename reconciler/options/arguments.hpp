// The command line as a value: one struct for each command (or each verb of it, as in "key make"), and what all commands take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconciler/io/terminal.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "schema/catalog/serial.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::options {

/// In what results can be shown or written. Which command knows which: its forms in the command table.
enum class Format { text, json, markdown, html, github, terraform, codequality, sarif, junit, dot, mermaid };
std::string_view text_of(Format format);  ///< "text" …

/// A report that is written to a file (--output).
struct OutputFile {
  Format format = Format::json;
  std::string path;
};

/// The options of every command.
struct GlobalOptions {
  std::optional<std::string> manifest;  ///< a file, or a folder with an ingot.toml; none: ./ingot.toml
  std::optional<std::string> rev;       ///< a revision of the manifest's repository; none: the manifest is read from the disk
  std::optional<std::string> repo;      ///< the URL of a repository to fetch; only together with `rev`
  std::optional<std::string> home;      ///< the folder that relative paths of the manifest start at; none: the manifest's
  Format format = Format::text;
  io::Color color = io::Color::automatic;
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;
  Seconds lock_timeout{0};                ///< 0: one try
  std::optional<std::uint32_t> parallel;  ///< 1-64; none: [limits] parallel of the manifest
};

struct ShowHelp {
  std::string text;
  bool asked = true;  ///< false: the command line was empty, which is a usage error
};
struct ShowVersion {};

struct InitArguments {
  std::optional<std::string> server;
  std::optional<std::string> url;
  std::optional<std::string> folder;
};
struct CardArguments {
  std::optional<std::string> file;  ///< a card to show; none: this server's own
  std::optional<std::string> out;   ///< the file for this server's card; none: standard output
};
struct ValidateArguments {
  std::vector<OutputFile> outputs;
};
struct PlanArguments {
  plan::PlanOptions options;
  bool detailed_exit_code = false;
  std::optional<std::string> base;     ///< a revision: only differences from its plan are shown
  std::optional<std::string> out;      ///< the file to save the plan in
  std::optional<std::string> against;  ///< the URL of a server whose state and sources are not on this machine
  bool check_sources = false;          ///< check every member of every source
  std::vector<OutputFile> outputs;
};
struct ApplyArguments {
  plan::PlanOptions options;
  bool yes = false;
  bool rewind = false;                      ///< allows a commit that is older than the one applied last
  std::optional<std::string> plan = {};     ///< a saved plan; then `options` are those of the saved plan
  std::optional<Digest> expect = {};        ///< the id that the plan must have
  std::optional<std::string> metrics = {};  ///< a file for node_exporter
  std::vector<OutputFile> outputs = {};

  /// Whether the command line approves the plan, so that nobody is asked.
  bool approves() const { return yes || plan || expect || options.approved; }
};
struct ReconcileArguments {
  std::optional<std::set<Verb>> approved = {};  ///< only these; none: all
  Seconds jitter{0};                            ///< the longest random wait at the start
  std::optional<Seconds> deadline;              ///< from the start of the command; no action begins after it
  std::optional<std::string> metrics = {};      ///< as for apply
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
  std::optional<std::string> at;  ///< a run, a commit or a time in the past
};
struct HistoryArguments {
  std::string what;  ///< an address or a name
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
  bool no_special = false;  ///< leave out set-id bits, capabilities and ACLs; accept lost modes and times
};
/// "delta apply". Paths.
struct ApplyDelta {
  std::string base;         ///< a file or a folder
  std::string delta;        ///< a file
  std::string destination;  ///< "-": standard output
  bool sparse = false;
  bool no_special = false;  ///< as for extract
};
/// "delta make". Paths.
struct MakeDelta {
  std::string base;    ///< a file or a folder
  std::string result;  ///< likewise
  std::string delta;   ///< a file that does not exist yet
};
struct VerifyArguments {
  std::vector<std::string> images;
  bool repair = false;
  std::optional<std::string> upload = {};  ///< its name: look there instead of at the store
};
struct PublishArguments {
  Serial above = 0;                         ///< the new serial is higher than this
  std::optional<std::string> metrics = {};  ///< a file for node_exporter
};
/// Values of "add" as written.
struct AddArguments {
  std::string source;
  std::string name;
  std::string type;
  std::vector<std::string> series;
  std::string parent;
  std::string version;
  std::string platform;
  std::string description;
  std::optional<ImageState> state;
  std::vector<std::string> labels;  ///< "NAME=VALUE"
};
struct BundleArguments {
  std::string destination;
  std::vector<std::string> images;  ///< none: all, unless `series` is given
  std::optional<std::string> series;
  std::optional<std::uint64_t> latest;  ///< of the series, at least 1
  std::optional<Serial> since;
  std::optional<ServerName> peer;  ///< whose tree; none: this server's
  bool verify = false;
};
struct GcArguments {
  Seconds grace = std::chrono::hours(24) * 14;
  bool dry_run = false;
};
struct RebuildArguments {
  bool yes = false;  ///< accept, or disown, images that this server did not publish
};
struct MoveState {
  std::string to;                            ///< a file, or the URL of a database
  std::optional<std::string> password_file;  ///< of that database
};
struct CheckFleet {
  std::vector<std::string> manifests;  ///< files, or folders with an ingot.toml
};
struct AskFleet {
  std::optional<std::string> what;     ///< a name, or "series:NAME"; none: all images
  std::string cards;                   ///< a folder
  std::vector<std::string> manifests;  ///< of some of the servers: where their rules are written; may be empty
};
struct PlanFleet {
  std::vector<std::string> manifests;  ///< files, or folders with an ingot.toml
  std::optional<std::string> cards;    ///< a folder with cards of servers whose manifest has none beside it
  std::optional<std::string> base;     ///< a revision: only differences from its plans are shown
};
struct ReportFleet {
  std::vector<std::string> manifests;  ///< may be empty
  std::string cards;                   ///< a folder
  std::string out;                     ///< the HTML file
};
struct ReportArguments {
  std::string out;  ///< the HTML file
};

struct MakeKey {
  std::string file;
};
struct ShowKeys {
  std::optional<std::string> file;  ///< of a key, a root or releases; none: this server's root
};
/// Keys as written: 64 hex digits, a file, or the first digits.
struct WantedKeys {
  std::vector<std::string> add;
  std::vector<std::string> drop;
  std::optional<std::uint32_t> threshold;  ///< 1-16
};
/// key rotate and key revoke.
struct ChangeKeys {
  std::string verb;
  std::vector<std::string> revoke;
  WantedKeys root;
  WantedKeys catalog;
  WantedKeys release;
  std::optional<std::string> expires;  ///< a time, or a duration from now
  std::vector<std::string> sign_with;  ///< files of private keys, besides those in the folder `keys`
  std::optional<std::string> out;      ///< the file for a root that still needs signatures
  bool yes = false;                    ///< disown images that are published and unknown to the state
};
/// Signs a root or releases.
struct SignRoot {
  std::string file;
  std::vector<std::string> sign_with;  ///< empty: the root or release keys in the folder `keys`
};
struct InstallRoot {
  std::string file;
  bool yes = false;  ///< as in ChangeKeys
};
struct ReleaseImages {
  std::vector<std::string> images;
  std::vector<std::string> sign_with;  ///< files of private keys, besides those in the folder `keys`
  std::optional<std::string> out;      ///< the file for releases that are not installed yet
};

enum class Shell { bash, zsh, fish };
struct CompletionArguments {
  Shell shell = Shell::bash;
};
/// What a shell asks for while the user types a line.
struct NamesArguments {
  std::vector<std::string> words;  ///< the words after "ingot" and before the one that is being typed
};
struct SchemaArguments {
  std::optional<std::string> name;
};

/// The alternative decides which `run_command` of the room `command` runs.
using Command = std::variant<ShowHelp, ShowVersion, InitArguments, CardArguments, ValidateArguments, PlanArguments,
                             ApplyArguments, ReconcileArguments, DiffArguments, StatusArguments, DriftArguments, QueryArguments,
                             HistoryArguments, ExplainArguments, ShowArguments, ExtractArguments, ApplyDelta, MakeDelta,
                             VerifyArguments, PublishArguments, AddArguments, BundleArguments, GcArguments, MakeKey, ShowKeys,
                             ChangeKeys, SignRoot, InstallRoot, ReleaseImages, RebuildArguments, MoveState, CheckFleet, AskFleet,
                             PlanFleet, ReportFleet, ReportArguments, CompletionArguments, NamesArguments, SchemaArguments>;

struct Arguments {
  GlobalOptions everywhere;
  Command command;
};

}  // namespace ingot::options
