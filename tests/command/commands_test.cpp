// The command line in this process: what goes where, and what a human is asked.
#include <csignal>
#include <regex>
#include <set>

#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::commands_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Commands;

TEST_F(Commands, the_main_job_plan_apply_query_extract_verify) {
  two_servers();
  const Ran plan = at("silver", {"plan"});
  EXPECT_EQ(plan.exit, 0) << plan.err;
  EXPECT_THAT(plan.out, AllOf(HasSubstr("From gold"), HasSubstr("register"), HasSubstr("instantiate"), HasSubstr("+ copy"),
                              HasSubstr("1 to copy")));
  EXPECT_EQ(at("silver", {"plan", "--detailed-exitcode"}).exit, 2);
  const Ran apply = at("silver", {"apply", "--yes"});
  EXPECT_EQ(apply.exit, 0) << apply.err << apply.out;
  EXPECT_THAT(apply.out, HasSubstr("Applied: "));
  EXPECT_THAT(apply.err, HasSubstr("done    copy copy.gold.a"));
  EXPECT_THAT(at("silver", {"plan", "--detailed-exitcode"}).out, HasSubstr("No changes."));
  EXPECT_THAT(at("silver", {"query", "images"}).out, AllOf(HasSubstr("gold (copy)"), HasSubstr("10 B")));
  EXPECT_EQ(at("silver", {"extract", "a", (folder / "out").string()}).exit, 0) << terminal.said;
  EXPECT_EQ(read(folder / "out"), "bytes of a");
  EXPECT_EQ(at("silver", {"extract", "a", "-"}).out, "bytes of a");
  EXPECT_EQ(at("silver", {"verify"}).exit, 0) << terminal.printed;
  EXPECT_EQ(at("silver", {"drift"}).exit, 0) << terminal.printed;
  EXPECT_EQ(at("silver", {"status"}).exit, 0) << terminal.said;
}

TEST_F(Commands, a_quiet_apply_shows_no_plan_and_nothing_at_all_when_nothing_is_to_do) {
  two_servers();
  const Ran first = at("silver", {"apply", "--yes", "-q"});
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("Applied: "), Not(HasSubstr("Plan:"))));
  const Ran idle = at("silver", {"apply", "--yes", "-q"});
  EXPECT_EQ(idle.exit, 0);
  EXPECT_EQ(idle.out + idle.err, "");
  fs::remove(folder / "gold/store/public/head.dsse");
  const Ran failed = at("silver", {"apply", "--yes", "-q"});
  EXPECT_EQ(failed.exit, 3);
  EXPECT_THAT(failed.out, HasSubstr("head.dsse")) << "trouble is always told";
}

TEST_F(Commands, a_peer_whose_url_is_wrong_is_told_how_to_mend_it) {
  two_servers();
  fs::remove(folder / "gold/store/public/head.dsse");
  const Ran plan = at("silver", {"plan", "--json"});
  EXPECT_EQ(plan.exit, 3);
  EXPECT_THAT(plan.out, HasSubstr("\"mend\":\"check that the disk is mounted there"));
}

