// A server whose state is in PostgreSQL, through the built binary: its work, several machines, what happens when a machine, a
// session or the whole database dies, and the way there and back.
#include <csignal>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/machines.hpp"
#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::noise;
using testing_support::postgres;
using testing_support::read_text;
using testing_support::Running;
using testing_support::TestFolder;
using testing_support::write_text;

constexpr const char* everything_of_silver = "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n";

struct Database : testing::Test {
  TestFolder folder;
  /// A schema for each test: they may run one after the other on one server.
  std::string name = "gold" + std::to_string(::getpid());
  Site here{folder.path(), name, "state = \"" + postgres().url() + "\"\n"};
  Site there{folder.path(), "silver"};

  void SetUp() override { ASSERT_EQ(postgres().why_not(), ""); }
  void TearDown() override { postgres().sql("DROP SCHEMA IF EXISTS \"ingot_" + name + "\" CASCADE"); }

  void wants_all_of_silver(const std::string& more = "") { here.manifest(Site::peer(there, more) + everything_of_silver); }
  std::string second_machine() const { return scenarios::second_machine(here, folder.path()); }
  static std::size_t sessions() {
    return std::stoul(postgres().sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ingot'"));
  }
};

/// A slow peer, so that a run can be caught in the middle of a copy.
struct SlowDatabase : Database {
  std::unique_ptr<testing_support::Nginx> slow;

