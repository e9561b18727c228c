// What an operator is told when bytes, pages or the state are damaged, lost or old, and what mends them.
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::damage_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Commands;

/// The bytes of the one image that `server` publishes.
fs::path packed_file_in(const fs::path& store) {
  for (const auto& entry : fs::recursive_directory_iterator(store / "public/b")) {
    if (entry.is_regular_file()) return entry.path();
  }
  return "nowhere";
}

TEST_F(Commands, a_lost_state_is_never_made_anew) {
  two_servers();
  fs::remove(folder / "gold/state/ingot.db");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"plan"}, {"apply", "--yes"}, {"query", "images"}, {"init"}, {"publish"}}) {
    EXPECT_EQ(at("gold", words).exit, 6) << words.front();
    EXPECT_FALSE(fs::exists(folder / "gold/state/ingot.db")) << words.front();
  }
}

TEST_F(Commands, a_state_older_than_what_is_published_is_told_before_anything_is_done) {
  two_servers();
  fs::copy_file(folder / "gold/state/ingot.db", folder / "kept.db");
  ASSERT_EQ(at("gold", {"publish"}).exit, 0);
  for (const char* part : {"", "-wal", "-shm"}) fs::remove(folder / ("gold/state/ingot.db" + std::string(part)));
  fs::copy_file(folder / "kept.db", folder / "gold/state/ingot.db");
  write("gold/b.bin", "bytes of b");
  manifest("gold", read(folder / "gold/ingot.toml").substr(read(folder / "gold/ingot.toml").find("[[image]]")) +
                       "[[image]]\nname = \"b\"\nsource = \"b.bin\"\n");
  const auto old =
      AllOf(HasSubstr("the state is older than what is published: serial "), HasSubstr("restore the newest state file"));
  for (const auto& words : std::vector<std::vector<std::string>>{{"plan"}, {"apply", "--yes"}, {"publish"}}) {
    const Ran ran = at("gold", words);
    EXPECT_EQ(ran.exit, 6) << words.front();
    EXPECT_THAT(ran.err, old) << words.front();
  }
  EXPECT_THAT(at("gold", {"query", "images"}).out, Not(HasSubstr("b "))) << "nothing else was done";
  const Ran drift = at("gold", {"drift"});
  EXPECT_EQ(drift.exit, 2);
  EXPECT_THAT(drift.out, old);
  EXPECT_THAT(at("gold", {"status"}).out, HasSubstr("the state is older than what is published"));
}

TEST_F(Commands, empty_folders_that_a_backup_left_out_are_made_by_who_writes) {
  two_servers();
  for (const char* gone : {"staging", "private", "papers"}) fs::remove_all(folder / "gold/store" / gone);
  EXPECT_EQ(at("gold", {"plan", "--detailed-exitcode"}).exit, 0) << terminal.said;
  EXPECT_EQ(at("gold", {"status"}).exit, 0) << terminal.said;
  EXPECT_FALSE(fs::exists(folder / "gold/store/staging"));
  EXPECT_EQ(at("gold", {"publish"}).exit, 0) << terminal.said;
  for (const char* made : {"staging", "private/b", "papers"}) EXPECT_TRUE(fs::is_directory(folder / "gold/store" / made)) << made;
}

TEST_F(Commands, what_is_lost_and_cannot_be_made_is_brought_back_from_a_backup) {
  two_servers();
  fs::rename(folder / "gold/store", folder / "gold/elsewhere");
  for (const char* command : {"plan", "publish", "init"}) {
    EXPECT_EQ(at("gold", {command}).exit, 6) << command;
    EXPECT_THAT(terminal.said, AllOf(HasSubstr("gold/store"), HasSubstr("restore it from its backup, or set `store`"),
                                     Not(HasSubstr("ingot init"))))
        << command;
  }
  fs::rename(folder / "gold/elsewhere", folder / "gold/store");
  fs::resize_file(folder / "gold/state/ingot.db", 0);
  for (const char* command : {"plan", "publish", "init"}) {
    EXPECT_EQ(at("gold", {command}).exit, 6) << command;
    EXPECT_THAT(terminal.said,
                AllOf(HasSubstr("is empty"), HasSubstr("restore its newest backup, or run \"ingot state rebuild\""),
                      Not(HasSubstr("ingot init"))))
        << command;
  }
}

TEST_F(Commands, drift_and_verify_see_what_is_missing) {
  two_servers();
  for (const auto& entry : fs::recursive_directory_iterator(folder / "gold/store/public/b")) {
    if (entry.is_regular_file()) fs::remove(entry.path());
  }
  const Ran drift = at("gold", {"drift"});
  EXPECT_EQ(drift.exit, 2);
  EXPECT_THAT(drift.out, HasSubstr("image a"));
  const Ran verify = at("gold", {"verify", "--json"});
  EXPECT_EQ(verify.exit, 6);
  testing_support::expect_valid_json("verify", verify.out);
  fs::remove(folder / "gold/store/public/head.dsse");
  EXPECT_THAT(at("gold", {"drift"}).out, HasSubstr("head"));
}