TEST_F(Commands, every_json_output_holds_against_its_schema) {
  two_servers();
  testing_support::expect_valid_json("plan", at("silver", {"plan", "--json"}).out);
  testing_support::expect_valid_json("events", at("silver", {"apply", "--yes", "--json"}).out, true);
  for (const char* topic : {"images", "peers", "series", "types", "subscriptions", "history"}) {
    testing_support::expect_valid_json(topic, at("silver", {"query", topic, "--json"}).out);
  }
  for (const char* topic : {"images", "peers", "series", "types"}) {
    testing_support::expect_valid_json(topic, at("silver", {"query", topic, "--peer", "gold", "--json"}).out);
  }
  testing_support::expect_valid_json("explain", at("silver", {"explain", "a", "--json"}).out);
  testing_support::expect_valid_json("show", at("silver", {"show", "a", "--json"}).out);
  testing_support::expect_valid_json("show", at("silver", {"show", "2", "--json"}).out);
  testing_support::expect_valid_json("status", at("silver", {"status", "--json"}).out);
  const Ran extracted = at("silver", {"extract", "a", (folder / "extracted").string(), "--json"});
  EXPECT_EQ(extracted.exit, 0) << extracted.err;
  testing_support::expect_valid_json("extracted", extracted.out);
  testing_support::expect_valid_json("drift", at("silver", {"drift", "--json"}).out);
  testing_support::expect_valid_json("verify", at("silver", {"verify", "--json"}).out);
  testing_support::expect_valid_json("problems", at("silver", {"validate", "--json"}).out);
  testing_support::expect_valid_json("init", at("silver", {"init", "--json"}).out);
  testing_support::expect_valid_json("init", ingot({"init", "--json", "--server", "new", (folder / "new").string()}).out);
  testing_support::expect_valid_json("card", at("gold", {"card", "--json"}).out);
  testing_support::expect_valid_json("card", at("silver", {"card", "--json", (folder / "gold/server.card.toml").string()}).out);
  testing_support::expect_valid_json("published", at("gold", {"publish", "--json"}).out);
  testing_support::expect_valid_json("schemas", ingot({"schema", "--json"}).out);
}

TEST_F(Commands, every_format_that_is_printed_has_a_schema_of_its_name) {
  const std::string listed = ingot({"schema"}).out;
  const std::regex format("\"ingot\\.([a-z]+)/1\"");
  std::set<std::string> names;
  for (const char* room : {"command", "console", "notify", "options", "show"}) {
    for (const auto& file : fs::recursive_directory_iterator(fs::path(INGOT_SOURCE_DIR) / "reconciler" / room)) {
      if (!file.is_regular_file()) continue;
      const std::string text = read(file.path());
      for (std::sregex_iterator found(text.begin(), text.end(), format); found != std::sregex_iterator(); ++found)
        names.insert((*found)[1]);
    }
  }
  for (const std::string& name : names) EXPECT_THAT("\n" + listed, HasSubstr("\n" + name + "\n"));
  EXPECT_GE(names.size(), 19U) << testing::PrintToString(names);
}

TEST_F(Commands, a_failure_with_json_prints_one_document_that_says_why) {
  two_servers();
  manifest("silver", "");
  const auto expect_error = [&](const Ran& ran, int exit, const std::string& code, const std::string& subject) {
    SCOPED_TRACE(code);
    EXPECT_EQ(ran.exit, exit);
    testing_support::expect_valid_json("error", ran.out);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("\"exit\":" + std::to_string(exit) + ","), HasSubstr("\"code\":\"" + code + "\""),
                               HasSubstr("\"subject\":" + (subject.empty() ? "null" : "\"" + subject + "\""))));
    EXPECT_THAT(ran.err, HasSubstr("ingot: error: ")) << "a human still reads it";
  };
  expect_error(at("gold", {"extract", "--json", "nothing", "x"}), 3, "unknown-image", "nothing");
  expect_error(at("gold", {"verify", "--format", "json", "nothing"}), 3, "unknown-image", "nothing");
  expect_error(at("gold", {"extract", "--json", "series:s", "x"}), 3, "unknown-series", "s");
  expect_error(at("gold", {"show", "--format=json", "nothing"}), 3, "unknown-name", "nothing");
  expect_error(at("gold", {"query", "images", "--peer", "oslo", "--json"}), 64, "unknown-peer", "oslo");
  expect_error(ingot({"schema", "nothing", "--json"}), 64, "unknown-schema", "nothing");
  expect_error(ingot({"plam", "--json"}), 64, "usage", "");
  expect_error(ingot({"plan", "--jsn", "--json"}), 64, "usage", "");
  expect_error(ingot({"--json"}), 64, "usage", "");
  manifest("gold", "");
  expect_error(at("gold", {"plan", "--json"}), 7, "empty", (folder / "gold/ingot.toml").string());
  fs::remove(folder / "gold/state/ingot.db");
  expect_error(at("gold", {"status", "--json"}), 6, "local", (folder / "gold/state/ingot.db").string());
}

