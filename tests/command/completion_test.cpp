// The help read back as a table: held against what the command line takes, and against three shells that complete by it.
#include "reconciler/options/completion.hpp"

#include <set>

#include <gmock/gmock.h>

#include "reconciler/options/arguments.hpp"
#include "reconciler/options/help.hpp"
#include "reconciler/options/man_page.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/process.hpp"

namespace ingot::completion_test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::set<std::string> flags_in(const std::vector<options::HelpOption>& options) {
  std::set<std::string> flags;
  for (const auto& option : options) flags.insert(option.flags.begin(), option.flags.end());
  return flags;
}

options::HelpPage page(const std::string& command) {
  for (auto& one : options::help_pages()) {
    if (one.command == command) return one;
  }
  ADD_FAILURE() << command;
  return {};
}

TEST(help_table, describes_every_flag_that_the_command_line_takes_and_no_other) {
  const auto everywhere = flags_in(options::options_everywhere());
  for (const auto& one : options::help_pages()) {
    auto described = flags_in(one.options);
    for (const auto& flag : described)
      EXPECT_FALSE(everywhere.contains(flag)) << one.command << " describes " << flag << " again";
    described.insert(everywhere.begin(), everywhere.end());
    const auto taken = options::flags_of_command(one.command);
    EXPECT_EQ(described, std::set<std::string>(taken.begin(), taken.end())) << one.command;
  }
}

TEST(help_table, says_something_of_every_flag) {
  for (const auto& one : options::help_pages()) {
    EXPECT_FALSE(one.summary.empty());
    ASSERT_FALSE(one.usage.empty()) << one.command;
    for (const auto& option : one.options) {
      EXPECT_FALSE(option.brief().empty()) << one.command << " " << option.flags.front();
      EXPECT_LE(option.brief().size(), 130U) << option.brief();
    }
  }
}

TEST(help_table, knows_the_words_that_may_follow) {
  EXPECT_THAT(page("query").first_words(), ElementsAre("peers", "images", "series", "types", "subscriptions", "history"));
  EXPECT_THAT(page("key").first_words(), ElementsAre("make", "show", "rotate", "revoke", "release", "sign", "install"));
  EXPECT_THAT(page("fleet").first_words(), ElementsAre("check", "status"));
  EXPECT_THAT(page("explain").first_words(), IsEmpty());
  EXPECT_TRUE(page("card").takes_files());
  EXPECT_TRUE(page("fleet").takes_files());
  EXPECT_FALSE(page("status").takes_files());
  EXPECT_TRUE(page("apply").takes_files());
  EXPECT_FALSE(page("publish").takes_files()) << "the FILE of --metrics is no word of its own";
}

TEST(help_table, knows_the_choices_of_a_value) {
  EXPECT_THAT(options::choices_of("auto|always|never"), ElementsAre("auto", "always", "never"));
  EXPECT_THAT(options::choices_of("removals=N|stops=N"), ElementsAre("removals=", "stops="));
  EXPECT_THAT(options::choices_of("FILE|-"), IsEmpty());
  EXPECT_THAT(options::choices_of("TIME"), IsEmpty());
}

TEST(help_table, knows_of_what_the_next_word_may_be_the_name) {
  EXPECT_THAT(page("extract").names_after({}), ElementsAre("images", "series:NAME"));
  EXPECT_THAT(page("extract").names_after({"a"}), IsEmpty()) << "DEST";
  EXPECT_THAT(page("verify").names_after({"a", "b"}), ElementsAre("images"));
  EXPECT_THAT(page("query").names_after({"series"}), ElementsAre("series"));
  EXPECT_THAT(page("query").names_after({"history"}), IsEmpty());
  EXPECT_THAT(page("query").names_after({}), IsEmpty());
  EXPECT_THAT(page("explain").names_after({}), ElementsAre("images", "series", "peers", "types"));
  EXPECT_THAT(page("key").names_after({"release", "a"}), ElementsAre("images"));
  EXPECT_THAT(page("key").names_after({"sign"}), IsEmpty());
  EXPECT_THAT(page("plan").names_after({}), IsEmpty());
}

TEST(help_table, knows_the_variables) {
  std::set<std::string> names = flags_in(options::environment_variables());
  EXPECT_THAT(names,
              AllOf(Contains("NO_COLOR"), Contains("INGOT_GUARD"), Contains("INGOT_GIT_TOKEN"), Contains("SSL_CERT_FILE")));
  for (const auto& one : options::environment_variables()) EXPECT_FALSE(one.text.empty()) << one.flags.front();
}

