// The command table, three shells that complete by it, and the man page.
#include "reconciler/options/completion.hpp"

#include <set>

#include <gmock/gmock.h>

#include "reconciler/options/help.hpp"
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

options::Offers offers_after(const std::vector<std::string>& words, std::string_view typed = "") {
  return options::offers_after(options::CommandLine(words), typed);
}
std::vector<std::string> words_after(const std::vector<std::string>& words, std::string_view typed = "") {
  std::vector<std::string> offered;
  for (const auto& offer : offers_after(words, typed).words) offered.push_back(offer.word);
  return offered;
}

TEST(command_table, has_a_way_to_set_and_a_text_for_every_option_and_argument) {
  for (const auto& command : options::command_table()) {
    EXPECT_FALSE(command.summary.empty() || command.examples.empty() || command.text.empty()) << command.name;
    ASSERT_FALSE(command.forms.empty()) << command.name;
    for (const auto& form : command.forms) {
      EXPECT_FALSE(std::holds_alternative<options::ShowHelp>(form.start)) << command.name << " runs nothing";
      for (const auto& word : form.words) EXPECT_TRUE(word.set && !word.placeholder.empty()) << command.name;
      for (const auto& option : form.options) {
        EXPECT_TRUE(option.set);
        EXPECT_FALSE(option.brief().empty()) << command.name << " " << option.flags.front();
        EXPECT_LE(option.brief().size(), 130U) << option.brief();
      }
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

TEST(offers, are_the_words_that_may_follow) {
  EXPECT_THAT(words_after({"query"}), ElementsAre("peers", "images", "series", "types", "subscriptions", "history"));
  EXPECT_THAT(words_after({"key"}), ElementsAre("make", "show", "rotate", "revoke", "release", "sign", "install"));
  EXPECT_THAT(words_after({"fleet"}), ElementsAre("check", "status", "plan", "report"));
  EXPECT_THAT(words_after({"delta"}), ElementsAre("apply", "make"));
  EXPECT_THAT(words_after({"explain"}), IsEmpty());
  EXPECT_THAT(words_after({"query", "images", "x"}), IsEmpty());
  EXPECT_THAT(words_after({"nosuch"}), IsEmpty());
  EXPECT_THAT(words_after({"help"}), AllOf(Contains("plan"), Contains("help")));
  EXPECT_TRUE(offers_after({"schema"}).schemas);
  EXPECT_FALSE(offers_after({"schema", "plan"}).schemas);
}

TEST(offers, are_files_where_one_may_stand) {
  for (const char* const command : {"card", "apply", "show", "bundle"}) EXPECT_TRUE(offers_after({command}).files) << command;
  EXPECT_TRUE(offers_after({"fleet", "check", "a"}).files);
  EXPECT_FALSE(offers_after({"fleet"}).files) << "a verb comes first";
  EXPECT_FALSE(offers_after({"status"}).files);
  EXPECT_FALSE(offers_after({"publish"}).files) << "the FILE of --metrics is no argument";
  EXPECT_TRUE(offers_after({"publish", "--metrics"}).files);
}

TEST(offers, are_the_choices_of_a_value) {
  EXPECT_THAT(words_after({"plan", "--color"}), ElementsAre("auto", "always", "never"));
  EXPECT_THAT(words_after({"plan", "--raise-limit"}), ElementsAre("removals=", "stops=", "withdrawals="));
  EXPECT_THAT(words_after({"plan", "--out"}), IsEmpty());
  EXPECT_THAT(words_after({"plan", "--lock-timeout"}), IsEmpty());
  EXPECT_THAT(words_after({"plan"}, "--color=a"), ElementsAre("auto", "always", "never"));
  EXPECT_EQ(offers_after({"plan"}, "--color=a").prefix, "--color=");
  EXPECT_THAT(words_after({"plan"}, "--colour=a"), IsEmpty());
}

TEST(offers, are_the_options_of_the_form_and_the_global_ones) {
  EXPECT_THAT(words_after({"plan"}, "-"), AllOf(Contains("--base"), Contains("-f"), Contains("--json"), Not(Contains("--yes"))));
  EXPECT_THAT(words_after({"key"}, "-"), AllOf(Contains("--add-root"), Contains("--yes")));
  EXPECT_THAT(words_after({"key", "make"}, "-"), AllOf(Not(Contains("--add-root")), Contains("--json")));
  EXPECT_THAT(words_after({}, "-"), AllOf(Contains("--version"), Not(Contains("--base"))));
}

TEST(offers, are_the_names_that_may_follow) {
  const auto after = [](const std::vector<std::string>& words) { return offers_after(words).names; };
  EXPECT_THAT(after({"extract"}), ElementsAre(NameKind::images, NameKind::series_references));
  EXPECT_THAT(after({"extract", "a"}), IsEmpty()) << "DEST";
  EXPECT_THAT(after({"verify", "a", "b"}), ElementsAre(NameKind::images));
  EXPECT_THAT(after({"query", "series"}), ElementsAre(NameKind::series));
  EXPECT_THAT(after({"query", "history"}), IsEmpty());
  EXPECT_THAT(after({"query"}), IsEmpty());
  EXPECT_THAT(after({"query", "images", "--peer"}), ElementsAre(NameKind::peers));
  EXPECT_THAT(after({"explain"}), ElementsAre(NameKind::images, NameKind::series, NameKind::peers, NameKind::types));
  EXPECT_THAT(after({"key", "release", "a"}), ElementsAre(NameKind::images));
  EXPECT_THAT(after({"key", "sign"}), IsEmpty());
  EXPECT_THAT(after({"plan"}), IsEmpty());
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
                         "- 1)); COMP_LINE=$1; COMP_POINT=${#1}; _ingot; printf '%s\\n' \"${COMPREPLY[@]}\"",
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
  void ingot_is_itself() { ingot_is("exec " INGOT_PROGRAM " \"$@\""); }
  void ingot_is(const std::string& script) {
    write("bin/ingot", "#!/bin/sh\n" + script);
    testing_support::fs::permissions(folder / "bin/ingot", testing_support::fs::perms::owner_all);
  }
  /// What a shell asks: ingot is a script here that offers a name which holds the words that it was given.
  template <class Complete>
  void expect_that_it_asks(Complete&& complete) {
    ingot_is("exit 1");
    EXPECT_THAT(complete("ingot explain d"), IsEmpty()) << "of an ingot that fails";
    ingot_is(
        "[ \"$1 $2 $3\" = \"completion names --\" ] || exit 1\nshift 3\nIFS=_; printf 'db19.%s\\tof: it\\n' \"$*\"\n"
        "[ $1 = show ] && echo :files\n");
    EXPECT_THAT(complete("ingot explain d"), ElementsAre("db19.explain_d"));
    EXPECT_THAT(complete("ingot verify db19_1 d"), ElementsAre("db19.verify_db19_1_d"));
    EXPECT_THAT(complete("ingot query images --peer d"), ElementsAre("db19.query_images_--peer_d"));
    write("db.plan", "");
    EXPECT_THAT(complete("ingot show d"), testing::UnorderedElementsAre("db19.show_d", "db.plan"));
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
  ingot_is_itself();
  EXPECT_EQ(shell({"bash", "-n", script("bash", "ingot.bash")}).exit, 0);
  expect_what_every_shell_offers([&](const std::string& line) { return bash(line); });
  expect_that_it_asks([&](const std::string& line) { return bash(line); });
  ingot_is_itself();
  write("a b.toml", "");
  EXPECT_THAT(bash("ingot card a"), ElementsAre("a b.toml"));
  EXPECT_THAT(bash("ingot -f x.toml pl"), ElementsAre("plan")) << "the value of a flag is no command";
}

/// Bash itself splits words at "=" and ":", and replaces only what follows them. Keys are typed on a pseudo-terminal; what the
/// lines came to stands in a file.
TEST_F(Completion, of_words_that_bash_splits) {
  manifest("gold", "[[image]]\nname = \"b\"\nsource = \"b.bin\"\n[[series]]\nname = \"db19\"\nimages = [\"b\"]\n");
  write("a b.toml", "");
  write("x:y.toml", "");
  ingot_is("[ \"$1\" = completion ] && exec " INGOT_PROGRAM
           " \"$@\"\nprintf '%s|' \"$@\" >> \"$HOME/lines\"\necho >> \"$HOME/lines\"\n");
  write("keys",
        "ingot plan --color=al\t\n"
        "ingot -f ~/gold extract series:d\t\n"
        "ingot -f \"gold\" extract ser\t\n"
        "ingot plan --file=gol\t\n"
        "ingot show ~/gold/in\t\n"
        "ingot show a\t\n"
        "ingot show \"a\t\n"
        "ingot show x:\t\n"
        "ingot plan --raise-limit rem\t5\n"
        "ingot plan --color=al --json\001\033f\033f\033f\033f\t\n"  // the cursor behind "al"
        "exit\n");
  const auto ran =
      shell({"sh", "-c", "script -qec \"bash --noprofile --rcfile $0 -i\" /dev/null < keys", script("bash", "ingot.bash")});
  const std::string home = folder.string();
  EXPECT_EQ(read(folder / "lines"),
            "plan|--color=always|\n"
            "-f|" +
                home +
                "/gold|extract|series:db19|\n"
                "-f|gold|extract|series:db19|\n"
                "plan|--file=gold/|\n"
                "show|" +
                home +
                "/gold/ingot.toml|\n"
                "show|a b.toml|\n"
                "show|a b.toml|\n"
                "show|x:y.toml|\n"
                "plan|--raise-limit|removals=5|\n"
                "plan|--color=always|--json|\n")
      << ran.out;
}

TEST_F(Completion, of_fish) {
  write("server.card.toml", "");
  ingot_is_itself();
  EXPECT_EQ(shell({"fish", "--no-execute", script("fish", "ingot.fish")}).exit, 0);
  expect_what_every_shell_offers([&](const std::string& line) { return fish(line); });
  expect_that_it_asks([&](const std::string& line) { return fish(line); });
}

TEST_F(Completion, of_zsh) {
  write("server.card.toml", "");
  ingot_is_itself();
  EXPECT_EQ(shell({"zsh", "-n", script("zsh", "_ingot")}).exit, 0);
  ASSERT_THAT(zsh("ingot pl"), ElementsAre("plan")) << "without a pseudo-terminal nothing below can pass";
  expect_what_every_shell_offers([&](const std::string& line) { return zsh(line); });
  expect_that_it_asks([&](const std::string& line) { return zsh(line); });
}

TEST_F(Completion, names_what_is_in_the_manifest_and_in_the_state_and_is_silent_of_what_it_cannot_read) {
  two_servers();
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0);
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0);
  manifest("gold", "[[image]]\nname = \"b\"\nsource = \"b.bin\"\n[[series]]\nname = \"s\"\nimages = [\"b\"]\n");
  const auto names = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"completion", "names", "--"});
    words.emplace_back();  // the word that is being typed
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
  EXPECT_EQ(ingot({"completion", "names", "--", "-f", gold, "extract", "s"}).out, "series:s\n") << "what begins so";
  EXPECT_EQ(ingot({"completion", "names", "--", "-f", silver, "query", "images", "--peer=g"}).out, "--peer=gold\n");
  EXPECT_EQ(names({"verify", "-f", gold, "--lock-timeout"}), "");
  EXPECT_EQ(names({"verify", "-f", (folder / "nowhere").string()}), "");
  EXPECT_EQ(names({"verify", "-f", gold, "--rev", "main"}), "") << "no repository";
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
