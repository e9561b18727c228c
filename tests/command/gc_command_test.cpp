// gc as an operator runs it: what is wanted by manifest and remembered catalogs, what is shown, what is refused.
#include <gmock/gmock.h>

#include "reconciler/io/disk/run_lock.hpp"
#include "reconciler/io/hash.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::gc_command_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Commands;

namespace fs = std::filesystem;

struct GcCommand : Commands {
  std::string partial(const std::string& bytes) {
    const std::string path = "staging/" + io::sha256(bytes).hex() + ".part";
    write("silver/store/" + path, "half");
    return path;
  }
  bool at_silver(const std::string& path) const { return fs::exists(folder / "silver/store" / path); }
};

TEST_F(GcCommand, takes_what_a_deleted_private_image_left_and_says_so) {
  make("gold");
  write("gold/a.bin", "bytes of a");
  manifest("gold",
           "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nprivate = true\n[[image]]\nname = \"b\"\nsource = "
           "\"a.bin\"\nexclude=[]\nprivate = true\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  EXPECT_EQ(at("gold", {"gc", "--grace", "0"}).out, "Nothing to remove: every file is needed.\n");
  manifest("gold", "");
  ASSERT_EQ(at("gold", {"apply", "--yes", "--allow-empty", "--raise-limit", "removals=2"}).exit, 0)
      << terminal.said << terminal.printed;
  const Ran dry = at("gold", {"gc", "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.out, AllOf(HasSubstr("Waiting: "), HasSubstr("  private/b/"), HasSubstr("bytes of image "),
                             HasSubstr("deleted, until ")));
  testing_support::expect_valid_json("gc", at("gold", {"gc", "--json"}).out);
  EXPECT_THAT(at("gold", {"gc"}).out,
              AllOf(HasSubstr("Waiting: "), HasSubstr("the first can be removed at "), Not(HasSubstr("private/b/"))));
  EXPECT_THAT(at("gold", {"gc", "--grace", "0", "-v"}).out,
              AllOf(HasSubstr("Removed: "), HasSubstr(" freed"), HasSubstr("  private/b/")));
  testing_support::expect_valid_json("gc", at("gold", {"gc", "--json", "--grace", "0"}).out);
  EXPECT_EQ(at("gold", {"verify"}).exit, 0);
}

TEST_F(GcCommand, A13_pages_of_heads_that_were_refused_leave_the_cache) {
  two_servers();
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  const auto pages = [&] {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder / "silver/state/cache"))
      count += entry.path().parent_path().filename() == "c" ? 1U : 0U;
    return count;
  };
  const std::size_t good = pages();
  ASSERT_GT(good, 0U);
  std::string gold;
  for (const auto& entry : fs::directory_iterator(folder / "silver/state/cache")) {
    if (entry.is_directory()) gold = entry.path().filename().string();
  }
  for (const std::string& server : {gold, io::sha256("a peer that is gone").hex()})
    write("silver/state/cache/" + server + "/c/" + io::sha256("refused").hex(), "a page of a refused head");
  EXPECT_EQ(at("silver", {"gc", "--dry-run"}).exit, 0) << terminal.said;
  EXPECT_EQ(pages(), good + 2);
  EXPECT_EQ(at("silver", {"gc"}).exit, 0) << terminal.said;
  EXPECT_EQ(pages(), good);
  EXPECT_EQ(at("silver", {"plan"}).exit, 0);
}

TEST_F(GcCommand, a_partial_copy_stays_while_a_rule_wants_it_or_nothing_is_remembered_of_a_peer) {
  two_servers();
  const std::string wanted = partial("bytes of a");
  const std::string other = partial("bytes of nothing");
  ASSERT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
  EXPECT_TRUE(at_silver(wanted) && at_silver(other)) << "gold was never asked";
  ASSERT_EQ(at("silver", {"plan"}).exit, 0);
  ASSERT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
  EXPECT_TRUE(at_silver(wanted));
  EXPECT_FALSE(at_silver(other));
  manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() + "\"\n");
  ASSERT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
  EXPECT_FALSE(at_silver(wanted));
}