struct Completion : testing_support::Commands {
  std::string script(const std::string& shell, const std::string& file) {
    const Ran ran = ingot({"completion", shell});
    EXPECT_EQ(ran.exit, 0);
    write(file, ran.out);
    return (folder / file).string();
  }
  testing_support::Ran shell(std::vector<std::string> arguments) {
    return testing_support::run(
        {.arguments = std::move(arguments),
         .folder = folder.string(),
         .environment = {{"HOME", folder.string()}, {"PATH", (folder / "bin").string() + ":/usr/local/bin:/usr/bin:/bin"}}});
  }
  /// Lines, what follows a tab cut off.
  static std::vector<std::string> offers(const testing_support::Ran& ran) {
    EXPECT_EQ(ran.exit, 0) << ran.err;
    std::vector<std::string> lines;
    std::istringstream text(ran.out);
    for (std::string line; std::getline(text, line);) {
      line = line.substr(0, line.find('\t'));
      if (!line.empty()) lines.push_back(line);
    }
    return lines;
  }
  std::vector<std::string> bash(const std::string& line) {
    return offers(shell({"bash", "-c",
                         "source \"$0\"; COMP_WORDS=($1); [[ $1 == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} "
                         "- 1)); _ingot; printf '%s\\n' \"${COMPREPLY[@]}\"",
                         script("bash", "ingot.bash"), line}));
  }
  std::vector<std::string> fish(const std::string& line) {
    return offers(
        shell({"fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script("fish", "ingot.fish"), line}));
  }
  std::vector<std::string> zsh(const std::string& line) {
    script("zsh", "functions/_ingot");
    return offers(shell(
        {"zsh", "-f", std::string(INGOT_SOURCE_DIR) + "/tests/command/complete.zsh", (folder / "functions").string(), line}));
  }
  /// In place of ingot: offers a name that holds the words that it was asked with.
  void offering_ingot() {
    write("bin/ingot", "#!/bin/sh\n[ \"$1 $2 $3\" = \"completion names --\" ] || exit 1\nshift 3\nIFS=_; echo \"db19.$*\"\n");
    testing_support::fs::permissions(folder / "bin/ingot", testing_support::fs::perms::owner_all);
  }
  template <class Complete>
  void expect_names(Complete&& complete) {
    EXPECT_THAT(complete("ingot explain d"), IsEmpty()) << "of an ingot that fails";
    offering_ingot();
    EXPECT_THAT(complete("ingot explain d"), ElementsAre("db19.explain"));
    EXPECT_THAT(complete("ingot verify db19_1 d"), ElementsAre("db19.verify_db19_1"));
    EXPECT_THAT(complete("ingot query images --peer d"), ElementsAre("db19.query_images_--peer"));
    EXPECT_THAT(complete("ingot query images d"), ElementsAre("db19.query_images"));
    write("db.plan", "");
    EXPECT_THAT(complete("ingot show d"), testing::UnorderedElementsAre("db19.show", "db.plan"));
    EXPECT_THAT(complete("ingot plan d"), IsEmpty());
  }
  template <class Complete>
  void expect_what_every_shell_offers(Complete&& complete) {
    EXPECT_THAT(complete("ingot pl"), ElementsAre("plan"));
    EXPECT_THAT(complete("ingot "), AllOf(Contains("init"), Contains("fleet"), Contains("help")));
    EXPECT_THAT(complete("ingot query s"), testing::UnorderedElementsAre("series", "subscriptions"));
    EXPECT_THAT(complete("ingot plan --det"), ElementsAre("--detailed-exitcode"));
    EXPECT_THAT(complete("ingot plan --json --lock"), ElementsAre("--lock-timeout"));
    EXPECT_THAT(complete("ingot plan --yes"), IsEmpty()) << "of apply";
    EXPECT_THAT(complete("ingot plan --color al"), ElementsAre("always"));
    EXPECT_THAT(complete("ingot plan --raise-limit rem"), ElementsAre("removals="));
    EXPECT_THAT(complete("ingot schema fleets"), ElementsAre("fleetstatus"));
    EXPECT_THAT(complete("ingot card server"), Contains("server.card.toml"));
    EXPECT_THAT(complete("ingot apply --metrics server"), Contains("server.card.toml"));
    EXPECT_THAT(complete("ingot status server"), Not(Contains("server.card.toml"))) << "it takes no file";
  }
};

TEST_F(Completion, of_bash) {
  write("server.card.toml", "");
  EXPECT_EQ(shell({"bash", "-n", script("bash", "ingot.bash")}).exit, 0);
  expect_what_every_shell_offers([&](const std::string& line) { return bash(line); });
  expect_names([&](const std::string& line) { return bash(line); });
  write("a b.toml", "");
  EXPECT_THAT(bash("ingot card a"), ElementsAre("a b.toml"));
  EXPECT_THAT(bash("ingot -f x.toml pl"), ElementsAre("plan")) << "the value of a flag is no command";
}

TEST_F(Completion, of_fish) {
  write("server.card.toml", "");
  EXPECT_EQ(shell({"fish", "--no-execute", script("fish", "ingot.fish")}).exit, 0);
  expect_what_every_shell_offers([&](const std::string& line) { return fish(line); });
  expect_names([&](const std::string& line) { return fish(line); });
}

TEST_F(Completion, of_zsh) {
  write("server.card.toml", "");
  EXPECT_EQ(shell({"zsh", "-n", script("zsh", "_ingot")}).exit, 0);
  ASSERT_THAT(zsh("ingot pl"), ElementsAre("plan")) << "without a pseudo-terminal nothing below can pass";
  expect_what_every_shell_offers([&](const std::string& line) { return zsh(line); });
  expect_names([&](const std::string& line) { return zsh(line); });
}

TEST_F(Completion, names_what_is_in_the_manifest_and_in_the_state_and_is_silent_of_what_it_cannot_read) {
  two_servers();
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0);
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0);
  manifest("gold", "[[image]]\nname = \"b\"\nsource = \"b.bin\"\n[[series]]\nname = \"s\"\nimages = [\"b\"]\n");
  const auto names = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"completion", "names", "--"});
    const Ran ran = ingot(words);
    EXPECT_EQ(ran.exit, 0);
    EXPECT_EQ(ran.err, "");
    return ran.out;
  };
  const std::string gold = (folder / "gold").string(), silver = (folder / "silver").string();
  EXPECT_EQ(names({"verify", "-f", gold}), "a\nb\n");
  EXPECT_EQ(names({"-f", gold, "extract"}), "a\nb\nseries:s\n");
  EXPECT_EQ(names({"query", "--file=" + silver, "images", "--peer"}), "gold\n");
  EXPECT_EQ(names({"query", "peers", "-f", silver}), "gold\n");
  EXPECT_EQ(names({"plan", "-f", gold}), "");
  EXPECT_EQ(names({"verify", "-f", gold, "--lock-timeout"}), "");
  EXPECT_EQ(names({"verify", "-f", (folder / "nowhere").string()}), "");
  EXPECT_EQ(names({"verify", "-f", gold, "--rev", "main"}), "") << "no repository";
  EXPECT_EQ(names({}), "");
  testing_support::fs::remove_all(folder / "gold/state");
  EXPECT_EQ(names({"verify", "-f", gold}), "b\n") << "the manifest's alone";
  write("gold/ingot.toml", "colour = 1");
  EXPECT_EQ(names({"verify", "-f", gold}), "");
}

TEST_F(Completion, of_a_shell_that_is_not_known_names_the_nearest) {
  const Ran ran = ingot({"completion", "bsh"});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"bash\"?"));
}

TEST_F(Completion, the_man_page_is_one_and_tells_of_every_command) {
  write("ingot.1.scd", options::man_page());
  const auto made = shell({"sh", "-c", "scdoc < ingot.1.scd > ingot.1"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const auto shown = shell({"sh", "-c", "MANWIDTH=100 MANROFFSEQ= man --warnings -l ingot.1 | col -b"});
  EXPECT_EQ(shown.exit, 0);
  EXPECT_EQ(shown.err, "");
  for (const auto& command : options::command_names()) EXPECT_THAT(shown.out, HasSubstr("ingot " + command + " - "));
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("EXIT STATUS"), HasSubstr("INGOT_GUARD\n"), HasSubstr("INGOT_GIT_USER, INGOT_GIT_TOKEN\n"),
                    HasSubstr("--raise-limit removals=N|stops=N|withdrawals=N"),
                    HasSubstr("ingot query images --json | jq '.images[] | select(.copied_from)'"), Not(HasSubstr("\\"))));
}

}  // namespace
}  // namespace ingot::completion_test
