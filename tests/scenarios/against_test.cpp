// Plans of a server, made elsewhere over real HTTP: by a build server that has a clone of its manifest and nothing else.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::git_environment;
using testing_support::git_in;
using testing_support::GitFolder;
using testing_support::read_text;
using testing_support::TestFolder;

struct Elsewhere : testing::Test {
  TestFolder folder;
  Site london{folder.path(), "london"}, rome{folder.path(), "rome"};
  GitFolder repository{folder / "repository"};
  const std::string ci = folder / "ci", home = folder / "home";
  const std::string all_of_london = "[[subscription]]\npeer = \"london\"\nall = true\nsince = \"start\"\n";

  void SetUp() override {
    fs::create_directories(home);
    repository.write("server.card.toml", read_text(rome.card()));
    repository.write("london.card.toml", read_text(london.card()));
    london.manifest(london.file_image("db1", "one"));
    london.apply();
  }

  /// Rome's manifest, as a commit.
  void commit(const std::string& entries, const std::string& subject) const {
    repository.write("ingot.toml", "manifest = 1\n[server]\nname = \"rome\"\nurl = \"" + rome_url +
                                       "\"\npublish_state = true\n[[peer]]\nname = \"london\"\ncard = \"london.card.toml\"\n" +
                                       entries);
    repository.commit(subject);
  }
  Ran at_rome(const std::vector<std::string>& words) const {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"-f", repository / "ingot.toml", "--home", rome.path()});
    return rome.ingot(all, git_environment(home));
  }
  Json plan_at_rome() const { return Json::parse(at_rome({"plan", "--json"}).out, nullptr, false); }
  void apply_at_rome() const {
    const Ran ran = at_rome({"apply", "--yes"});
    ASSERT_EQ(ran.exit, 0) << ran.out << ran.err;
  }
  /// In a fresh clone.
  Ran in_ci(std::vector<std::string> arguments) const {
    fs::remove_all(ci);
    git_in(folder.path(), {"clone", "-q", repository.path(), ci});
    auto environment = git_environment(home);
    environment["INGOT"] = INGOT_BINARY;
    return testing_support::run({.arguments = std::move(arguments), .folder = ci, .environment = std::move(environment)});
  }
  Json plan_in_ci() const {
    const Ran ran = in_ci({INGOT_BINARY, "plan", "--json", "--against", rome_url});
    return Json::parse(ran.out, nullptr, false);
  }

  const std::string rome_url = rome.web().url();
};

TEST_F(Elsewhere, a_build_server_plans_with_the_servers_id_without_its_state_and_sources) {
  commit(all_of_london, "Take everything of london");
  apply_at_rome();
  EXPECT_THAT(actions(plan_in_ci()), IsEmpty());
  EXPECT_EQ(plan_in_ci().at("id"), plan_at_rome().at("id"));

  london.manifest(london.file_image("db1", "one", "state = \"WITHDRAWN\"\nreason = \"broken\"") +
                  london.file_image("db2", "two"));
  london.apply();
  commit(all_of_london + rome.file_image("own", "own bytes"), "Add an image whose source is at rome");
  EXPECT_THAT(actions(plan_in_ci()),
              ElementsAre("withdraw copy.london.db1", "add image.own", "publish catalog", "copy copy.london.db2"));
  EXPECT_EQ(plan_in_ci().at("id"), plan_at_rome().at("id"));

  const Ran reviewed = in_ci({std::string(INGOT_SOURCE_DIR) + "/examples/review/plan-elsewhere"});
  ASSERT_EQ(reviewed.exit, 0) << reviewed.out << reviewed.err;
  const Json change = Json::parse(read_text(ci + "/plan.json"));
  EXPECT_THAT(actions(change), ElementsAre("add image.own")) << "what main would do anyway is left out";
  EXPECT_THAT(read_text(ci + "/plan.md"), HasSubstr("own"));
  const std::string id = plan_at_rome().at("id");
  EXPECT_THAT(reviewed.out, HasSubstr("whole plan: " + id + "\n"));
  const Ran applied = at_rome({"apply", "--expect", id});
  EXPECT_EQ(applied.exit, 0) << "what was reviewed is done: " << applied.out << applied.err;
  EXPECT_THAT(actions(plan_in_ci()), IsEmpty());
}

TEST_F(Elsewhere, a_commit_that_is_not_checked_out_is_planned_with_the_card_that_it_has) {
  commit(all_of_london, "Take everything of london");
  apply_at_rome();
  commit("", "Stop");
  const Ran stopped = in_ci({INGOT_BINARY, "plan", "--json", "--against", rome_url, "--rev", "HEAD", "-f", "."});
  EXPECT_THAT(actions(Json::parse(stopped.out)), ElementsAre("publish catalog", "uninstantiate subscription.london.all"));
  const Ran before = in_ci({INGOT_BINARY, "plan", "--json", "--against", rome_url, "--rev", "HEAD^", "-f", "."});
  EXPECT_THAT(actions(Json::parse(before.out)), IsEmpty());
  EXPECT_EQ(in_ci({INGOT_BINARY, "plan", "--against", rome_url, "--repo", repository.path(), "--rev", "main", "--home",
                   folder / "elsewhere"})
                .exit,
            0);
  EXPECT_EQ(in_ci({INGOT_BINARY, "plan", "--against", london.web().url()}).exit, 4) << "another server than the card pins";
  rome.web().stop();
  const Ran gone = in_ci({INGOT_BINARY, "plan", "--against", rome_url});
  EXPECT_EQ(gone.exit, 3);
  EXPECT_THAT(gone.err, AllOf(HasSubstr("there is nothing to plan against"), HasSubstr("unreachable")));
}

TEST_F(Elsewhere, R20_two_servers_that_publish_their_states_and_copy_from_each_other_come_to_rest) {
  const auto all_of = [](const Site& other) {
    return "publish_state = true\n" + Site::peer(other) + "[[subscription]]\npeer = \"" + other.name() +
           "\"\nall = true\nsince = \"start\"\n";
  };
  london.manifest(all_of(rome) + london.file_image("db1", "one"));
  rome.manifest(all_of(london) + rome.file_image("own", "own bytes"));
  for (int round = 0; round < 3; ++round) {
    london.apply();
    rome.apply();
  }
  const std::string of_london = read_text(london.public_folder() + "/head.dsse"),
                    of_rome = read_text(rome.public_folder() + "/head.dsse");
  london.apply();
  rome.apply();
  EXPECT_EQ(read_text(london.public_folder() + "/head.dsse"), of_london);
  EXPECT_EQ(read_text(rome.public_folder() + "/head.dsse"), of_rome);
}

}  // namespace
}  // namespace ingot::scenarios