  void SetUp() override {
    Database::SetUp();
    there.manifest(there.file_image("big", noise(40'000'000)) + there.file_image("small", "small"));
    there.apply();
    slow = std::make_unique<testing_support::Nginx>(there.public_folder(), folder / "slow", "limit_rate 4m;");
    wants_all_of_silver("urls = [\"" + slow->url() + "\"]\n");
  }
  std::unique_ptr<Running> caught_in_the_middle() {
    auto running = std::make_unique<Running>(
        testing_support::Command{.arguments = {INGOT_BINARY, "apply", "--yes"}, .folder = here.path(), .environment = {}},
        here.path() + "/apply.log");
    const auto partial_exists = [&] {
      for (const auto& entry : std::filesystem::directory_iterator(here.path() + "/store/staging")) {
        if (entry.path().extension() == ".part") return true;
      }
      return false;
    };
    for (int i = 0; i < 4'000 && !partial_exists(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_TRUE(partial_exists());
    return running;
  }
  std::string log() const { return read_text(here.path() + "/apply.log"); }
  /// All that was wanted is here, and nothing is left to do.
  void expect_whole_after(const Ran& ran) {
    EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
    EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
    EXPECT_EQ(here.plan().at("actions").size(), 0U);
    EXPECT_EQ(here.ingot({"verify"}).exit, 0);
  }
};

TEST_F(Database, R30_a_state_in_a_database_does_what_one_in_a_file_does) {
  there.manifest(there.file_image("db19_24", "bytes"));
  there.apply();
  here.manifest(here.file_image("own", "own bytes") + Site::peer(there) + everything_of_silver);
  EXPECT_THAT(actions(here.plan()), testing::Contains("copy copy.silver.db19_24"));
  here.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  EXPECT_EQ(here.query({"history"}).at("runs").size(), 1U);
  EXPECT_EQ(here.ingot({"status"}).exit, 0);
  EXPECT_EQ(here.ingot({"verify"}).exit, 0);
  EXPECT_EQ(here.ingot({"drift"}).exit, 0);
  EXPECT_EQ(here.ingot({"publish"}).exit, 0);
  EXPECT_EQ(here.ingot({"gc"}).exit, 0);
  EXPECT_THAT(here.ingot({"init", "."}).out, HasSubstr("everything is there already"));
  EXPECT_FALSE(std::filesystem::exists(here.path() + "/state/ingot.db"));
  // Another server reads from it as from any other.
  there.manifest(there.file_image("db19_24", "bytes") + Site::peer(here, "", "gold") +
                 "[[subscription]]\npeer = \"gold\"\nimage = \"own\"\nsince = \"start\"\n");
  there.apply();
  EXPECT_EQ(sessions(), 0U);
}

TEST_F(Database, a_database_that_cannot_be_had_is_6_and_nothing_is_touched) {
  const std::string good = read_text(here.path() + "/ingot.toml");
  const auto with_state = [&](const std::string& url, const std::string& more = "") {
    write_text(here.path() + "/ingot.toml", "manifest = 1\n[server]\nname = \"" + name + "\"\nstate = \"" + url + "\"\n" + more);
    return here.ingot({"plan"});
  };
  const Ran gone = with_state("postgresql://postgres@127.0.0.1:" + std::to_string(testing_support::free_port()) + "/postgres");
  EXPECT_EQ(gone.exit, 6);
  EXPECT_THAT(gone.err, HasSubstr("cannot reach the state"));
  const Ran listened = with_state("postgresql://postgres@db.example.net/postgres?sslmode=require");
  EXPECT_EQ(listened.exit, 65);
  EXPECT_THAT(listened.err, HasSubstr("sslmode=verify-full"));
  postgres().sql("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN");
  const Ran stranger = with_state(postgres().url_for("stranger"));
  EXPECT_EQ(stranger.exit, 6);
  EXPECT_THAT(stranger.err, HasSubstr("no rights for the state"));
  postgres().sql("UPDATE \"ingot_" + name + "\".engine SET format = 99");
  const Ran newer = with_state(postgres().url());
  EXPECT_EQ(newer.exit, 65);
  EXPECT_THAT(newer.err, HasSubstr("was made by a newer ingot"));
}

TEST_F(Database, a_password_comes_from_a_file_and_is_never_shown) {
  postgres().sql("DROP ROLE IF EXISTS secret; CREATE ROLE secret LOGIN SUPERUSER PASSWORD 'correct horse'");
  const auto with_password = [&](const std::string& password) {
    write_text(here.path() + "/password", password);
    std::filesystem::permissions(here.path() + "/password", std::filesystem::perms::owner_read);
    write_text(here.path() + "/ingot.toml", "manifest = 1\n[server]\nname = \"" + name +
                                                "\"\nstate_password_file = \"password\"\nstate = \"" +
                                                postgres().tcp_url_for("secret") + "\"\n");
    const Ran ran = here.ingot({"query", "images", "-v"});
    std::filesystem::remove(here.path() + "/password");
    return ran;
  };
  const Ran wrong = with_password("battery staple\n");
  EXPECT_EQ(wrong.exit, 6);
  EXPECT_THAT(wrong.err, HasSubstr("refused the login"));
  EXPECT_THAT(wrong.out + wrong.err, Not(HasSubstr("battery")));
  EXPECT_EQ(with_password("correct horse\n").exit, 0);
}

TEST_F(SlowDatabase, R30_others_end_with_5_while_a_run_works_and_a_killed_one_leaves_the_lock) {
  const std::string second = second_machine();
  const auto running = caught_in_the_middle();
  const Ran busy = ingot_in(second, {"apply", "--yes"});
  EXPECT_EQ(busy.exit, 5) << busy.out << busy.err;
  EXPECT_THAT(busy.err, HasSubstr("apply"));
  EXPECT_THAT(ingot_in(second, {"status", "--json"}).out, HasSubstr("apply "));
  EXPECT_EQ(ingot_in(second, {"plan"}).exit, 0) << "a plan waits for nobody";
  running->signal(SIGKILL);
  running->wait();
  wants_all_of_silver();
  second_machine();
  expect_whole_after(ingot_in(second, {"apply", "--yes", "--lock-timeout", "20s"}));
}

TEST_F(SlowDatabase, R30_a_run_whose_lock_is_gone_records_nothing_more) {
  const auto running = caught_in_the_middle();
  postgres().sql(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid IN"
      " (SELECT pid FROM pg_stat_activity WHERE application_name = 'ingot')");
  EXPECT_EQ(running->wait(), 6) << log();
  EXPECT_THAT(log(), HasSubstr("lost its session"));
  wants_all_of_silver();
  expect_whole_after(here.ingot({"apply", "--yes"}));
}

TEST_F(SlowDatabase, R30_the_end_of_all_its_sessions_ends_a_run_with_6_and_the_next_goes_on) {
  const auto running = caught_in_the_middle();
  postgres().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ingot'");
  EXPECT_EQ(running->wait(), 6) << log();
  wants_all_of_silver();
  expect_whole_after(here.ingot({"apply", "--yes"}));
}

TEST_F(SlowDatabase, R30_a_database_that_dies_and_comes_back_lost_nothing) {
  const auto running = caught_in_the_middle();
  postgres().stop_at_once();
  EXPECT_EQ(here.ingot({"plan"}).exit, 6);
  EXPECT_EQ(running->wait(), 6) << log();
  postgres().start();
  wants_all_of_silver();
  expect_whole_after(here.ingot({"apply", "--yes"}));
}

/// A peer whose key signed two catalogs under one number: each of two web servers shows another one.
struct TwoFaces : Database {
  std::unique_ptr<testing_support::Nginx> other_face;

