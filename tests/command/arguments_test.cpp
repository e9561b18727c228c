#include "reconciler/options/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/error.hpp"

namespace ingot::arguments_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class Wanted>
Wanted parsed(const std::vector<std::string>& words) {
  const options::Arguments arguments = options::CommandLine(words).arguments();
  EXPECT_TRUE(std::holds_alternative<Wanted>(arguments.command));
  return std::get<Wanted>(arguments.command);
}

/// "text; mend" of the error that these words are.
std::string wrong(const std::vector<std::string>& words) {
  try {
    options::CommandLine(words).arguments();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.text() + "; " + error.mend();
  }
  ADD_FAILURE() << "was taken";
  return "";
}

TEST(arguments, flags_may_stand_before_and_after_the_command) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"-f", "x.toml", "--json", "plan"}, {"plan", "--json", "-f", "x.toml"}, {"plan", "--file=x.toml", "--format=json"}}) {
    const options::Arguments arguments = options::CommandLine(words).arguments();
    EXPECT_EQ(arguments.everywhere.manifest, "x.toml");
    EXPECT_EQ(arguments.everywhere.format, options::Format::json);
    EXPECT_TRUE(std::holds_alternative<options::PlanArguments>(arguments.command));
  }
}

TEST(arguments, everything_that_stands_everywhere_is_taken) {
  const options::GlobalOptions flags = options::CommandLine({"status", "-q", "-v", "--no-progress", "--color", "never",
                                                             "--lock-timeout", "30s", "--parallel", "4"})
                                           .arguments()
                                           .everywhere;
  EXPECT_TRUE(flags.quiet);
  EXPECT_TRUE(flags.verbose);
  EXPECT_TRUE(flags.no_progress);
  EXPECT_EQ(flags.color, io::Color::never);
  EXPECT_EQ(flags.lock_timeout, Seconds(30));
  EXPECT_EQ(flags.parallel, 4U);
}

TEST(arguments, plan_and_apply_take_raised_limits) {
  const auto plan =
      parsed<options::PlanArguments>({"plan", "--raise-limit", "removals=20", "--raise-limit", "stops=4", "--detailed-exitcode"});
  EXPECT_EQ(plan.options.raise_removals, 20U);
  EXPECT_EQ(plan.options.raise_stops, 4U);
  EXPECT_TRUE(plan.detailed_exit_code);
  const auto apply = parsed<options::ApplyArguments>({"apply", "--allow-empty", "--yes"});
  EXPECT_TRUE(apply.options.allow_empty);
  EXPECT_TRUE(apply.yes);
}

TEST(arguments, plan_and_apply_take_targets_and_exclusions) {
  const auto plan = parsed<options::PlanArguments>({"plan", "--target", "copy.a.b", "--target=series.s", "--exclude", "image.x"});
  EXPECT_THAT(plan.options.targets, ElementsAre("copy.a.b", "series.s"));
  EXPECT_THAT(plan.options.excluded, ElementsAre("image.x"));
  EXPECT_THAT(parsed<options::ApplyArguments>({"apply", "--exclude", "peer.p", "--yes"}).options.excluded, ElementsAre("peer.p"));
}

TEST(arguments, reconcile_takes_a_wait_and_a_deadline) {
  const auto reconcile =
      parsed<options::ReconcileArguments>({"reconcile", "--jitter", "10m", "--deadline=50m", "--metrics", "m.prom"});
  EXPECT_EQ(reconcile.jitter, Seconds(600));
  EXPECT_EQ(reconcile.deadline, Seconds(3000));
  EXPECT_EQ(reconcile.metrics, "m.prom");
  EXPECT_EQ(parsed<options::ReconcileArguments>({"reconcile"}).deadline, std::nullopt);
  EXPECT_THAT(wrong({"reconcile", "--deadline", "soon"}), HasSubstr("--deadline \"soon\" is not a time"));
  EXPECT_THAT(wrong({"reconcile", "--deadline", "0"}), HasSubstr("no time at all"));
  EXPECT_THAT(wrong({"reconcile", "now"}), HasSubstr("takes no argument"));
}

