#include "reconciler/options/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "reconciler/options/formats.hpp"
#include "reconciler/options/help.hpp"
#include "reconciler/options/usage.hpp"
#include "reconciler/options/written.hpp"
#include "schema/error.hpp"
#include "schema/nearest.hpp"
#include "schema/url.hpp"

namespace ingot::options {

namespace {

/// All flags of a command, "--file" …, for "did you mean".
std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

/// Splits what the parser did not know into misspelt flags (an error) and words.
std::vector<std::string> words_of(const CLI::App& app, const std::string& command) {
  std::vector<std::string> words;
  bool only_words = false;
  for (const auto& word : app.remaining()) {
    if (!only_words && word == "--") {
      only_words = true;
    } else if (!only_words && word.size() > 1 && word.front() == '-') {
      const std::string flag = word.substr(0, word.find('='));
      wrong(fmt::format("unknown flag \"{}\"", io::printable(flag)), did_you_mean(flag, flags_of(app), see(command)));
    } else {
      words.push_back(word);
    }
  }
  return words;
}

io::Color color_of(const Written& written) {
  if (written.color.empty() || written.color == "auto") return io::Color::automatic;
  if (written.color == "always") return io::Color::always;
  if (written.color == "never") return io::Color::never;
  wrong(fmt::format("--color \"{}\" is not known", io::printable(written.color)),
        did_you_mean(written.color, {"auto", "always", "never"}, "auto, always or never"));
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A time that may be 0, which is none.
Seconds time_of(const std::string& flag, const std::string& text) {
  const auto time = text == "0" ? Seconds(0) : parse_duration(text);
  if (!time) wrong(fmt::format("{} \"{}\" is not a time", flag, io::printable(text)), "write it as 30s, 5m or 1h");
  return *time;
}

GlobalOptions everywhere_of(const Written& written, const std::string& command) {
  GlobalOptions everywhere;
  if (written.manifest == "-")
    wrong("-f \"-\" is not a file: a manifest is not read from standard input",
          "write it to a file: relative paths in it start at its folder, and its commit is that of its repository");
  if (!written.manifest.empty()) everywhere.manifest = written.manifest;
  if (!written.rev.empty()) everywhere.rev = written.rev;
  if (!written.home.empty()) everywhere.home = written.home;
  if (!written.repo.empty()) {
    if (written.rev.empty()) wrong("--repo needs --rev", "say which branch, such as --rev main");
    everywhere.repo = written.repo;
  }
  everywhere.format = format_of(written, command);
  everywhere.color = color_of(written);
  everywhere.quiet = written.quiet;
  everywhere.verbose = written.verbose;
  everywhere.no_progress = written.no_progress;
  if (!written.lock_timeout.empty()) everywhere.lock_timeout = time_of("--lock-timeout", written.lock_timeout);
  if (!written.parallel.empty()) {
    const auto parallel = whole_number(written.parallel);
    if (!parallel || *parallel < 1 || *parallel > 64) {
      wrong(fmt::format("--parallel \"{}\" is not a number from 1 to 64", io::printable(written.parallel)),
            "such as --parallel 8");
    }
    everywhere.parallel = static_cast<std::uint32_t>(*parallel);
  }
  return everywhere;
}

plan::PlanOptions plan_options_of(const Written& written) {
  plan::PlanOptions options;
  options.allow_empty = written.allow_empty;
  options.targets = written.target;
  options.excluded = written.exclude;
  for (const auto& raised : written.raise_limit) {
    const auto equals = raised.find('=');
    const std::string which = raised.substr(0, equals);
    const auto number = equals == std::string::npos ? std::nullopt : whole_number(std::string_view(raised).substr(equals + 1));
    auto* const limit = which == "removals"      ? &options.raise_removals
                        : which == "stops"       ? &options.raise_stops
                        : which == "withdrawals" ? &options.raise_withdrawals
                                                 : nullptr;
    if (limit == nullptr || !number) {
      wrong(fmt::format("--raise-limit \"{}\" is not removals=N, stops=N or withdrawals=N", io::printable(raised)),
            "such as --raise-limit removals=20");
    }
    *limit = number;
  }
  return options;
}

/// The positional arguments of a command, with how many it takes.
class Words {
 public:
  Words(std::string command, const std::vector<std::string>& words, std::size_t least, std::size_t most, const std::string& what)
      : words_(words) {
    if (words.size() < least) wrong(fmt::format("{} needs {}", command, what), see(command));
    if (words.size() > most) {
      wrong(fmt::format("{} takes {}, so \"{}\" is too much", command, most == 0 ? "no argument" : what,
                        io::printable(words[most])),
            see(command));
    }
  }
  const std::string& at(std::size_t i) const { return words_.at(i); }
  std::optional<std::string> maybe(std::size_t i) const { return i < words_.size() ? std::optional(words_[i]) : std::nullopt; }

 private:
  const std::vector<std::string>& words_;
};

/// VERB,VERB …; each flag adds to the others.
std::set<Verb> verbs_of(const std::vector<std::string>& lists) {
  std::vector<std::string> known;
  for (const Verb verb : all_verbs) known.emplace_back(text_of(verb));
  std::set<Verb> verbs;
  for (const auto& list : lists) {
    std::istringstream words(list);
    for (std::string word; std::getline(words, word, ',');) {
      const auto verb = parse_verb(word);
      if (!verb)
        wrong(fmt::format("--approve knows no verb \"{}\"", io::printable(word)),
              did_you_mean(word, known, fmt::format("{}", fmt::join(known, ", "))));
      verbs.insert(*verb);
    }
  }
  if (verbs.empty()) wrong("--approve names no verb", "such as --approve copy,add,publish");
  return verbs;
}

Command apply_of(const Written& written) {
  ApplyArguments apply{.options = plan_options_of(written),
                       .yes = written.yes,
                       .rewind = written.rewind,
                       .plan = Words("apply", written.words, 0, 1, "at most one PLAN").maybe(0),
                       .expect = {},
                       .metrics = if_given(written.metrics),
                       .outputs = outputs_of(written, "apply")};
  if (!written.approve.empty()) apply.options.approved = verbs_of(written.approve);
  if (apply.yes && apply.options.approved == std::set{Verb::uninstantiate}) {
    apply.options.approved.reset();
    apply.options.end_despite_unknown = true;
  }
  if (!written.expect.empty()) {
    apply.expect = Digest::parse(written.expect.starts_with("sha256:") ? written.expect : "sha256:" + written.expect);
    if (!apply.expect)
      wrong(fmt::format("--expect \"{}\" is not the id of a plan", io::printable(written.expect)),
            "give the whole id, as \"ingot plan --json\" shows it: sha256: and 64 digits");
  }
  plan::PlanOptions others = apply.options;
  others.end_despite_unknown = false;
  if (apply.plan && (apply.expect || others != plan::PlanOptions{}))
    wrong("a saved plan is done as it stands: it has its limits and targets in it",
          "leave the other flags out, or leave the PLAN out");
  if (apply.yes && apply.options.approved)
    wrong(
        "--yes approves everything, --approve only some verbs",
        "give one of them; both together mean one thing alone: --yes --approve uninstantiate ends dropped subscriptions although "
        "another selector of their peer names nothing");
  return apply;
}

Command reconcile_of(const Written& written) {
  const Words none("reconcile", written.words, 0, 0, "");
  ReconcileArguments reconcile;
  reconcile.metrics = if_given(written.metrics);
  if (!written.jitter.empty()) reconcile.jitter = time_of("--jitter", written.jitter);
  if (!written.deadline.empty()) reconcile.deadline = time_of("--deadline", written.deadline);
  if (reconcile.deadline && reconcile.deadline->count() == 0) wrong("--deadline leaves no time at all", "such as --deadline 50m");
  if (reconcile.deadline && *reconcile.deadline <= reconcile.jitter)
    wrong("--deadline is over before the wait of --jitter may be",
          "both count from the start: give a later deadline, or a shorter wait");
  return reconcile;
}

Command plan_of(const Written& written) {
  const Words none("plan", written.words, 0, 0, "");
  if (!written.base.empty() && !written.plan_out.empty())
    wrong("what is left of a plan without its base is for reading: it cannot be kept and applied", "leave --out or --base out");
  if (!written.against.empty()) {
    if (const auto why = why_not_a_url(written.against))
      wrong(fmt::format("the URL after --against {}", *why), "give where the server's store/public is served, as its card says");
    if (!written.plan_out.empty())
      wrong("a plan that is made elsewhere is for reading: what apply must know of the server's state is not published",
            "leave --out out, and compare ids: \"ingot apply --expect ID\" there");
    if (written.check_sources) wrong("the sources lie on the server, where --against does not look", "leave --check-sources out");
  }
  return PlanArguments{.options = plan_options_of(written),
                       .detailed_exit_code = written.detailed_exit_code,
                       .base = if_given(written.base),
                       .out = if_given(written.plan_out),
                       .against = if_given(written.against),
                       .check_sources = written.check_sources,
                       .outputs = outputs_of(written, "plan")};
}

Command query_of(const Written& written) {
  static const std::vector<std::string> topics{"peers", "images", "series", "types", "subscriptions", "history"};
  const Words words("query", written.words, 1, 2,
                    "one of peers, images, series, types, subscriptions, history, and perhaps a NAME");
  const auto topic = std::find(topics.begin(), topics.end(), words.at(0));
  if (topic == topics.end()) {
    wrong(fmt::format("query knows no \"{}\"", io::printable(words.at(0))),
          did_you_mean(words.at(0), topics, "one of peers, images, series, types, subscriptions, history"));
  }
  QueryArguments query;
  query.topic = static_cast<Topic>(topic - topics.begin());
  query.name = words.maybe(1);
  if (!written.peer.empty()) {
    query.peer = ServerName::parse(written.peer);
    if (!query.peer)
      wrong(fmt::format("--peer \"{}\" is not a name", io::printable(written.peer)),
            "use the name of a [[peer]] in the manifest");
    if (query.topic == Topic::history) wrong("query history has no --peer: it is this server's own", see("query"));
  }
  query.at = if_given(written.at);
  if (query.at && query.topic == Topic::history) wrong("query history has no --at: it has all runs", see("query"));
  if (query.at && query.peer && query.topic != Topic::subscriptions)
    wrong("--at is of what was here, --peer of what a peer has now", "leave one of them out");
  return query;
}

Command init_of(const Written& written) {
  const Words words("init", written.words, 0, 1, "at most one DIR");
  return InitArguments{if_given(written.server), if_given(written.url), words.maybe(0)};
}

Command card_of(const Written& written) {
  CardArguments card{.file = Words("card", written.words, 0, 1, "at most one FILE").maybe(0), .out = {}};
  if (written.plan_out != "-") card.out = if_given(written.plan_out);
  if (card.file && card.out) wrong("--out is for this server's own card", "leave --out or the FILE out");
  return card;
}

Command gc_of(const Written& written) {
  const Words none("gc", written.words, 0, 0, "");
  GcArguments gc;
  if (!written.grace.empty()) gc.grace = time_of("--grace", written.grace);
  gc.dry_run = written.dry_run;
  return gc;
}

Command publish_of(const Written& written) {
  const Words none("publish", written.words, 0, 0, "");
  if (written.above.empty()) return PublishArguments{0, if_given(written.metrics)};
  const auto above = whole_number(written.above);
  if (!above || *above > largest_serial)
    wrong(fmt::format("--above \"{}\" is not a serial", io::printable(written.above)), "such as --above 1200");
  return PublishArguments{*above, if_given(written.metrics)};
}

Command state_of(const Written& written) {
  const Words words("state", written.words, 1, 1, "rebuild");
  if (words.at(0) != "rebuild") {
    wrong(fmt::format("state knows no \"{}\"", io::printable(words.at(0))),
          did_you_mean(words.at(0), {"rebuild"}, "state rebuild"));
  }
  return RebuildArguments{written.yes};
}

Command fleet_of(const Written& written) {
  static const std::vector<std::string> verbs{"check", "status"};
  const auto& words = written.words;
  if (words.empty()) wrong("fleet needs check or status", see("fleet"));
  if (words.front() == "check") {
    if (words.size() < 2)
      wrong("fleet check needs the MANIFESTs of the servers", "such as: ingot fleet check sites/*/ingot.toml");
    if (!written.cards.empty()) wrong("fleet check takes no --cards: a server's own card is beside its manifest", see("fleet"));
    return FleetCommand{CheckFleet{{words.begin() + 1, words.end()}}};
  }
  if (words.front() != "status")
    wrong(fmt::format("fleet knows no \"{}\"", io::printable(words.front())),
          did_you_mean(words.front(), verbs, "check or status"));
  if (words.size() > 2)
    wrong(fmt::format("fleet status takes one IMAGE or series:NAME, so \"{}\" is too much", io::printable(words[2])),
          see("fleet"));
  if (written.cards.empty()) wrong("fleet status needs --cards DIR, the folder with the servers' cards", "such as --cards peers");
  return FleetCommand{AskFleet{words.size() < 2 ? std::nullopt : std::optional(words[1]), written.cards}};
}

Command completion_of(const Written& written) {
  static const std::vector<std::string> shells{"bash", "zsh", "fish"};
  const Words words("completion", written.words, 1, 1, "one of bash, zsh, fish");
  const auto shell = std::find(shells.begin(), shells.end(), words.at(0));
  if (shell == shells.end())
    wrong(fmt::format("completion knows no shell \"{}\"", io::printable(words.at(0))),
          did_you_mean(words.at(0), shells, "bash, zsh or fish"));
  return CompletionArguments{static_cast<Shell>(shell - shells.begin())};
}

using MakeCommand = std::function<Command(const Written&)>;

const std::map<std::string, MakeCommand>& makers() {
  static const auto no_words = [](const std::string& command, const Written& written) {
    const Words none(command, written.words, 0, 0, "");
  };
  static const std::map<std::string, MakeCommand> all{
      {"init", init_of},
      {"card", [](const Written& w) -> Command { return card_of(w); }},
      {"validate",
       [](const Written& w) -> Command {
         no_words("validate", w);
         return ValidateArguments{outputs_of(w, "validate")};
       }},
      {"plan", plan_of},
      {"apply", apply_of},
      {"reconcile", reconcile_of},
      {"diff",
       [](const Written& w) -> Command {
         const Words words("diff", w.words, 2, 2, "two PLANs");
         return DiffArguments{words.at(0), words.at(1)};
       }},
      {"status",
       [](const Written& w) -> Command {
         no_words("status", w);
         return StatusArguments{};
       }},
      {"drift",
       [](const Written& w) -> Command {
         no_words("drift", w);
         return DriftArguments{};
       }},
      {"query", query_of},
      {"history",
       [](const Written& w) -> Command {
         return HistoryArguments{Words("history", w.words, 1, 1, "one NAME or ADDRESS").at(0)};
       }},
      {"explain",
       [](const Written& w) -> Command {
         return ExplainArguments{Words("explain", w.words, 1, 1, "one NAME or ADDRESS").at(0)};
       }},
      {"show",
       [](const Written& w) -> Command { return ShowArguments{Words("show", w.words, 1, 1, "one PLAN, RUN or IMAGE").at(0)}; }},
      {"extract",
       [](const Written& w) -> Command {
         const Words words("extract", w.words, 2, 2, "an IMAGE (or series:NAME) and a DEST");
         return ExtractArguments{words.at(0), words.at(1), w.withdrawn, w.sparse, !w.no_special};
       }},
      {"verify",
       [](const Written& w) -> Command {
         return VerifyArguments{w.words, w.repair};
       }},
      {"publish", publish_of},
      {"gc", gc_of},
      {"key", [](const Written& w) -> Command { return key_command(w.key, w.words); }},
      {"state", state_of},
      {"fleet", fleet_of},
      {"completion", completion_of},
      {"schema",
       [](const Written& w) -> Command { return SchemaArguments{Words("schema", w.words, 0, 1, "at most one NAME").maybe(0)}; }},
  };
  return all;
}

/// Runs the parser; its errors (a flag without its value, mostly) become ours.
void parse(CLI::App& app, const std::vector<std::string>& words) {
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // it takes them from the back
  } catch (const CLI::ParseError& error) {
    wrong(io::printable(error.what()), see(app.get_subcommands().empty() ? "" : app.get_subcommands().front()->get_name()));
  }
}

[[noreturn]] void unknown_command(const std::string& word) {
  wrong(fmt::format("unknown command \"{}\"", io::printable(word)), did_you_mean(word, command_names(), see("")));
}

/// "help" and "help COMMAND" are the same as --help.
Arguments help_of(const std::vector<std::string>& words) {
  std::vector<std::string> asked;
  std::copy_if(words.begin() + 1, words.end(), std::back_inserter(asked),
               [](const std::string& word) { return !word.starts_with('-'); });
  if (asked.size() > 1) wrong(fmt::format("help is of one command, not also of \"{}\"", io::printable(asked[1])), see(""));
  const std::string command = asked.empty() ? "" : asked.front();
  const auto& known = command_names();
  if (!command.empty() && command != "help" && std::find(known.begin(), known.end(), command) == known.end())
    unknown_command(command);
  return {{}, ShowHelp{help_page(command), true}};
}

/// "completion names -- WORD...": words of a line that may be anything, so that no parser reads them.
Arguments names_line(const std::vector<std::string>& words) {
  auto first = words.begin() + 2;
  if (first != words.end() && *first == "--") ++first;
  return {{}, NamesArguments{{first, words.end()}}};
}

}  // namespace

std::vector<std::string> flags_of_command(const std::string& command) {
  Written written;
  CLI::App app;
  add_everywhere(app, written);
  add_own_options(command, app, written);
  std::vector<std::string> flags = flags_of(app);
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

Arguments parse_arguments(const std::vector<std::string>& words) {
  if (!words.empty() && words.front() == "help") return help_of(words);
  if (words.size() > 1 && words[0] == "completion" && words[1] == "names") return names_line(words);
  Written written;
  CLI::App app;
  add_everywhere(app, written);
  app.require_subcommand(0, 1);
  for (const auto& command : command_names()) {
    CLI::App& sub = *app.add_subcommand(command, "");
    add_everywhere(sub, written);
    add_own_options(command, sub, written);
    sub.add_option("WORDS", written.words);
  }
  parse(app, words);

  const auto given = app.get_subcommands();
  const std::string command = given.empty() ? "" : given.front()->get_name();
  if (written.help) return {{}, ShowHelp{help_page(command), true}};
  if (written.version) return {everywhere_of(written, command), ShowVersion{}};
  // What comes first is most likely what was misspelt.
  const std::vector<std::string> unknown = app.remaining();
  if (!unknown.empty() && !unknown.front().starts_with('-')) unknown_command(unknown.front());
  const std::vector<std::string> before = words_of(app, "");
  if (!before.empty()) unknown_command(before.front());
  if (given.empty()) return {{}, ShowHelp{help_page(""), false}};
  for (const auto& word : words_of(*given.front(), command)) written.words.push_back(word);
  const bool draws = command == "fleet" && !written.words.empty() && written.words.front() == "check";
  return {everywhere_of(written, draws ? "fleet check" : command), makers().at(command)(written)};
}

}  // namespace ingot::options