TEST_F(Commands, what_is_lost_of_the_published_tree_is_planned_and_written_again) {
  two_servers();
  const auto expect_mended = [&](const std::string& why) {
    SCOPED_TRACE(why);
    EXPECT_THAT(at("gold", {"plan", "--json"}).out, AllOf(HasSubstr("\"verb\":\"publish\""), HasSubstr(why)));
    const Ran apply = at("gold", {"apply", "--yes"});
    EXPECT_EQ(apply.exit, 0) << apply.err;
    EXPECT_THAT(apply.out, HasSubstr("1 done")) << apply.err;
    EXPECT_EQ(at("gold", {"plan", "--detailed-exitcode"}).exit, 0) << terminal.printed;
    EXPECT_EQ(at("gold", {"verify"}).exit, 0) << terminal.printed;
  };
  const fs::path pieces = folder / "gold/store/public/c";
  const auto is_index = [](const fs::path& piece) { return read(piece).starts_with("{\"format\":\"ingot.index"); };
  for (const auto& piece : fs::directory_iterator(pieces)) fs::remove(piece);
  expect_mended("the published index");
  for (const auto& piece : fs::directory_iterator(pieces)) {
    if (!is_index(piece)) fs::remove(piece);
  }
  expect_mended("the published page");
  const std::string as_it_was = read(folder / "gold/ingot.toml");
  write("gold/ingot.toml", std::regex_replace(as_it_was, std::regex("name = \"gold\""), "name = \"argentum\""));
  expect_mended("this server is \\\"gold\\\", the manifest says \\\"argentum\\\"");
  write("gold/ingot.toml", std::regex_replace(read(folder / "gold/ingot.toml"), std::regex("name = \"argentum\""),
                                              "name = \"argentum\"\npublish_copies = true"));
  expect_mended("`publish_copies` is now true");
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
}

TEST_F(Commands, damaged_bytes_are_foreseen_by_name_and_hold_nothing_else_up) {
  two_servers();
  const fs::path file = packed_file_in(folder / "gold/store");
  const std::string name = "b/" + file.parent_path().filename().string() + "/" + file.filename().string();
  fs::rename(file, folder / "aside");
  fs::rename(folder / "gold/a.bin", folder / "gold/away.bin");  // or it would be repaired
  const auto damaged = AllOf(HasSubstr("\"" + name + "\" of the store is gone"), HasSubstr("restore the file from a backup"));

  EXPECT_THAT(at("gold", {"status"}).out, AllOf(HasSubstr("damaged"), damaged));
  const Ran status = at("gold", {"status", "--json"});
  testing_support::expect_valid_json("status", status.out);
  EXPECT_THAT(status.out, HasSubstr("\"path\":\"" + name + "\""));
  EXPECT_THAT(at("gold", {"drift"}).out, AllOf(HasSubstr("image a: its file is gone"), HasSubstr(name)));
  const Ran one = at("gold", {"query", "images", "a", "--json"});
  EXPECT_THAT(one.out, HasSubstr("\"complete\":false"));
  EXPECT_THAT(one.err, AllOf(HasSubstr("image \"a\""), damaged));
  EXPECT_THAT(at("gold", {"query", "images", "--json"}).out, HasSubstr("\"complete\":true")) << "a listing reads the state alone";
  EXPECT_THAT(at("gold", {"show", "a", "--json"}).out, HasSubstr("\"complete\":false"));
  EXPECT_THAT(at("gold", {"explain", "a"}).out, AllOf(HasSubstr("image.a: blocked (damaged)"), damaged));
  const Ran extracted = at("gold", {"extract", "a", (folder / "out").string()});
  EXPECT_EQ(extracted.exit, 6);
  EXPECT_THAT(extracted.err, AllOf(HasSubstr("image \"a\""), damaged));

  write("gold/b.bin", "bytes of b");
  const std::string both =
      "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"b\"\nsource = \"b.bin\"\n";
  manifest("gold", both);
  const Ran plan = at("gold", {"plan"});
  EXPECT_EQ(plan.exit, 6);
  EXPECT_THAT(plan.out, AllOf(HasSubstr("repair image.a  damaged"), damaged));
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 6);
  EXPECT_EQ(at("gold", {"plan"}).exit, 6) << "it is known until it is mended, also if nothing else is to do";
  EXPECT_EQ(at("gold", {"publish"}).exit, 6);
  EXPECT_THAT(terminal.said, AllOf(HasSubstr("image \"a\" is published without its bytes"), damaged));
  const std::string published = at("gold", {"publish", "--json"}).out;
  testing_support::expect_valid_json("published", published);
  EXPECT_THAT(published, HasSubstr("\"address\":\"image.a\""));
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 3);
  EXPECT_THAT(at("silver", {"query", "images"}).out, AllOf(HasSubstr("b "), Not(HasSubstr("a "))));

  fs::rename(folder / "aside", file);
  EXPECT_THAT(at("gold", {"plan"}).out,
              AllOf(HasSubstr("bytes that the published catalog leaves out are restored"), Not(HasSubstr("damaged"))));
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at("gold", {"plan", "--detailed-exitcode"}).exit, 0);
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
}

