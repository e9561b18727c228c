// The command table, three shells that complete by it, and the man page.
#include "reconciler/options/completion.hpp"

#include <set>

#include <gmock/gmock.h>

#include "reconciler/options/man_page.hpp"
#include "schema/exit_code.hpp"
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

using options::NameKind;

const options::CommandEntry& entry(const std::string& command) { return *options::find_command(command); }
std::vector<std::string> first_words(const std::string& command) { return options::first_words(entry(command), {"plan"}); }

TEST(command_table, has_a_way_to_set_and_a_text_for_every_option_and_argument) {
  for (const auto& command : options::command_table()) {
    EXPECT_FALSE(command.summary.empty() || command.examples.empty() || command.text.empty()) << command.name;
    ASSERT_FALSE(command.forms.empty()) << command.name;
    for (const auto& form : command.forms) {
      EXPECT_FALSE(std::holds_alternative<options::ShowHelp>(form.start)) << command.name << " runs nothing";
      for (const auto& word : form.words) EXPECT_TRUE(word.set && !word.placeholder.empty()) << command.name;
    }
    for (const auto& option : command.options()) {
      EXPECT_TRUE(option.set);
      EXPECT_FALSE(option.brief().empty()) << command.name << " " << option.flags.front();
      EXPECT_LE(option.brief().size(), 130U) << option.brief();
    }
  }
}

TEST(command_table, has_every_flag_once_and_with_one_meaning_in_a_command) {
  for (const auto& command : options::command_table()) {
    for (const auto& form : command.forms) {
      std::set<std::string> seen;
      for (const auto& option : form.options) {
        for (const auto& flag : option.flags) {
          EXPECT_TRUE(seen.insert(flag).second) << command.name << " " << form.verb << " " << flag;
          const bool hides = command.name == "add" && flag == "--version";  // of the image; "ingot --version" is the program's
          EXPECT_TRUE(hides || options::find_option(nullptr, flag) == nullptr) << command.name << " hides the global " << flag;
          EXPECT_EQ(options::find_option(&command, flag)->placeholder, option.placeholder) << command.name << " " << flag;
        }
      }
    }
  }
}

TEST(command_table, knows_the_words_that_may_follow) {
  EXPECT_THAT(first_words("query"), ElementsAre("peers", "images", "series", "types", "subscriptions", "history"));
  EXPECT_THAT(first_words("key"), ElementsAre("make", "show", "rotate", "revoke", "release", "sign", "install"));
  EXPECT_THAT(first_words("fleet"), ElementsAre("check", "status", "plan", "report"));
  EXPECT_THAT(first_words("delta"), ElementsAre("apply", "make"));
  EXPECT_THAT(first_words("explain"), IsEmpty());
  EXPECT_THAT(first_words("schema"), ElementsAre("plan"));
  EXPECT_TRUE(options::takes_files(entry("card")));
  EXPECT_TRUE(options::takes_files(entry("fleet")));
  EXPECT_FALSE(options::takes_files(entry("status")));
  EXPECT_TRUE(options::takes_files(entry("apply")));
  EXPECT_FALSE(options::takes_files(entry("publish"))) << "the FILE of --metrics is no argument";
}

TEST(command_table, knows_the_choices_of_a_value) {
  EXPECT_THAT(options::choices_of("auto|always|never"), ElementsAre("auto", "always", "never"));
  EXPECT_THAT(options::choices_of("removals=N|stops=N"), ElementsAre("removals=", "stops="));
  EXPECT_THAT(options::choices_of("FILE|-"), IsEmpty());
  EXPECT_THAT(options::choices_of("TIME"), IsEmpty());
}

TEST(command_table, knows_what_the_next_word_may_name) {
  const auto after = [](const std::string& command, const std::vector<std::string>& given) {
    return options::kinds_after(entry(command), given);
  };
  EXPECT_THAT(after("extract", {}), ElementsAre(NameKind::images, NameKind::series_references));
  EXPECT_THAT(after("extract", {"a"}), IsEmpty()) << "DEST";
  EXPECT_THAT(after("verify", {"a", "b"}), ElementsAre(NameKind::images));
  EXPECT_THAT(after("query", {"series"}), ElementsAre(NameKind::series));
  EXPECT_THAT(after("query", {"history"}), IsEmpty());
  EXPECT_THAT(after("query", {}), IsEmpty());
  EXPECT_THAT(after("explain", {}), ElementsAre(NameKind::images, NameKind::series, NameKind::peers, NameKind::types));
  EXPECT_THAT(after("key", {"release", "a"}), ElementsAre(NameKind::images));
  EXPECT_THAT(after("key", {"sign"}), IsEmpty());
  EXPECT_THAT(after("plan", {}), IsEmpty());
}

TEST(command_table, describes_the_environment_and_the_exit_codes) {
  std::set<std::string> names;
  for (const auto& one : options::environment_variables()) {
    EXPECT_FALSE(one.text.empty()) << one.names.front();
    names.insert(one.names.begin(), one.names.end());
  }
  EXPECT_THAT(names,
              AllOf(Contains("NO_COLOR"), Contains("INGOT_GUARD"), Contains("INGOT_GIT_TOKEN"), Contains("SSL_CERT_FILE")));
  std::set<std::string> codes;
  for (const auto& one : options::exit_codes()) codes.insert(one.names.begin(), one.names.end());
  for (const int code : {exit_done, exit_internal, exit_changes, exit_incomplete, exit_untrusted, exit_busy, exit_local,
                         exit_refused, exit_stale, exit_approval, exit_usage, exit_manifest, exit_interrupted, exit_terminated})
    EXPECT_TRUE(codes.contains(std::to_string(code))) << code;
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