TEST(arguments, apply_takes_a_plan_or_flags_that_approve) {
  EXPECT_EQ(parsed<options::PlanArguments>({"plan", "--out", "a.plan"}).out, "a.plan");
  EXPECT_EQ(parsed<options::ApplyArguments>({"apply", "a.plan"}).plan, "a.plan");
  EXPECT_EQ(parsed<options::ApplyArguments>({"apply", "--approve", "copy,add", "--approve=delete"}).options.approved,
            (std::set{Verb::copy, Verb::add, Verb::delete_}));
  const std::string digits(64, 'a');
  EXPECT_EQ(parsed<options::ApplyArguments>({"apply", "--expect", digits}).expect->hex(), digits);
  EXPECT_THAT(wrong({"apply", "--expect", "abc"}), HasSubstr("the whole id"));
  EXPECT_THAT(wrong({"apply", "--approve", "copi"}), HasSubstr("did you mean \"copy\""));
  EXPECT_THAT(wrong({"apply", "a.plan", "--target", "image.a"}), HasSubstr("its own limits and targets"));
  EXPECT_THAT(wrong({"apply", "--yes", "--approve", "copy"}), HasSubstr("give one of them"));
  EXPECT_EQ(parsed<options::PlanArguments>({"plan", "--approve", "copy,export"}).options.approved,
            (std::set{Verb::copy, Verb::export_}));
  EXPECT_THAT(wrong({"plan", "--approve", "copy", "--out", "a.plan"}), HasSubstr("cannot be saved"));
  EXPECT_EQ(parsed<options::DiffArguments>({"diff", "a", "b"}).after, "b");
  EXPECT_THAT(wrong({"diff", "a"}), HasSubstr("diff needs PLAN; usage: ingot diff PLAN PLAN"));
}

TEST(arguments, a_name_may_be_the_name_of_a_command) {
  EXPECT_EQ(parsed<options::ExplainArguments>({"explain", "status"}).what, "status");
  EXPECT_EQ(parsed<options::ShowArguments>({"show", "plan"}).what, "plan");
  EXPECT_THAT(parsed<options::VerifyArguments>({"verify", "apply", "b"}).images, ElementsAre("apply", "b"));
}

TEST(arguments, extract_takes_a_dash_for_standard_output) {
  const auto extract = parsed<options::ExtractArguments>({"extract", "series:db19", "-", "--withdrawn"});
  EXPECT_EQ(extract.what, "series:db19");
  EXPECT_EQ(extract.destination, "-");
  EXPECT_TRUE(extract.withdrawn);
  EXPECT_FALSE(extract.sparse);
  EXPECT_FALSE(extract.no_special);
  const auto other = parsed<options::ExtractArguments>({"extract", "x", "out", "--sparse", "--no-special"});
  EXPECT_TRUE(other.sparse);
  EXPECT_TRUE(other.no_special);
  EXPECT_TRUE(parsed<options::PlanArguments>({"plan", "--check-sources"}).check_sources);
}

TEST(arguments, query_takes_a_topic_a_peer_and_a_name) {
  const auto query = parsed<options::QueryArguments>({"query", "series", "--peer", "fpps-2", "db19"});
  EXPECT_EQ(query.topic, options::Topic::series);
  EXPECT_EQ(query.peer, ServerName::of("fpps-2"));
  EXPECT_EQ(query.name, "db19");
  EXPECT_EQ(parsed<options::QueryArguments>({"query", "history"}).topic, options::Topic::history);
}

TEST(arguments, nothing_at_all_is_the_help_that_nobody_asked_for) {
  const auto help = parsed<options::ShowHelp>({});
  EXPECT_FALSE(help.asked);
  EXPECT_THAT(help.text, HasSubstr("ingot init"));
  EXPECT_TRUE(parsed<options::ShowHelp>({"--help"}).asked);
  EXPECT_THAT(parsed<options::ShowHelp>({"extract", "--help"}).text, HasSubstr("Usage: ingot extract"));
  EXPECT_THAT(parsed<options::ShowHelp>({"plan", "--surplus", "-h"}).text, HasSubstr("Usage: ingot plan"));
  parsed<options::ShowVersion>({"--version"});
}

TEST(arguments, a_misspelt_word_is_answered_with_the_nearest) {
  EXPECT_THAT(wrong({"plna"}), HasSubstr("did you mean \"plan\"?"));
  EXPECT_THAT(wrong({"plna", "--detailed-exitcode"}), HasSubstr("did you mean \"plan\"?"));
  EXPECT_THAT(wrong({"plan", "--detailed-exitcod"}), HasSubstr("did you mean \"--detailed-exitcode\"?"));
  EXPECT_THAT(wrong({"--jsn", "plan"}), HasSubstr("did you mean \"--json\"?"));
  EXPECT_THAT(wrong({"query", "image"}), HasSubstr("did you mean \"images\"?"));
  EXPECT_THAT(wrong({"plan", "--format", "jsno"}), HasSubstr("did you mean \"json\"?"));
}