TEST_F(Commands, a_damaged_image_is_mended_by_adding_it_under_another_name_too) {
  two_servers();
  write(fs::relative(packed_file_in(folder / "gold/store"), folder).string(), "rot");
  fs::last_write_time(folder / "gold/a.bin",
                      fs::file_time_type::clock::now() - std::chrono::hours(1));  // so that it is not taken for the same
  EXPECT_THAT(at("gold", {"status"}).out, AllOf(HasSubstr("has 3 bytes, not "), HasSubstr("with the same source, another name")));
  const std::string a = "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\nprotect = true\n";
  manifest("gold", a + "[[image]]\nname = \"twin\"\nsource = \"a.bin\"\nprivate = true\n");
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 6) << "it was damaged when this was planned";
  EXPECT_EQ(at("gold", {"verify", "a"}).exit, 0) << terminal.printed;
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << "readers get what is whole: " << terminal.said << terminal.printed;
  const fs::path second =
      folder / "gold/store/private/b" / fs::relative(packed_file_in(folder / "gold/store"), folder / "gold/store/public/b");
  EXPECT_FALSE(fs::exists(second)) << "the same bits are one file";
  manifest("gold", a);
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << "what is deleted is not told: " << terminal.said << terminal.printed;
  EXPECT_EQ(at("gold", {"plan", "--detailed-exitcode"}).exit, 0);
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
}

TEST_F(Commands, D1_bytes_that_are_in_both_trees_are_looked_at_in_both) {
  two_servers();
  const fs::path served = packed_file_in(folder / "gold/store");
  const std::string bytes = read(served);
  const fs::path second = folder / "gold/store/private/b" / fs::relative(served, folder / "gold/store/public/b");
  fs::create_directories(second.parent_path());
  fs::copy_file(served, second);
  EXPECT_EQ(at("gold", {"verify"}).exit, 0) << terminal.printed;
  std::string rotten = bytes;
  rotten.back() = static_cast<char>(rotten.back() ^ 1);
  std::ofstream(served, std::ios::binary) << rotten;
  EXPECT_EQ(at("gold", {"verify"}).exit, 6) << "readers get this one";
  EXPECT_EQ(at("gold", {"verify", "--repair"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(read(served), bytes);
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
}

TEST_F(Commands, R18_an_image_whose_bytes_are_lost_is_not_said_to_come_back_without_its_source) {
  two_servers();
  const std::string b = "[[image]]\nname = \"b\"\nsource = \"b.bin\"\n";
  write("gold/b.bin", "bytes of b");
  manifest("gold", b);
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  manifest("gold", b + "[[image]]\nname = \"a\"\n");
  EXPECT_THAT(at("gold", {"plan"}).out, Not(HasSubstr("source-missing")));
  for (const auto& entry : fs::recursive_directory_iterator(folder / "gold/store/public/b")) {
    if (entry.is_regular_file()) fs::resize_file(entry.path(), 3);
  }
  EXPECT_THAT(at("gold", {"plan", "--json"}).out, HasSubstr("source-missing"));
  EXPECT_THAT(at("gold", {"apply", "--yes", "--json"}).out, HasSubstr("source-missing"));
}

TEST_F(Commands, a_copy_of_bytes_that_are_lost_here_is_planned_as_fetched) {
  two_servers();
  write("silver/same.bin", "bytes of a");
  const std::string rules = read(folder / "silver/ingot.toml");
  const std::string own = "[[image]]\nname = \"same\"\nsource = \"same.bin\"\n";
  manifest("silver", own);
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  write("silver/ingot.toml", rules + own);
  EXPECT_THAT(at("silver", {"plan", "--json"}).out, HasSubstr("\"method\":\"reuse\""));
  fs::remove(packed_file_in(folder / "silver/store"));
  EXPECT_THAT(at("silver", {"plan", "--json"}).out, HasSubstr("\"method\":\"whole\""));
}

}  // namespace
}  // namespace ingot::damage_test