TEST_F(Commands, an_apply_that_cannot_begin_ends_its_events_with_why) {
  two_servers();
  manifest("gold", "");
  const Ran ran = at("gold", {"apply", "--yes", "--json"});
  EXPECT_EQ(ran.exit, 7);
  testing_support::expect_valid_json("events", ran.out, true);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("\"event\":\"result\""), HasSubstr("\"code\":\"empty\""), Not(HasSubstr("ingot.error/1"))));
}

TEST_F(Commands, events_end_with_a_result_whatever_was_wrong_before_the_plan) {
  two_servers();
  write("no.plan", "{}");
  const auto expect_result = [](const Ran& ran, int exit, const std::string& why) {
    EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
    testing_support::expect_valid_json("events", ran.out, true);
    EXPECT_THAT(ran.out, testing::StartsWith("{\"format\":\"ingot.events/1\""));
    EXPECT_THAT(ran.out, AllOf(HasSubstr("\"event\":\"result\",\"exit\":" + std::to_string(exit)), HasSubstr(why)));
  };
  const std::string usage = "\"error\":{\"code\":\"usage\"";
  expect_result(at("silver", {"apply", "--json", "--yse"}), 64, usage);
  expect_result(at("silver", {"--format", "json", "reconcile", "--jitter", "soon"}), 64, usage);
  expect_result(at("silver", {"apply", "--json", "--approve"}), 64, usage);
  expect_result(at("silver", {"apply", "--json", (folder / "nowhere.plan").string()}), 64, "nowhere.plan");
  expect_result(at("silver", {"apply", "--json", (folder / "no.plan").string()}), 65, "\"code\":\"bad-plan\"");
  write("silver/ingot.toml", "manifest = 1\n[server]\nname = \"silver\"\ncolour = 1\n");
  const std::string colour = "\"problems\":[{\"file\":";
  expect_result(at("silver", {"apply", "--yes", "--json"}), 65, colour);
  expect_result(at("silver", {"reconcile", "--json"}), 65, colour);
  fs::remove(folder / "silver/ingot.toml");
  expect_result(at("silver", {"reconcile", "--json"}), 65, colour);
  EXPECT_THAT(at("silver", {"plan", "--json", "--yse"}).out, HasSubstr("ingot.error/1"))
      << "of other commands it is one document";
}

TEST_F(Commands, apply_without_yes_and_without_a_terminal_is_refused_before_any_work) {
  const Ran ran = ingot({"apply", "-f", "nowhere.toml"});
  EXPECT_EQ(ran.exit, 9);
  EXPECT_THAT(ran.err, HasSubstr("--yes"));
  const Ran json = ingot({"apply", "--json", "-f", "nowhere.toml"});
  EXPECT_EQ(json.exit, 9);
  testing_support::expect_valid_json("events", json.out, true);
}

TEST_F(Commands, apply_asks_on_a_terminal_and_only_yes_is_yes) {
  two_servers();
  terminal.is_terminal = true;
  terminal.answer = "y";
  EXPECT_EQ(at("silver", {"apply"}).exit, 7) << "somebody was asked, and said no";
  EXPECT_THAT(terminal.said, AllOf(HasSubstr("nothing was done"), HasSubstr("ingot apply --yes")));
  EXPECT_EQ(terminal.questions.size(), 1U);
  EXPECT_THAT(at("silver", {"query", "images", "--color", "never"}).out, HasSubstr("No images."));
  terminal.answer = "yes";
  EXPECT_EQ(at("silver", {"apply"}).exit, 0) << terminal.said;
  terminal.questions.clear();
  EXPECT_EQ(at("silver", {"apply"}).exit, 0);
  EXPECT_TRUE(terminal.questions.empty()) << "an empty plan does not ask";
}