TEST_F(GcCommand, a_copy_that_waits_for_its_name_keeps_its_partial_copy) {
  two_servers();
  write("silver/a.bin", "other bytes");
  manifest("silver", read(folder / "silver/ingot.toml").substr(read(folder / "silver/ingot.toml").find("[[peer]]")) +
                         "[[image]]\nname = \"a\"\nsource = \"a.bin\"\n");
  const std::string wanted = partial("bytes of a");
  ASSERT_EQ(at("silver", {"plan"}).exit, 3) << terminal.printed << terminal.said;
  ASSERT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
  EXPECT_TRUE(at_silver(wanted));
}

TEST_F(GcCommand, R18_bytes_of_an_image_that_the_manifest_names_again_stay) {
  make("gold");
  write("gold/a.bin", "bytes of a");
  const std::string both =
      "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nprivate = true\n[[imagetype]]\nname = \"X\"\nbase = \"SOFTWARE\"\n";
  manifest("gold", both);
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0);
  manifest("gold", both.substr(both.find("[[imagetype]]")));
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  fs::remove(folder / "gold/a.bin");
  manifest("gold", both);
  ASSERT_EQ(at("gold", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at("gold", {"extract", "a", "-"}).out, "bytes of a");
}

TEST_F(GcCommand, R18_R19_such_bytes_stay_also_where_nothing_is_remembered_of_a_peer) {
  make("gold");
  make("silver");
  write("silver/a.bin", "bytes of a");
  const std::string image = "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nprivate = true\n";
  manifest("silver", image);
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0);
  manifest("silver", "");
  ASSERT_EQ(at("silver", {"apply", "--yes", "--allow-empty"}).exit, 0) << terminal.said << terminal.printed;
  fs::remove(folder / "silver/a.bin");
  manifest("silver", image + "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() + "\"\n");
  ASSERT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at("silver", {"extract", "a", "-"}).out, "bytes of a");
}

TEST_F(GcCommand, is_a_run_of_the_history_if_it_took_anything) {
  make("gold");
  const auto history = [&] { return at("gold", {"query", "history"}).out; };
  write("gold/store/staging/" + io::sha256("x").hex() + ".part", "half");
  at("gold", {"gc"});
  at("gold", {"gc", "--grace", "0", "--dry-run"});
  EXPECT_THAT(history(), Not(HasSubstr("gc")));
  EXPECT_EQ(at("gold", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
  EXPECT_THAT(history(), HasSubstr("gc"));
}

TEST_F(GcCommand, says_by_its_exit_code_that_the_published_head_is_gone) {
  make("gold");
  fs::remove(folder / "gold/store/public/head.dsse");
  const Ran ran = at("gold", {"gc"});
  EXPECT_EQ(ran.exit, 6);
  EXPECT_THAT(ran.out, HasSubstr("the published head is missing or damaged"));
}

TEST_F(GcCommand, waits_for_no_other_run) {
  make("gold");
  io::SystemClock clock;
  const io::RunLock lock = io::RunLock::take((folder / "gold/state/lock").string(), "another", Seconds(0), clock);
  EXPECT_EQ(at("gold", {"gc"}).exit, 5);
}

TEST_F(GcCommand, G1_takes_nothing_on_the_word_of_a_damaged_state) {
  make("gold");
  write("gold/store/staging/new-0123456789abcdef-00", "half");
  const auto state = folder / "gold/state/ingot.db";
  std::string bytes = read(state);
  for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = '\x5a';
  write("gold/state/ingot.db", bytes);
  EXPECT_EQ(at("gold", {"gc", "--grace", "0"}).exit, 6);
  EXPECT_TRUE(fs::exists(folder / "gold/store/staging/new-0123456789abcdef-00"));
}

}  // namespace
}  // namespace ingot::gc_command_test
