// What a timer does, round after round: the manifest from a repository that others push to, images from a peer that others feed.
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/closed_window.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::closed_window;
using testing_support::read_text;
using testing_support::write_text;

/// "paris" copies all of "london". Its manifest is in a bare repository; nothing of it is checked out where it runs.
class Timer : public testing::Test {
 protected:
  Timer() {
    testing_support::git_in(folder.path(), {"init", "-q", "--bare", "-b", "main", "upstream.git"});
    write_text(folder / "tell", "#!/bin/sh\ncat >> \"$(dirname \"$0\")/told\"\n");
    fs::permissions(folder / "tell", fs::perms::owner_all);
    give("a");
    work.write("sites/london.card.toml", read_text(london.card()));
    work.git({"remote", "add", "origin", url});
    push("Begin");
    EXPECT_EQ(ingot("init").exit, 0);
  }
  /// London offers this image, too.
  void give(const std::string& image, const std::string& bytes = "bytes of it") {
    offered += london.file_image(image, bytes + image);
    london.manifest(offered);
    london.apply();
  }
  /// Somebody changes the manifest of paris; gives the commit.
  std::string push(const std::string& subject, const std::string& more = "") const {
    work.write("sites/ingot.toml",
               "manifest = 1\n[server]\nname = \"paris\"\nurl = \"https://paris.example.net/\"\n[guard]\ngit = [\"forward\"]\n"
               "[[peer]]\nname = \"london\"\ncard = \"london.card.toml\"\n[[subscription]]\npeer = \"london\"\nall = true\nsince "
               "= \"start\"\n"
               "[[notify]]\ncommand = [\"" +
                   (folder / "tell") + "\"]\n" + more);
    const std::string commit = work.commit(subject);
    work.git({"push", "-q", "--force", "origin", "main"});
    return commit;
  }
  Ran ingot(const std::string& command, const std::vector<std::string>& more = {}) const {
    testing_support::Command run{
        .arguments = {INGOT_BINARY, command, "--repo", url, "--rev", "main", "-f", "sites", "--home", folder / "paris"},
        .folder = folder.path(),
        .environment = testing_support::git_environment()};
    run.arguments.insert(run.arguments.end(), more.begin(), more.end());
    return testing_support::run(run);
  }
  /// One round of the timer.
  Ran round(int exit = 0, const std::vector<std::string>& more = {}) const {
    Ran ran = ingot("reconcile", more);
    EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
    return ran;
  }
  Json runs() const { return Json::parse(ingot("query", {"history", "--json"}).out).at("runs"); }
  Json told() const {
    Json messages = Json::array();
    std::istringstream lines(read_text(folder / "told"));
    for (std::string line; std::getline(lines, line);) messages.push_back(Json::parse(line).at("data"));
    return messages;
  }
  bool has(const std::string& image) const { return ingot("query", {"images", image}).exit == 0; }

  testing_support::TestFolder folder;
  Site london{folder.path(), "london"};
  testing_support::GitFolder work{folder / "work"};
  const std::string url = "file://" + (folder / "upstream.git");
  std::string offered;
};

TEST_F(Timer, follows_its_repository_and_its_peers_and_rests_when_nothing_changed) {
  round();
  EXPECT_TRUE(has("a"));
  EXPECT_EQ(runs()[0].at("command"), "reconcile");
  EXPECT_EQ(runs()[0].at("manifest").at("git").at("commit"), work.git({"rev-parse", "HEAD"}));

  london.web().forget_requests();
  const Ran still = round();
  EXPECT_EQ(still.out + still.err, "");
  EXPECT_THAT(london.web().requests(), AllOf(Not(IsEmpty()), Each("GET /head.dsse 200")));
  EXPECT_EQ(runs().size(), 1U) << "nothing to keep";

  write_text(folder / "own", "an own image");
  const std::string commit =
      push("Add an image of its own", "[[image]]\nname = \"own\"\nsource = \"" + (folder / "own") + "\"\n");
  round();
  EXPECT_TRUE(has("own"));
  EXPECT_EQ(runs()[0].at("manifest").at("git").at("commit"), commit);
  EXPECT_THAT(ingot("history", {"own"}).out, HasSubstr(commit.substr(0, 7)));

  give("b");
  EXPECT_THAT(round().out, HasSubstr("Applied: 2 done"));
  EXPECT_TRUE(has("b"));
  EXPECT_EQ(round().out, "");
  EXPECT_EQ(told().size(), 3U) << "once for each round that did something";
}