TEST_F(Commands, apply_that_asks_shows_the_plan_on_the_terminal_wherever_standard_output_goes) {
  two_servers();
  terminal.is_terminal = true;
  terminal.answer = "no";
  at("silver", {"apply", "--color", "never"});
  EXPECT_THAT(terminal.printed, HasSubstr("copy          a"));
  EXPECT_THAT(terminal.said, Not(HasSubstr("copy          a"))) << "it is there once";
  terminal.is_redirected = true;
  EXPECT_EQ(at("silver", {"apply", "--color", "never"}).exit, 7);
  EXPECT_THAT(terminal.printed, HasSubstr("copy          a"));
  EXPECT_THAT(terminal.said, HasSubstr("copy          a"));
  terminal.answer = "yes";
  EXPECT_EQ(at("silver", {"apply", "--color", "never"}).exit, 0);
  at("silver", {"apply"});
  EXPECT_THAT(terminal.said, Not(HasSubstr("Nothing to do"))) << "nothing is asked, so it is shown where it was asked for";
}

TEST_F(Commands, status_asks_the_servers_own_url) {
  two_servers();
  const auto status = [&](int exit) {
    const Ran ran = at("gold", {"status", "--json"});
    EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
    testing_support::expect_valid_json("status", ran.out);
    return ran.out;
  };
  EXPECT_THAT(status(0), HasSubstr("\"served\":{\"url\":\"file://"));
  const auto head = folder / "gold/store/public/head.dsse";
  const std::string newest = read(head);
  fs::remove(head);
  EXPECT_THAT(status(3), HasSubstr("\"status\":\"unreachable\",\"serial\":null"));
  write("gold/store/public/head.dsse", "<html>It works!</html>");
  EXPECT_THAT(status(3), HasSubstr("\"status\":\"other\",\"serial\":null"));
  write("gold/store/public/head.dsse", read(folder / "silver/store/public/head.dsse"));
  EXPECT_THAT(status(3), HasSubstr("head.dsse is not a head of this server"));
  write("gold/store/public/head.dsse", newest);
  ASSERT_EQ(at("gold", {"publish"}).exit, 0);
  write("gold/store/public/head.dsse", newest);
  EXPECT_THAT(status(3), HasSubstr("\"status\":\"other\",\"serial\":2"));
  EXPECT_THAT(at("gold", {"status", "--color", "never"}).out, HasSubstr("own url    other: file://"));
}

TEST_F(Commands, root_in_the_folder_of_another_user_is_warned_before_it_writes) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  two_servers();
  const auto warning = HasSubstr("this runs as root, and \"" + (folder / "silver/state").string() + "\" belongs to ");
  for (const char* const command : {"plan", "status", "apply"}) {
    EXPECT_THAT(at("silver", {command}).err, Not(warning)) << command;
    ASSERT_EQ(::chown((folder / "silver/state").c_str(), 65'534, 65'534), 0);
    terminal.is_terminal = true;
    EXPECT_THAT(at("silver", {command}).err, warning) << command;
    terminal.is_terminal = false;
    ASSERT_EQ(::chown((folder / "silver/state").c_str(), 0, 0), 0);
  }
}

TEST_F(Commands, a_server_that_was_never_made_says_how) {
  write("gold/ingot.toml", "manifest = 1\n[server]\nname = \"gold\"\n");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"plan"}, {"apply", "--yes"}, {"status"}, {"query", "images"}, {"publish"}}) {
    const Ran ran = at("gold", words);
    EXPECT_EQ(ran.exit, 6) << words.front();
    EXPECT_THAT(ran.err, HasSubstr("ingot init")) << words.front();
  }
  EXPECT_FALSE(fs::exists(folder / "gold/state"));
}

TEST_F(Commands, an_image_that_was_withdrawn_is_extracted_only_on_request) {
  two_servers();
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0);
  manifest("gold",
           "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\nstate = \"WITHDRAWN\"\nreason = \"it leaks\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  const Ran refused = at("silver", {"extract", "a", (folder / "out").string()});
  EXPECT_EQ(refused.exit, 7);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("it leaks"), HasSubstr("--withdrawn")));
  EXPECT_FALSE(fs::exists(folder / "out"));
  EXPECT_EQ(at("silver", {"extract", "a", (folder / "out").string(), "--withdrawn"}).exit, 0) << terminal.said;
}

