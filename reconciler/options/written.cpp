#include "reconciler/options/written.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace ingot::options {

namespace {

void add_repeated(CLI::App& app, const char* flag, std::vector<std::string>& to) {
  app.add_option(flag, to)->allow_extra_args(false)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_key_options(CLI::App& app, WrittenKeyCommand& to) {
  add_repeated(app, "--add-root", to.add_root);
  add_repeated(app, "--drop-root", to.drop_root);
  app.add_option("--root-threshold", to.root_threshold);
  add_repeated(app, "--add-catalog", to.add_catalog);
  add_repeated(app, "--drop-catalog", to.drop_catalog);
  app.add_option("--catalog-threshold", to.catalog_threshold);
  add_repeated(app, "--add-release", to.add_release);
  add_repeated(app, "--drop-release", to.drop_release);
  app.add_option("--release-threshold", to.release_threshold);
  app.add_option("--expires", to.expires);
  add_repeated(app, "--key", to.sign_with);
  app.add_option("--out", to.out);
  app.add_flag("--yes", to.yes);
}

void add_plan_options(CLI::App& app, Written& to) {
  add_repeated(app, "--raise-limit", to.raise_limit);
  add_repeated(app, "--target", to.target);
  add_repeated(app, "--exclude", to.exclude);
  app.add_flag("--allow-empty", to.allow_empty);
}

}  // namespace

void add_everywhere(CLI::App& app, Written& to) {
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", to.help);
  app.add_flag("--version", to.version);
  app.add_option("-f,--file", to.manifest);
  app.add_option("--rev", to.rev);
  app.add_option("--repo", to.repo);
  app.add_option("--home", to.home);
  app.add_option("--format", to.format);
  app.add_flag("--json", to.json);
  app.add_option("--color", to.color);
  app.add_flag("-q,--quiet", to.quiet);
  app.add_flag("-v,--verbose", to.verbose);
  app.add_flag("--no-progress", to.no_progress);
  app.add_option("--lock-timeout", to.lock_timeout);
  app.add_option("--parallel", to.parallel);
}

void add_own_options(const std::string& command, CLI::App& app, Written& to) {
  if (command == "init") {
    app.add_option("--server", to.server);
    app.add_option("--url", to.url);
  } else if (command == "card") {
    app.add_option("--out", to.plan_out);
  } else if (command == "plan") {
    add_plan_options(app, to);
    app.add_flag("--detailed-exitcode", to.detailed_exit_code);
    app.add_option("--out", to.plan_out);
    add_repeated(app, "--output", to.output);
    app.add_option("--base", to.base);
    app.add_option("--against", to.against);
    app.add_flag("--check-sources", to.check_sources);
  } else if (command == "apply") {
    add_plan_options(app, to);
    app.add_flag("--yes", to.yes);
    app.add_flag("--rewind", to.rewind);
    app.add_option("--expect", to.expect);
    add_repeated(app, "--approve", to.approve);
    add_repeated(app, "--output", to.output);
    app.add_option("--metrics", to.metrics);
  } else if (command == "reconcile") {
    app.add_option("--jitter", to.jitter);
    app.add_option("--deadline", to.deadline);
    app.add_option("--metrics", to.metrics);
  } else if (command == "validate") {
    add_repeated(app, "--output", to.output);
  } else if (command == "query") {
    app.add_option("--peer", to.peer);
    app.add_option("--at", to.at);
  } else if (command == "extract") {
    app.add_flag("--withdrawn", to.withdrawn);
    app.add_flag("--sparse", to.sparse);
    app.add_flag("--no-special", to.no_special);
  } else if (command == "verify") {
    app.add_flag("--repair", to.repair);
  } else if (command == "gc") {
    app.add_option("--grace", to.grace);
    app.add_flag("--dry-run", to.dry_run);
  } else if (command == "publish") {
    app.add_option("--above", to.above);
    app.add_option("--metrics", to.metrics);
  } else if (command == "state") {
    app.add_flag("--yes", to.yes);
  } else if (command == "fleet") {
    app.add_option("--cards", to.cards);
  } else if (command == "key") {
    add_key_options(app, to.key);
  }
}

bool ask_for_json(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != end; ++word) {
    if (*word == "--json" || *word == "--format=json") return true;
    if (*word == "json" && word != words.begin() && *std::prev(word) == "--format") return true;
  }
  return false;
}

bool ask_for_events(const std::vector<std::string>& words) {
  if (!ask_for_json(words)) return false;
  Written written;
  CLI::App app;
  add_everywhere(app, written);
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (!word->starts_with('-')) return *word == "apply" || *word == "reconcile";
    const CLI::Option* const option = app.get_option_no_throw(*word);
    const bool value_follows = option != nullptr && option->get_items_expected_min() > 0;
    if (value_follows && std::next(word) != words.end()) ++word;
  }
  return false;
}

}  // namespace ingot::options
