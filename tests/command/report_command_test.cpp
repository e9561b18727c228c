// ingot report and ingot fleet report that fail, in whole or in part: exit codes, and what is written all the same.
#include <cstdlib>

#include <gmock/gmock.h>

#include "reconciler/show/html/report_page.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::report_command_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

struct FailingReports : testing_support::Commands {
  const std::string out = (folder / "report.html").string();

  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    fs::create_directories(folder / "cards");
    for (const char* server : {"gold", "silver"}) {
      make(server);
      fs::copy_file(folder / server / "server.card.toml", folder / "cards" / (std::string(server) + ".card.toml"));
      ASSERT_EQ(at(server, {"apply", "--yes"}).exit, 0) << terminal.said;
    }
  }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  Ran fleet_report(std::vector<std::string> manifests = {}) {
    manifests.insert(manifests.begin(), {"fleet", "report", "--cards", (folder / "cards").string(), "--out", out});
    return ingot(manifests);
  }
  fs::path head_of(const std::string& server) { return folder / server / "store/public/head.dsse"; }
  bool nobody_was_asked() { return !fs::exists(folder / "cache"); }
};

TEST_F(FailingReports, of_a_fleet_whose_servers_all_answer_is_done) {
  EXPECT_EQ(fleet_report().exit, 0);
  EXPECT_FALSE(nobody_was_asked());
}

TEST_F(FailingReports, a_silent_server_is_exit_code_3_and_the_file_is_written) {
  fs::remove(head_of("silver"));
  const Ran ran = fleet_report();
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, HasSubstr("the report is in \"" + out));
  EXPECT_THAT(read(out), AllOf(StartsWith(show::report_begin), HasSubstr("unreachable"),
                               HasSubstr("1 server did not give a usable answer")));
}

TEST_F(FailingReports, an_untrusted_server_is_exit_code_4_and_the_file_is_written) {
  fs::copy_file(head_of("gold"), head_of("silver"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(fleet_report().exit, 4);
  EXPECT_THAT(read(out), AllOf(StartsWith(show::report_begin), HasSubstr("untrusted")));
  fs::remove(head_of("gold"));
  EXPECT_EQ(fleet_report().exit, 4) << "the worse one, whatever the order";
}

TEST_F(FailingReports, a_wrong_manifest_is_exit_code_65_and_nothing_is_written) {
  write("gold/ingot.toml", "[server\n");
  for (const Ran& ran : {at("gold", {"report", "--out", out}), fleet_report({(folder / "gold").string()})}) {
    EXPECT_EQ(ran.exit, 65);
    EXPECT_THAT(ran.err, HasSubstr("ingot.toml"));
  }
  EXPECT_FALSE(fs::exists(out));
  EXPECT_TRUE(nobody_was_asked());
}

TEST_F(FailingReports, a_wrong_card_is_exit_code_65_and_nothing_is_written) {
  write("cards/broken.toml", "name = 3\n");
  const Ran ran = fleet_report();
  EXPECT_EQ(ran.exit, 65);
  EXPECT_THAT(ran.err, HasSubstr("broken.toml"));
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(FailingReports, no_cards_or_no_file_is_exit_code_64) {
  const std::string cards = (folder / "cards").string();
  EXPECT_EQ(ingot({"fleet", "report", "--cards", cards}).exit, 64);
  EXPECT_EQ(ingot({"fleet", "report", "--out", out}).exit, 64);
  fs::create_directories(folder / "empty");
  const Ran none = ingot({"fleet", "report", "--cards", (folder / "empty").string(), "--out", out});
  EXPECT_EQ(none.exit, 64);
  EXPECT_THAT(none.err, HasSubstr("there are no cards"));
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(FailingReports, a_folder_that_is_not_there_is_exit_code_64_before_anyone_is_asked) {
  write("notes.txt", "mine");
  for (const char* place : {"none/report.html", "notes.txt/report.html"}) {
    const std::string file = (folder / place).string();
    for (const Ran& ran : {at("gold", {"report", "--out", file}),
                           ingot({"fleet", "report", "--cards", (folder / "cards").string(), "--out", file})}) {
      EXPECT_EQ(ran.exit, 64);
      EXPECT_THAT(ran.err,
                  AllOf(HasSubstr("there is no folder \"" + fs::path(file).parent_path().string()), HasSubstr("mkdir -p ")));
    }
  }
  EXPECT_TRUE(nobody_was_asked());
  fs::create_directory_symlink(folder / "cards", folder / "linked");
  EXPECT_EQ(at("gold", {"report", "--out", (folder / "linked/report.html").string()}).exit, 0) << "a link to a folder is one";
}

TEST_F(FailingReports, what_is_not_a_report_is_kept) {
  write("notes.txt", "mine");
  const Ran ran = ingot({"fleet", "report", "--cards", (folder / "cards").string(), "--out", (folder / "notes.txt").string()});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_EQ(read(folder / "notes.txt"), "mine");
  EXPECT_TRUE(nobody_was_asked());
}

TEST_F(FailingReports, of_a_server_that_was_not_made_is_exit_code_6) {
  manifest("bronze", "");
  EXPECT_EQ(at("bronze", {"report", "--out", out}).exit, 6);
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace ingot::report_command_test
