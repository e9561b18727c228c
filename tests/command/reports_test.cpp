// Plans and problems in the formats of build servers: whole texts, what hostile texts can do in them, limits, validators.
#include "reconciler/console/report.hpp"

#include <cstdlib>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/plan/intent.hpp"
#include "reconciler/show/plan/show_annotations.hpp"
#include "reconciler/show/plan/show_markdown.hpp"
#include "reconciler/show/plan/show_plan.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/command/golden.hpp"
#include "tests/command/sample_plan.hpp"

namespace ingot::reports_test {
namespace {

namespace fs = std::filesystem;

using namespace testing_support;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string evil = "@team #12 `x` <script> | ![](http://evil.example) ::error:: 50% & \"quoted\"";

Problems sample_problems() {
  return {{"sites/fpps-1/ingot.toml", 12, 3, "unknown-key", "unknown key \"nmae\"", "did you mean \"name\"?"},
          {"sites/fpps-1/ingot.toml", 20, 3, "unknown-key", "unknown key \"nmae\"", "did you mean \"name\"?"},
          {"/srv/shared/peers.toml", 0, 0, "unreadable", "it cannot be read: " + evil, ""}};
}

console::Reporting reporting() {
  return {
      .manifest = "ingot.toml", .naming = {.root = "/repo", .folder = "/repo"}, .verbose = false, .style = show::Style(false)};
}

std::string reported(const console::Report& report, options::Format format) {
  return show::shown([&](show::Output& out) { console::write_report(report, format, reporting(), out); });
}

show::ShownPlan sample_shown() {
  return show::shown_plan(full_plan(), io::sha256(plan::plan_id_text(full_plan())), show::Intents::with);
}

plan::Plan large_plan(int actions) {
  plan::Plan plan = empty_plan();
  for (int i = 0; i < actions; ++i) plan.actions.push_back(sample_copy("image-" + std::to_string(i), 1'000'000, 400'000));
  return plan;
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

void expect_valid_xml(const std::string& xml) {
  const std::string path = testing::TempDir() + "ingot-junit-" + std::to_string(::getpid()) + ".xml";
  std::ofstream(path, std::ios::binary) << xml;
  const std::string command =
      "xmllint --noout --schema '" INGOT_SOURCE_DIR "/tests/command/schemas/junit.xsd' '" + path + "' >/dev/null 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << xml;
  std::remove(path.c_str());
}

TEST(markdown, is_what_it_was) { expect_golden("plan.md", reported(sample_shown(), options::Format::markdown)); }

TEST(markdown, begins_with_a_marker_that_a_failure_has_too) {
  const std::string marker = "<!-- ingot plan of ingot.toml -->\n";
  EXPECT_THAT(reported(sample_shown(), options::Format::markdown), StartsWith(marker));
  EXPECT_THAT(reported(sample_problems(), options::Format::markdown), StartsWith(marker));
  EXPECT_THAT(reported(Error(Fault::busy, "another run holds the lock", "wait"), options::Format::markdown), StartsWith(marker));
  EXPECT_EQ(show::markdown_marker("a--b>/c"), "<!-- ingot plan of a__b_/c -->\n");
}

TEST(markdown, removals_stand_above_the_fold) {
  const std::string text = reported(sample_shown(), options::Format::markdown);
  EXPECT_LT(text.find("**delete** `image.old`"), text.find("<details>"));
  EXPECT_LT(text.find("UNTRUSTED"), text.find("<details>"));
  EXPECT_EQ(count_of(text, "<details>"), count_of(text, "</details>"));
}

TEST(markdown, texts_from_outside_stand_in_code_alone) {
  plan::Plan plan = empty_plan();
  plan::Change copy = sample_copy("a", 1, 1);
  copy.because.front().text = evil;
  plan.actions = {copy};
  plan.blocked = {{copy.address, Verb::copy, Code::name_conflict, evil, evil, std::nullopt}};
  plan.unknown = {{ServerName::of("p"), Code::untrusted, evil + "``", std::nullopt}};
  plan.notes = {{Code::unmanaged, "image.x", evil}};
  const std::string text = show::plan_markdown(show::shown_plan(plan, Digest{}));
  const std::string bare = std::regex_replace(text, std::regex("(`+) ?[^\n]*?[^`]? ?\\1(?!`)"), "");
  EXPECT_THAT(bare, AllOf(Not(HasSubstr("@")), Not(HasSubstr("script")), Not(HasSubstr("evil")))) << text;
  EXPECT_THAT(text, HasSubstr("<script> \\| !")) << "a bar does not end a cell";
}

TEST(markdown, the_name_of_a_base_is_code) {
  plan::Plan plan = empty_plan();
  plan.base = plan::PlanBase{.revision = "<b>@all", .commit = std::string(40, 'd')};
  const show::ShownPlan shown = show::shown_plan(plan, Digest{});
  EXPECT_THAT(show::plan_markdown(shown), HasSubstr("**No differences from the plan of `<b>@all`.**"));
  EXPECT_EQ(show::plan_summary(shown), "No differences from the plan of <b>@all.");
}

TEST(markdown, is_cut_in_the_middle_and_stays_whole) {
  const std::string text = show::plan_markdown(show::shown_plan(large_plan(20'000), Digest{}));
  EXPECT_LT(text.size(), show::longest_markdown);
  EXPECT_GT(text.size(), show::longest_markdown / 2);
  EXPECT_THAT(text, AllOf(HasSubstr("`image-0`"), HasSubstr("`image-19999`"), HasSubstr("more …")));
  EXPECT_EQ(count_of(text, "<details>"), count_of(text, "</details>"));
  plan::Plan many = empty_plan();
  for (int i = 0; i < 3000; ++i) {
    plan::Change copy = sample_copy("a", 1, 1);
    std::get<plan::CopyImage>(copy.action).peer = ServerName::of("peer-" + std::to_string(i));
    copy.because.front().text = std::string(2000, 'x');
    many.actions.push_back(copy);
  }
  const std::string folds = show::plan_markdown(show::shown_plan(many, Digest{}));
  EXPECT_LT(folds.size(), show::longest_markdown);
  EXPECT_EQ(count_of(folds, "<details>"), count_of(folds, "</details>"));
}

TEST(github, is_what_it_was) {
  expect_golden("plan.github.txt", reported(sample_shown(), options::Format::github));
  expect_golden("problems.github.txt", reported(sample_problems(), options::Format::github));
}

TEST(github, worst_first_and_no_more_than_are_shown) {
  plan::Plan plan = empty_plan();
  for (int i = 0; i < 30; ++i)
    plan.blocked.push_back({image_address(ImageName::of("i" + std::to_string(i))), Verb::add,
                            i == 29 ? Code::damaged : Code::unknown_type, "text", "mend", At{"ingot.toml", i + 1}});
  const std::string text = reported(show::shown_plan(plan, Digest{}), options::Format::github);
  EXPECT_THAT(text, StartsWith("::error file=ingot.toml,line=30,title=ingot%3A damaged::"));
  EXPECT_EQ(count_of(text, "::warning "), show::most_github_annotations);
  EXPECT_THAT(text, HasSubstr("20 more: see "));
}

TEST(code_quality, holds_against_what_gitlab_asks) {
  expect_valid_json("../../tests/command/schemas/codequality", reported(sample_problems(), options::Format::codequality));
  expect_valid_json("../../tests/command/schemas/codequality", reported(sample_shown(), options::Format::codequality));
  expect_valid_json("../../tests/command/schemas/codequality",
                    reported(console::ValidManifest{"valid"}, options::Format::codequality));
  std::set<std::string> fingerprints;
  const std::string text = reported(sample_problems(), options::Format::codequality);
  const std::regex fingerprint("\"fingerprint\":\"([0-9a-f]+)\"");
  for (std::sregex_iterator found(text.begin(), text.end(), fingerprint); found != std::sregex_iterator(); ++found)
    fingerprints.insert((*found)[1]);
  EXPECT_EQ(fingerprints.size(), 3U) << "also of two that are alike";
}

TEST(sarif, holds_against_the_standard) {
  for (const console::Report& report :
       {console::Report(sample_problems()), console::Report(sample_shown()), console::Report(console::ValidManifest{"valid"}),
        console::Report(Error(Fault::local, evil))}) {
    expect_valid_json("../../tests/command/schemas/sarif", reported(report, options::Format::sarif));
  }
  EXPECT_THAT(reported(sample_problems(), options::Format::sarif),
              AllOf(HasSubstr("\"uri\":\"sites/fpps-1/ingot.toml\",\"uriBaseId\":\"%SRCROOT%\""),
                    HasSubstr("\"startLine\":12,\"startColumn\":3"), HasSubstr("\"executionSuccessful\":false")));
  EXPECT_THAT(reported(Error(Fault::local, "no state"), options::Format::sarif), HasSubstr("\"region\":{\"startLine\":1}"))
      << "viewers want a line, also of a whole file";
}

TEST(junit, holds_against_its_schema_and_counts) {
  for (const console::Report& report :
       {console::Report(sample_problems()), console::Report(sample_shown()), console::Report(console::ValidManifest{"valid"}),
        console::Report(Error(Fault::local, evil + "\x01"))}) {
    expect_valid_xml(reported(report, options::Format::junit));
  }
  EXPECT_THAT(reported(sample_problems(), options::Format::junit), HasSubstr("tests=\"3\" failures=\"3\""));
  EXPECT_THAT(reported(console::ValidManifest{"valid"}, options::Format::junit), HasSubstr("tests=\"1\" failures=\"0\""));
}

TEST(junit, is_xml_whatever_a_name_holds) {
  const Problems hostile{
      {"site\xFF\xC0/ingot.toml", 1, 1, "syntax", "a \xEF\xBF\xBF b \xEF\xBF\xBE c \x1B[0m \xED\xA0\x80", "\xF5"}};
  const std::string xml = reported(hostile, options::Format::junit);
  expect_valid_xml(xml);
  EXPECT_THAT(xml, AllOf(HasSubstr("site\\xff\\xc0/ingot.toml"), HasSubstr("a \\u{ffff} b \\u{fffe} c")));
  console::Reporting passed = reporting();
  passed.manifest = "a\xEF\xBF\xBF\xFF.toml";
  expect_valid_xml(show::shown(
      [&](show::Output& out) { console::write_report(console::ValidManifest{"valid"}, options::Format::junit, passed, out); }));
}

TEST(machine_formats, name_files_relative_to_the_root_of_the_repository) {
  console::Reporting below = reporting();
  below.naming = {.root = "/repo", .folder = "/repo/sites/a"};
  const Problems problems{{"ingot.toml", 3, 1, "syntax", "x", ""},
                          {"../../shared/peers.toml", 4, 1, "syntax", "y", ""},
                          {"/repo/sites/b.toml", 5, 1, "syntax", "z", ""},
                          {"../../../outside/elsewhere.toml", 6, 1, "syntax", "w", ""}};
  for (const options::Format format :
       {options::Format::github, options::Format::codequality, options::Format::sarif, options::Format::junit}) {
    const std::string text = show::shown([&](show::Output& out) { console::write_report(problems, format, below, out); });
    EXPECT_THAT(text, AllOf(HasSubstr("sites/a/ingot.toml"), HasSubstr("shared/peers.toml"), HasSubstr("sites/b.toml"),
                            HasSubstr("/outside/elsewhere.toml"), Not(HasSubstr("../")), Not(HasSubstr("/repo"))))
        << text;
  }
  below.naming.folder.clear();
  EXPECT_THAT(show::shown([&](show::Output& out) { console::write_report(problems, options::Format::github, below, out); }),
              HasSubstr("file=ingot.toml,"))
      << "names that are relative to the root already stay";
}

TEST(terraform, counts_what_is_made_changed_and_ended) {
  EXPECT_EQ(reported(sample_shown(), options::Format::terraform), "{\"create\":7,\"update\":2,\"delete\":3}\n");
  EXPECT_EQ(reported(Error(Fault::busy, "busy"), options::Format::terraform), "{}\n") << "no plan is not a plan without changes";
}

struct Outputs : Commands {
  std::string file(const std::string& name) const { return (folder / name).string(); }
};

TEST_F(Outputs, several_are_written_at_once_beside_the_shown_one) {
  two_servers();
  const Ran plan = at("silver", {"plan", "--output", "json=" + file("p.json"), "--output", "markdown=" + file("p.md"),
                                 "--output=junit=" + file("p.xml")});
  EXPECT_EQ(plan.exit, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("1 to copy"));
  expect_valid_json("plan", read(folder / "p.json"));
  EXPECT_THAT(read(folder / "p.md"), HasSubstr("1 to copy"));
  expect_valid_xml(read(folder / "p.xml"));
}

TEST_F(Outputs, they_are_written_when_the_run_fails_too) {
  two_servers();
  write("silver/ingot.toml", "manifest = 1\n[server]\nname = \"silver\"\nnmae = 1\n");
  const Ran wrong = at("silver", {"validate", "--output", "sarif=" + file("v.sarif"), "--output", "codequality=" + file("v.json"),
                                  "--output", "json=" + file("problems.json")});
  EXPECT_EQ(wrong.exit, 65);
  EXPECT_THAT(wrong.err, HasSubstr("nmae"));
  expect_valid_json("../../tests/command/schemas/sarif", read(folder / "v.sarif"));
  EXPECT_THAT(read(folder / "v.json"), HasSubstr("nmae"));
  expect_valid_json("problems", read(folder / "problems.json"));
  fs::remove_all(folder / "gold/state");
  const Ran lost = at("gold", {"plan", "--output", "json=" + file("e.json"), "--output", "markdown=" + file("e.md"), "--output",
                               "terraform=" + file("t.json")});
  EXPECT_EQ(lost.exit, 6);
  expect_valid_json("error", read(folder / "e.json"));
  EXPECT_THAT(read(folder / "e.md"), HasSubstr("No plan of"));
  EXPECT_EQ(read(folder / "t.json"), "{}\n");
}

TEST_F(Outputs, of_an_apply_tell_what_became_of_it) {
  make("gold");
  write("gold/a.bin", "bytes of a");
  manifest("gold", "[[image]]\nname = \"a\"\nsource = \"a.bin\"\n[[image]]\nname = \"b\"\nsource = \"b.bin\"\n");
  const std::vector<std::string> words{"apply",    "--yes",
                                       "--output", "json=" + file("a.jsonl"),
                                       "--output", "markdown=" + file("a.md"),
                                       "--output", "junit=" + file("a.xml"),
                                       "--output", "codequality=" + file("a.json"),
                                       "--output", "sarif=" + file("a.sarif"),
                                       "--output", "text=" + file("a.txt")};
  EXPECT_EQ(at("gold", words).exit, 3);
  expect_valid_json("events", read(folder / "a.jsonl"), true);
  EXPECT_THAT(read(folder / "a.jsonl"), AllOf(HasSubstr("\"ingot.events/1\""), HasSubstr("\"event\":\"result\",\"exit\":3")));
  EXPECT_THAT(read(folder / "a.md"), AllOf(StartsWith("<!-- ingot apply of "), HasSubstr("**Applied: 2 done, 1 failed.**"),
                                           HasSubstr("### Failed\n\n- add `image.b`")));
  expect_valid_xml(read(folder / "a.xml"));
  EXPECT_THAT(read(folder / "a.xml"), HasSubstr("failures=\"1\""));
  expect_valid_json("../../tests/command/schemas/codequality", read(folder / "a.json"));
  EXPECT_THAT(read(folder / "a.json"), HasSubstr("\"lines\":{\"begin\":8}"));
  expect_valid_json("../../tests/command/schemas/sarif", read(folder / "a.sarif"));
  EXPECT_THAT(read(folder / "a.txt"), HasSubstr("Applied: 2 done, 1 failed."));
  write("gold/b.bin", "bytes of b");
  EXPECT_EQ(at("gold", words).exit, 0);
  EXPECT_THAT(read(folder / "a.md"), AllOf(HasSubstr("**Applied: 2 done.**"), Not(HasSubstr("Failed"))));
  EXPECT_THAT(read(folder / "a.xml"), HasSubstr("failures=\"0\""));
}

TEST_F(Outputs, of_an_apply_are_written_when_it_ends_early_too) {
  make("gold");
  fs::remove_all(folder / "gold/state");
  EXPECT_EQ(at("gold", {"apply", "--yes", "--output", "json=" + file("a.json"), "--output", "markdown=" + file("a.md")}).exit, 6);
  expect_valid_json("events", read(folder / "a.json"), true);
  EXPECT_THAT(read(folder / "a.md"), HasSubstr("ingot state rebuild"));
  write("gold/ingot.toml", "colour = 1");
  EXPECT_EQ(at("gold", {"apply", "--yes", "--output", "json=" + file("a.json")}).exit, 65);
  expect_valid_json("events", read(folder / "a.json"), true);
  EXPECT_THAT(read(folder / "a.json"), HasSubstr("\"problems\":[{"));
}

TEST_F(Outputs, of_an_apply_that_cannot_be_written_undo_nothing) {
  make("gold");
  write("gold/a.bin", "bytes of a");
  manifest("gold", "[[image]]\nname = \"a\"\nsource = \"a.bin\"\n");
  const Ran ran = at("gold", {"apply", "--yes", "--json", "--output", "markdown=" + file("nowhere/a.md")});
  EXPECT_EQ(ran.exit, 6);
  EXPECT_THAT(ran.err, HasSubstr("nowhere"));
  EXPECT_THAT(ran.out, HasSubstr("\"event\":\"result\",\"exit\":6"));
  expect_valid_json("events", ran.out, true);
  EXPECT_EQ(at("gold", {"plan", "--detailed-exitcode"}).exit, 0);
}

TEST_F(Outputs, github_appends_to_the_summary_of_the_step) {
  two_servers();
  write("summary.md", "before\n");
  ::setenv("GITHUB_STEP_SUMMARY", file("summary.md").c_str(), 1);
  const Ran plan = at("silver", {"plan", "--format", "github"});
  ::unsetenv("GITHUB_STEP_SUMMARY");
  EXPECT_EQ(plan.exit, 0) << plan.err;
  EXPECT_THAT(plan.out, StartsWith("ingot: Plan: "));
  EXPECT_THAT(read(folder / "summary.md"), AllOf(StartsWith("before\n<!-- ingot plan of "), HasSubstr("1 to copy")));
}

TEST_F(Outputs, formats_belong_to_commands) {
  two_servers();
  EXPECT_EQ(at("silver", {"validate", "--format", "junit"}).exit, 0);
  EXPECT_EQ(at("silver", {"validate", "--format", "terraform"}).exit, 64);
  EXPECT_EQ(at("silver", {"query", "images", "--format", "markdown"}).exit, 64);
  EXPECT_EQ(at("silver", {"plan", "--output", "pdf=x"}).exit, 64);
  EXPECT_EQ(at("silver", {"apply", "--yes", "--format", "markdown"}).exit, 64) << "it shows itself as it goes";
  EXPECT_EQ(at("silver", {"apply", "--yes", "--output", "terraform=x"}).exit, 64);
  EXPECT_EQ(at("silver", {"plan", "--output", "json"}).exit, 64);
  EXPECT_EQ(at("silver", {"plan", "--output", "json=" + folder.string()}).exit, 64);
}

TEST_F(Outputs, replace_reports_and_nothing_else) {
  two_servers();
  const std::vector<std::string> precious{
      "ingot.toml", "server.card.toml", "keys/root.pem", "state/ingot.db", "store/LINEAGE", "store/public/head.dsse",
      "bom.toml",   "bag.pem",          "spaced.toml",   "quoted.toml",    "age.txt"};
  write("silver/bom.toml", "\xEF\xBB\xBF[server]\n");
  write("silver/bag.pem", "Bag Attributes\n    friendlyName: x\n-----BEGIN PRIVATE KEY-----\n");
  write("silver/spaced.toml", "\f\nmanifest . x = 1\n");
  write("silver/quoted.toml", "'manifest' = 1\n");
  write("silver/age.txt", "AGE-SECRET-KEY-1QQQ\n");
  const std::vector<std::string> formats{"text", "json", "markdown", "github", "terraform", "codequality", "sarif", "junit"};
  for (const auto& format : formats) {
    const std::string report = (folder / format).string();
    for (int time = 0; time < 2; ++time)
      EXPECT_EQ(at("silver", {"plan", "--output", format + "=" + report}).exit, 0) << format << terminal.said;
    const std::string manifest = read(folder / "silver/ingot.toml");
    write("silver/ingot.toml", manifest + "wrong = 1\n");
    EXPECT_EQ(at("silver", {"plan", "--output", format + "=" + report}).exit, 65) << format << ": of a failure";
    write("silver/ingot.toml", manifest);
    EXPECT_EQ(at("silver", {"plan", "--output", format + "=" + report}).exit, 0) << format << ": over that of a failure";
    for (const auto& name : precious) {
      const std::string before = read(folder / "silver" / name);
      const Ran ran = at("silver", {"plan", "--output", format + "=" + (folder / "silver" / name).string()});
      EXPECT_EQ(ran.exit, 64) << format << " over " << name;
      EXPECT_THAT(ran.err, HasSubstr("would overwrite something that is not a report"));
      EXPECT_EQ(read(folder / "silver" / name), before);
    }
  }
}

TEST_F(Outputs, standard_streams_stand_for_no_file) {
  two_servers();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"plan", "--output", "json=-"},
                                             {"plan", "--out", "-"},
                                             {"apply", "--yes", "--metrics", "-"},
                                             {"apply", "--yes", "--output", "markdown=-"}}) {
    const Ran ran = at("silver", words);
    EXPECT_EQ(ran.exit, 64) << words.back();
    EXPECT_THAT(ran.err, HasSubstr("\"-\" is not a file")) << ran.err;
  }
  EXPECT_FALSE(fs::exists("-"));
  EXPECT_THAT(ingot({"plan", "-f", "-"}).err, HasSubstr("does not read a manifest from standard input"));
  EXPECT_EQ(ingot({"plan", "-f", "-"}).exit, 64);
}

TEST_F(Outputs, a_plan_is_kept_over_an_empty_file) {
  two_servers();
  write("kept.plan", "");
  EXPECT_EQ(at("silver", {"plan", "--out", file("kept.plan")}).exit, 0) << terminal.said;
  EXPECT_EQ(at("silver", {"apply", file("kept.plan")}).exit, 0) << terminal.said;
}

}  // namespace
}  // namespace ingot::reports_test