TEST(arguments, an_image_has_a_version_of_its_own) {
  const auto given = options::CommandLine({"add", "a.img", "--name", "a", "--version", "1.2"}).arguments();
  EXPECT_EQ(std::get<options::AddArguments>(given.command).version, "1.2");
  EXPECT_THAT(wrong({"add", "a.img"}), HasSubstr("--name"));
  EXPECT_THAT(wrong({"bundle"}), HasSubstr("bundle needs DEST"));
}

TEST(arguments, what_comes_later_is_not_known_yet) {
  EXPECT_THAT(wrong({"upload"}), HasSubstr("unknown command"));
  EXPECT_THAT(wrong({"apply", "--format", "markdown"}), HasSubstr("is not known to apply"));
}

TEST(arguments, state_has_two_verbs) {
  parsed<options::RebuildArguments>({"state", "rebuild"});
  EXPECT_EQ(parsed<options::MoveState>({"state", "move", "--to", "x"}).to, "x");
  EXPECT_THAT(wrong({"state"}), HasSubstr("state needs one of rebuild, move"));
  EXPECT_THAT(wrong({"state", "rebuidl"}), HasSubstr("did you mean \"rebuild\"?"));
}

TEST(arguments, gc_has_a_grace_that_may_be_none) {
  EXPECT_EQ(parsed<options::GcArguments>({"gc"}).grace, std::chrono::hours(14 * 24));
  EXPECT_EQ(parsed<options::GcArguments>({"gc", "--grace", "3d"}).grace, std::chrono::hours(72));
  EXPECT_EQ(parsed<options::GcArguments>({"gc", "--grace", "0", "--dry-run"}).grace, Seconds(0));
  EXPECT_TRUE(parsed<options::GcArguments>({"gc", "--grace=0", "--dry-run"}).dry_run);
  EXPECT_THAT(wrong({"gc", "--grace", "soon"}), HasSubstr("--grace \"soon\" is not a time"));
  EXPECT_THAT(wrong({"gc", "db"}), HasSubstr("takes no argument"));
}

TEST(arguments, values_out_of_range_are_refused) {
  EXPECT_THAT(wrong({"plan", "--parallel", "0"}), HasSubstr("1 to 64"));
  EXPECT_THAT(wrong({"plan", "--parallel", "65"}), HasSubstr("1 to 64"));
  EXPECT_THAT(wrong({"plan", "--parallel", "8x"}), HasSubstr("1 to 64"));
  EXPECT_THAT(wrong({"plan", "--lock-timeout", "soon"}), HasSubstr("30s"));
  EXPECT_THAT(wrong({"plan", "--raise-limit", "removals=many"}), HasSubstr("removals=20"));
  EXPECT_THAT(wrong({"plan", "--raise-limit", "copies=1"}), HasSubstr("removals=N, stops=N or withdrawals=N"));
  EXPECT_THAT(wrong({"plan", "--raise-limit"}), HasSubstr("see: ingot plan --help"));
  EXPECT_THAT(wrong({"query", "images", "--peer", "a.b"}), HasSubstr("is not a name"));
  EXPECT_THAT(wrong({"query", "history", "--peer", "a"}), HasSubstr("no --peer"));
  EXPECT_THAT(wrong({"plan", "--json", "--format", "text"}), HasSubstr("contradict"));
}

TEST(arguments, too_few_or_too_many_words_are_refused) {
  EXPECT_THAT(wrong({"extract", "x"}), HasSubstr("needs"));
  EXPECT_THAT(wrong({"plan", "surplus"}), HasSubstr("takes no argument \"surplus\"; usage: ingot plan [OPTIONS]"));
  EXPECT_THAT(wrong({"query"}), HasSubstr("query needs peers|images"));
  EXPECT_THAT(wrong({"explain"}), HasSubstr("explain needs NAME|ADDRESS"));
  EXPECT_THAT(wrong({"show", "a", "b"}), HasSubstr("takes no further argument \"b\""));
}