TEST_F(Commands, an_extract_that_cannot_write_says_where) {
  make("gold");
  write("gold/home/bin/oracle", std::string(200'000, 'x'));
  manifest("gold", "[[image]]\nname = \"home\"\nsource = \"home\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Ran ran = at("gold", {"extract", "home", (folder / "out").string()});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(ran.exit, 6) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr((folder / "out").string()), HasSubstr("bin/oracle")));
}

TEST_F(Commands, a_peer_that_cannot_be_had_is_answered_from_the_cache_with_a_warning_and_exit_3) {
  two_servers();
  ASSERT_EQ(at("silver", {"plan"}).exit, 0);
  fs::rename(folder / "gold/store/public", folder / "gold/store/away");
  const Ran ran = at("silver", {"query", "images", "--peer", "gold"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.out, HasSubstr("a "));
  EXPECT_THAT(ran.err, AllOf(HasSubstr("warning:"), HasSubstr("unreachable")));
  EXPECT_EQ(at("silver", {"plan"}).exit, 3);
  EXPECT_THAT(at("silver", {"query", "peers"}).out, HasSubstr("unreachable")) << "the last plan saw it so";
}

TEST_F(Commands, a_name_that_nothing_bears_is_exit_3_with_the_nearest) {
  two_servers();
  const Ran ran = at("gold", {"query", "images", "aa"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"a\"?"));
  EXPECT_EQ(at("silver", {"explain", "nothing"}).exit, 3);
  EXPECT_EQ(at("gold", {"show", "nothing"}).exit, 3);
  EXPECT_EQ(at("gold", {"verify", "nothing"}).exit, 3);
}

TEST_F(Commands, show_says_which_runs_begin_alike) {
  two_servers();
  ASSERT_EQ(at("gold", {"publish"}).exit, 0);
  const Ran ran = at("gold", {"show", "2"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, testing::ContainsRegex("2 runs begin with \"2\": 2[0-9]*T[0-9]*Z-[0-9a-f]*, 2"));
  EXPECT_THAT(at("gold", {"show", "2", "--json"}).out, HasSubstr("\"code\":\"several-runs\""));
}

TEST_F(Commands, schema_lists_and_prints_what_the_program_carries) {
  EXPECT_THAT(ingot({"schema"}).out, AllOf(HasSubstr("manifest\n"), HasSubstr("plan\n")));
  EXPECT_EQ(ingot({"schema", "plan"}).out, read(fs::path(INGOT_SOURCE_DIR) / "schema/json/plan.schema.json"));
  const Ran wrong = ingot({"schema", "manifst"});
  EXPECT_EQ(wrong.exit, 64);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"manifest\"?"));
}

TEST_F(Commands, help_goes_to_standard_output_if_asked_for_and_else_to_standard_error) {
  EXPECT_EQ(ingot({"--help"}).exit, 0);
  EXPECT_THAT(terminal.printed, HasSubstr("ingot plan"));
  EXPECT_EQ(ingot({}).exit, 64);
  EXPECT_TRUE(terminal.printed.empty());
  EXPECT_THAT(terminal.said, HasSubstr("ingot plan"));
}

TEST_F(Commands, the_version_names_the_commit_and_what_it_runs_with) {
  const Ran text = ingot({"--version"});
  EXPECT_EQ(text.exit, 0);
  EXPECT_THAT(text.out, testing::ContainsRegex("^ingot [0-9.]+( .commit [0-9a-f]+(-dirty)?.)?\npeers by: .*https"));
  EXPECT_THAT(text.out, HasSubstr("zstd "));
  testing_support::expect_valid_json("version", ingot({"--version", "--json"}).out);
}

TEST_F(Commands, problems_are_lines_on_standard_error_or_json_on_standard_output) {
  write("gold/ingot.toml", "manifest = 1\n[server]\nname = \"gold\"\nstoer = \"x\"\n");
  const Ran text = at("gold", {"plan"});
  EXPECT_EQ(text.exit, 65);
  EXPECT_TRUE(text.out.empty());
  EXPECT_THAT(text.err, HasSubstr("ingot.toml:4:1: "));
  const Ran json = at("gold", {"plan", "--json"});
  EXPECT_EQ(json.exit, 65);
  testing_support::expect_valid_json("problems", json.out);
  const Ran events = at("gold", {"apply", "--yes", "--json"});
  EXPECT_EQ(events.exit, 65);
  EXPECT_THAT(events.out, AllOf(testing::StartsWith("{\"format\":\"ingot.events/1\""),
                                HasSubstr("\n{\"event\":\"result\",\"exit\":65"), HasSubstr("\"code\":\"unknown-key\"")));
  const Ran gone = ingot({"validate", "--json", "-f", (folder / "nowhere.toml").string()});
  EXPECT_EQ(gone.exit, 65);
  testing_support::expect_valid_json("problems", gone.out);
  EXPECT_THAT(gone.out, HasSubstr("\"line\":null,\"column\":null")) << "no place is no number";
}

TEST_F(Commands, publish_renews_the_head_and_is_in_the_history) {
  two_servers();
  const std::string before = read(folder / "gold/store/public/head.dsse");
  const Ran ran = at("gold", {"publish"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("valid until"));
  EXPECT_NE(read(folder / "gold/store/public/head.dsse"), before);
  EXPECT_THAT(at("gold", {"query", "history"}).out, HasSubstr("publish"));
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0);
}

TEST_F(Commands, R19_explain_tells_what_an_unreachable_peer_had_when_it_was_seen_last) {
  two_servers();
  ASSERT_EQ(at("silver", {"plan"}).exit, 0);
  fs::rename(folder / "gold/store/public", folder / "gold/store/away");
  const Ran ran = at("silver", {"explain", "a"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("copy.gold.a: unknown (unreachable)"), HasSubstr("had it: SOFTWARE, PUBLISHED"),
                             HasSubstr("seen ")));
  EXPECT_THAT(at("silver", {"explain", "nothing"}).err, HasSubstr("unknown: what gold has now"));
  testing_support::expect_valid_json("explain", at("silver", {"explain", "a", "--json"}).out);
}

TEST_F(Commands, help_is_a_command_too_and_a_pattern_is_no_name) {
  EXPECT_EQ(ingot({"help"}).out, ingot({"--help"}).out);
  EXPECT_EQ(ingot({"help", "plan"}).out, ingot({"plan", "--help"}).out);
  EXPECT_EQ(ingot({"help", "plan", "apply"}).exit, 64);
  EXPECT_EQ(ingot({"help", "fleet", "status"}).out, ingot({"fleet", "--help"}).out);
  EXPECT_EQ(ingot({"help", "fleet", "plam"}).exit, 64);
  EXPECT_THAT(ingot({"help", "pln"}).err, HasSubstr("did you mean \"plan\"?"));
  two_servers();
  EXPECT_THAT(at("gold", {"query", "images", "a*"}).err, HasSubstr("not a pattern"));
  EXPECT_THAT(at("gold", {"verify", "a*"}).err, HasSubstr("not a pattern"));
  EXPECT_THAT(at("gold", {"query", "images", "--peer", "gold"}).err, HasSubstr("is this server"));
}

/// A terminal that has no memory left for what it is told.
struct FullTerminal final : io::Terminal {
  std::string said;
  bool output_is_terminal() override { return false; }
  bool error_is_terminal() override { return false; }
  bool can_ask() override { return false; }
  int width() override { return 80; }
  void out(std::string_view) override { throw std::bad_alloc(); }
  using io::Terminal::error;
  void error(std::string_view text, io::Priority) override { said += text; }
  std::optional<std::string> ask(const std::string&) override { return std::nullopt; }
};

TEST_F(Commands, N8_a_lack_of_memory_is_the_machines_and_no_bug) {
  FullTerminal full;
  EXPECT_EQ(command::run({"--help"}, full), 6);
  EXPECT_THAT(full.said, AllOf(HasSubstr("ingot: out of memory\n  free some memory"), Not(HasSubstr("bug"))));
}

}  // namespace
}  // namespace ingot::commands_test