  void SetUp() override {
    Database::SetUp();
    there.manifest(there.file_image("db19_24", "bytes"));
    there.apply();
    wants_all_of_silver();
    here.apply();
    const std::string other = folder / "other";
    std::filesystem::copy(there.path(), other, std::filesystem::copy_options::recursive);
    EXPECT_EQ(ingot_in(other, {"publish"}).exit, 0);
    there.manifest(there.file_image("db19_24", "bytes") + there.file_image("db19_25", "more"));
    there.apply();
    other_face = std::make_unique<testing_support::Nginx>(other + "/store/public", folder / "other-web");
  }
  /// A second machine, which has a way to the other web server.
  std::string deceived_machine() const {
    const std::string path = second_machine();
    std::string text = read_text(path + "/ingot.toml");
    const std::string name_line = "name = \"silver\"\n";
    text.insert(text.find(name_line) + name_line.size(), "urls = [\"" + other_face->url() + "\"]\n");
    write_text(path + "/ingot.toml", text);
    return path;
  }
  static std::string evidence_of(const std::string& machine) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(machine + "/state/cache/trust"))
      if (entry.path().filename() == "evidence") return entry.path();
    return "";
  }
};

TEST_F(TwoFaces, R30_evidence_against_a_peer_counts_on_every_machine_until_somebody_removes_it_on_one) {
  here.apply();
  const std::string second = deceived_machine();
  const Ran deceived = ingot_in(second, {"apply", "--yes"});
  EXPECT_EQ(deceived.exit, 4) << deceived.out << deceived.err;
  EXPECT_THAT(deceived.out, HasSubstr("two different heads"));
  const auto heads = std::filesystem::directory_iterator(evidence_of(second));
  EXPECT_EQ(std::distance(begin(heads), end(heads)), 2) << "the head that the other machine saw is evidence, too";
  const Ran here_too = here.ingot({"plan"});
  EXPECT_EQ(here_too.exit, 4) << here_too.out << here_too.err;
  std::filesystem::remove_all(evidence_of(here.path()));
  second_machine();  // its way is mended
  EXPECT_EQ(here.ingot({"apply", "--yes"}).exit, 0);
  const Ran mended = ingot_in(second, {"apply", "--yes"});
  EXPECT_EQ(mended.exit, 0) << mended.out << mended.err;
  EXPECT_EQ(evidence_of(second), "");
}

TEST_F(TwoFaces, R30_evidence_goes_along_when_the_state_moves) {
  here.apply();
  const std::string second = deceived_machine();
  EXPECT_EQ(ingot_in(second, {"apply", "--yes"}).exit, 4);
  EXPECT_EQ(here.ingot({"state", "move", "--to", "state/back.db"}).exit, 0);
  here.set_server_lines("state = \"state/back.db\"\n");
  wants_all_of_silver();
  EXPECT_EQ(here.ingot({"plan"}).exit, 4);
}