TEST_F(Timer, does_what_the_line_for_cron_says) {
  const std::string text = read_text(std::string(INGOT_SOURCE_DIR) + "/examples/cron/ingot"), begin = "ingot  cd /srv/gold && ";
  std::string line = text.substr(text.find(begin) + begin.size());
  line.resize(line.find('\n'));
  const auto replace = [&](const std::string& from, const std::string& to) { line.replace(line.find(from), from.size(), to); };
  replace("ingot ", std::string(INGOT_BINARY) + " ");
  replace("--jitter 5m", "--jitter 1s");
  fs::copy_file(work / "sites/ingot.toml", folder / "paris/ingot.toml");
  fs::copy_file(work / "sites/london.card.toml", folder / "paris/london.card.toml");
  std::string manifest = read_text(folder / "paris/ingot.toml");
  manifest.replace(manifest.find("\"forward\""), 9, "");  // it lies in no repository
  write_text(folder / "paris/ingot.toml", manifest);
  for (int i = 0; i < 2; ++i) {
    const Ran ran = testing_support::run({.arguments = {"sh", "-c", line}, .folder = folder / "paris", .environment = {}});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(ran.out.empty(), i == 1) << "cron mails what is printed: " << ran.out;
  }
  EXPECT_TRUE(has("a"));
}

TEST_F(Timer, refuses_a_rewritten_branch_each_round_and_runs_nothing_that_it_names) {
  const std::string good = push("Something");
  round();
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0].at("run").at("manifest").at("git").at("commit"), good);
  EXPECT_EQ(told()[0].at("run").at("manifest").at("git").at("repository"), url);
  work.git({"reset", "-q", "--hard", "HEAD~1"});
  push("Another history", "[[notify]]\ncommand = [\"/bin/sh\", \"-c\", \"touch " + (folder / "ran") + "\"]\n");
  for (int i = 0; i < 2; ++i) EXPECT_THAT(round(7).err, HasSubstr("the branch was rewritten"));
  EXPECT_EQ(runs().size(), 1U) << "nothing was done";
  EXPECT_FALSE(fs::exists(folder / "ran")) << "who pushes what is refused runs no program here";
  EXPECT_EQ(told().size(), 1U);
  EXPECT_FALSE(fs::exists(folder / "paris/state/cache/last-failure"));
  work.git({"reset", "-q", "--hard", good});
  push("Go on");
  round();
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(Timer, defers_what_is_outside_of_a_window_or_past_the_deadline_and_takes_it_up) {
  push("At night only", "[limits]\nwindow = \"" + closed_window() + "\"\n");
  EXPECT_THAT(round().out, AllOf(HasSubstr("1 deferred"), HasSubstr("closed until")));
  EXPECT_FALSE(has("a"));
  EXPECT_THAT(round().err, HasSubstr("nothing to do now; deferred: copy.london.a"));
  push("At any time, slowly", "[limits]\nbandwidth = \"400 kB/s\"\n");
  round();
  EXPECT_TRUE(has("a"));

  give("large", testing_support::noise(1'500'000));
  EXPECT_THAT(round(0, {"--deadline", "1s"}).out,
              AllOf(HasSubstr("the deadline of this run is over"), HasSubstr("kept for the next run")));
  EXPECT_FALSE(has("large"));
  EXPECT_EQ(runs()[0].at("deferred"), 1);
  round();
  EXPECT_TRUE(has("large"));
}

}  // namespace
}  // namespace ingot::scenarios