TEST(arguments, flags_are_written_as_getopt_long_takes_them) {
  const auto flags = [](std::vector<std::string> words) { return options::CommandLine(words).arguments().everywhere; };
  EXPECT_EQ(flags({"plan", "-fx.toml"}).manifest, "x.toml");
  EXPECT_TRUE(flags({"plan", "-qv"}).verbose);
  EXPECT_EQ(flags({"plan", "-qf", "x.toml"}).manifest, "x.toml");
  EXPECT_EQ(flags({"plan", "--file", "--json"}).manifest, "--json") << "a value may look like a flag";
  EXPECT_EQ(flags({"plan", "--file", ""}).manifest, std::nullopt) << "an empty value is none";
  EXPECT_EQ(flags({"-f", "a", "plan", "-f", "b"}).manifest, "b") << "an alias may set it before the command";
  EXPECT_THAT(wrong({"plan", "-f", "a", "-f", "b"}), HasSubstr("-f is given more than once"));
  EXPECT_THAT(wrong({"plan", "--out"}), HasSubstr("--out needs a value: --out FILE"));
  EXPECT_THAT(wrong({"plan", "--out="}), HasSubstr("--out needs a value"));
  EXPECT_THAT(wrong({"apply", "--yes=no"}), HasSubstr("--yes takes no value"));
  EXPECT_THAT(wrong({"plan", "-qx"}), HasSubstr("unknown option \"-qx\""));
  EXPECT_THAT(wrong({"--yes", "apply"}), HasSubstr("unknown option \"--yes\"")) << "an option of a command stands after it";
  EXPECT_EQ(parsed<options::ExplainArguments>({"explain", "--", "--x"}).what, "--x");
  parsed<options::ShowVersion>({"plan", "--base", "main", "--version"});
}

TEST(arguments, a_verb_takes_only_its_own_options) {
  EXPECT_EQ(parsed<options::MakeKey>({"key", "make", "a.pem"}).file, "a.pem");
  EXPECT_EQ(parsed<options::ChangeKeys>({"key", "rotate", "--catalog-threshold", "2"}).catalog.threshold, 2U);
  const auto revoke = parsed<options::ChangeKeys>({"key", "revoke", "a", "b", "--add-root", "c", "--yes"});
  EXPECT_EQ(revoke.verb, "revoke");
  EXPECT_THAT(revoke.revoke, ElementsAre("a", "b"));
  EXPECT_THAT(revoke.root.add, ElementsAre("c"));
  EXPECT_TRUE(revoke.yes);
  EXPECT_THAT(wrong({"key", "make", "a", "--yes"}), HasSubstr("key make takes no --yes"));
  EXPECT_THAT(wrong({"key", "rotate", "--yes"}), HasSubstr("key rotate takes no --yes"));
  EXPECT_THAT(wrong({"key", "rotate", "abc"}), HasSubstr("ingot key revoke KEY"));
  EXPECT_THAT(wrong({"key", "revoke"}), HasSubstr("key revoke needs KEY..."));
  EXPECT_THAT(wrong({"key"}), HasSubstr("key needs one of make, show"));
  EXPECT_THAT(wrong({"key", "rotte"}), HasSubstr("did you mean \"rotate\"?"));
  EXPECT_THAT(wrong({"fleet", "check", "a", "--cards", "b"}), HasSubstr("fleet check takes no --cards"));
  EXPECT_EQ(wrong({"fleet", "status"}),
            "fleet status needs --cards DIR; usage: ingot fleet status --cards DIR [--manifest FILE]... [IMAGE|series:NAME]");
  EXPECT_THAT(wrong({"fleet", "status", "--cards", "b", "--format", "dot"}), HasSubstr("is not known to fleet status"));
  EXPECT_EQ(options::CommandLine({"fleet", "check", "a", "--format", "dot"}).arguments().everywhere.format, options::Format::dot);
}

TEST(arguments, an_option_that_a_command_needs_is_in_its_usage_and_missed) {
  EXPECT_EQ(wrong({"report"}), "report needs --out FILE; usage: ingot report --out FILE");
  EXPECT_EQ(wrong({"fleet", "report", "--cards", "b"}),
            "fleet report needs --out FILE; usage: ingot fleet report --cards DIR --out FILE [MANIFEST...]");
  EXPECT_THAT(wrong({"fleet", "status", "--cards", ""}), HasSubstr("needs --cards DIR")) << "an empty value is none";
  EXPECT_EQ(parsed<options::ReportArguments>({"report", "--out=a.html"}).out, "a.html");
}

TEST(arguments, json_and_another_format_contradict_in_any_order) {
  EXPECT_THAT(wrong({"plan", "--format", "markdown", "--json"}), HasSubstr("contradict"));
  EXPECT_EQ(options::CommandLine({"plan", "--json", "--format", "json"}).arguments().everywhere.format, options::Format::json);
}

TEST(arguments, what_is_said_back_is_safe_for_a_terminal) { EXPECT_EQ(wrong({"\x1b[2J"}).find('\x1b'), std::string::npos); }

}  // namespace
}  // namespace ingot::arguments_test