TEST_F(Database, R30_a_stale_mirror_is_known_by_a_machine_that_never_asked_and_the_last_head_counts) {
  there.manifest(there.file_image("db19_24", "bytes"));
  there.apply();
  wants_all_of_silver();
  const std::string mirror = folder / "mirror";
  std::filesystem::copy(there.public_folder(), mirror, std::filesystem::copy_options::recursive);
  there.manifest(there.file_image("db19_24", "bytes") + there.file_image("db19_25", "more"));
  there.apply();
  here.apply();
  const std::string second = second_machine();
  const std::string head = mirror + "/head.dsse";
  const std::string old = read_text(head);
  std::filesystem::copy(there.public_folder(), mirror,
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove(head);
  write_text(head, old);
  const testing_support::Nginx web(mirror, folder / "mirror-web");
  std::string text = read_text(second + "/ingot.toml");
  const std::string name_line = "name = \"silver\"\n";
  text.insert(text.find(name_line) + name_line.size(), "urls = [\"" + web.url() + "\"]\n");
  write_text(second + "/ingot.toml", text);
  const Ran plan = ingot_in(second, {"plan"});
  EXPECT_EQ(plan.exit, 0) << plan.out << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("was seen before"));
}

TEST_F(Database, a_state_moves_to_a_database_and_back) {
  there.manifest(there.file_image("db19_24", "bytes"));
  there.apply();
  const std::string entries = Site::peer(here, "", "gold");
  const Json before = there.query({"history"});
  const Ran moved = there.ingot({"state", "move", "--to", postgres().url()});
  EXPECT_EQ(moved.exit, 0) << moved.out << moved.err;
  EXPECT_THAT(moved.out, HasSubstr("rows, compared"));
  const Ran late = there.ingot({"plan"});
  EXPECT_EQ(late.exit, 6);
  EXPECT_THAT(late.err, HasSubstr("was moved to \"" + postgres().url() + "\""));
  EXPECT_EQ(there.ingot({"apply", "--yes"}).exit, 6);
  EXPECT_EQ(there.ingot({"state", "move", "--to", postgres().url()}).exit, 6) << "only once";
  EXPECT_EQ(there.query({"history"}), before) << "queries still read it";
  const Ran status = there.ingot({"status"});
  EXPECT_THAT(status.err, HasSubstr("was moved to \"" + postgres().url() + "\" at 20"));
  EXPECT_THAT(status.out, HasSubstr("moved      to \"" + postgres().url() + "\" at 20"));
  EXPECT_EQ(Json::parse(there.ingot({"status", "--json"}).out).at("moved").at("to"), postgres().url());
  for (const auto& command : std::vector<std::vector<std::string>>{{"apply", "--yes"},
                                                                   {"reconcile"},
                                                                   {"publish"},
                                                                   {"gc"},
                                                                   {"verify", "--repair"},
                                                                   {"key", "rotate"},
                                                                   {"init", "."},
                                                                   {"state", "rebuild"}}) {
    const Ran refused = there.ingot(command);
    EXPECT_NE(refused.exit, 0) << command.front();
    EXPECT_THAT(refused.err, HasSubstr("was moved to \"" + postgres().url() + "\" at 20")) << command.front();
  }

  there.set_server_lines("state = \"" + postgres().url() + "\"\n");
  there.manifest(there.file_image("db19_24", "bytes") + there.file_image("db19_25", "more"));
  EXPECT_EQ(there.query({"history"}), before);
  there.apply();
  const Ran back = there.ingot({"state", "move", "--to", "state/back.db"});
  EXPECT_EQ(back.exit, 0) << back.out << back.err;
  EXPECT_EQ(there.ingot({"plan"}).exit, 6);
  there.set_server_lines("state = \"state/back.db\"\n");
  there.manifest(there.file_image("db19_24", "bytes") + there.file_image("db19_25", "more"));
  EXPECT_EQ(there.plan().at("actions").size(), 0U);
  EXPECT_EQ(there.query({"images"}).at("images").size(), 2U);
  EXPECT_EQ(there.ingot({"verify"}).exit, 0);
  postgres().sql("DROP SCHEMA ingot_silver CASCADE");
}

}  // namespace
}  // namespace ingot::scenarios
