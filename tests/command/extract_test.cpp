// ingot extract on the command line: what it says of a destination that is this image already, and of what was left out.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/in_child.hpp"

namespace ingot::extract_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing_support::Commands;
using testing_support::in_child;

class Extract : public Commands {
 protected:
  const std::string out = (folder / "out").string();

  /// "gold" with the tree "home" and the file "disk".
  void SetUp() override {
    make("gold");
    write("gold/home/bin/su", "su");
    ASSERT_EQ(chmod((folder / "gold/home/bin/su").c_str(), 04755), 0);
    write("gold/home/etc/passwd", "root");
    write("gold/disk", "bytes of a disk");
    manifest("gold", "[[image]]\nname = \"home\"\nsource = \"home\"\n[[image]]\nname = \"disk\"\nsource = \"disk\"\n");
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  }
  json extracted(int exit, std::vector<std::string> words) {
    words.insert(words.begin(), "extract");
    words.emplace_back("--json");
    const Ran ran = at("gold", words);
    EXPECT_EQ(ran.exit, exit) << ran.err;
    testing_support::expect_valid_json("extracted", ran.out);
    return json::parse(ran.out);
  }
};

TEST_F(Extract, over_a_folder_or_file_that_already_is_just_that_image_says_so_and_exits_0) {
  for (const char* image : {"home", "disk"}) {
    fs::remove_all(out);
    EXPECT_EQ(extracted(0, {image, out}).at("was_there"), false);
    struct stat before {};
    ASSERT_EQ(stat(out.c_str(), &before), 0);
    EXPECT_EQ(extracted(0, {image, out}).at("was_there"), true);
    EXPECT_THAT(at("gold", {"extract", image, out}).err, HasSubstr("is already in"));
    struct stat after {};
    ASSERT_EQ(stat(out.c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino) << "nothing was written";
  }
  EXPECT_EQ(at("gold", {"extract", "home", out}).exit, 64) << "another image is there";
  fs::remove_all(out);
  ASSERT_EQ(at("gold", {"extract", "home", out}).exit, 0);
  write("out/etc/passwd", "roOt");
  const Ran ran = at("gold", {"extract", "home", out});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_THAT(ran.err, HasSubstr("is not empty"));
  EXPECT_EQ(read(folder / "out/etc/passwd"), "roOt");
}

TEST_F(Extract, names_and_counts_what_could_not_be_kept_and_ends_with_3_unless_it_may_go_without) {
  const auto run_without_modes = [&](const std::vector<std::string>& more) {
    return in_child([&] {
      testing_support::refuse_call(SYS_fchmod, EPERM);
      std::vector<std::string> words{"extract", "home", out, "--json"};
      words.insert(words.end(), more.begin(), more.end());
      const Ran ran = at("gold", words);
      return std::to_string(ran.exit) + "\n" + ran.err + "\n" + ran.out;
    });
  };
  const std::string text = run_without_modes({});
  EXPECT_TRUE(text.starts_with("3\n")) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("set-id bits of 1"), HasSubstr("\"./bin/su\" (set-id bits)"), HasSubstr("--no-special")));
  const json document = json::parse(text.substr(text.find("\n{")));
  EXPECT_EQ(document.at("left_out").at("set_id"), 1);
  EXPECT_EQ(document.at("left_out").at("capabilities"), 0);
  EXPECT_THAT(document.at("left_out").at("first").dump(), HasSubstr("./bin/su"));
  EXPECT_EQ(read(folder / "out/bin/su"), "su") << "the tree is there all the same";
  fs::remove_all(out);
  EXPECT_TRUE(run_without_modes({"--no-special"}).starts_with("0\n"));
}

TEST_F(Extract, leaves_set_id_bits_out_on_request_and_holes_only_on_request) {
  EXPECT_EQ(extracted(0, {"home", out, "--no-special"}).at("left_out").at("set_id"), 0);
  struct stat status {};
  ASSERT_EQ(stat((out + "/bin/su").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
  fs::remove_all(out);
  EXPECT_EQ(extracted(0, {"home", out, "--sparse"}).at("was_there"), false);
  ASSERT_EQ(stat((out + "/bin/su").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 04755U);
}

TEST_F(Extract, of_a_source_with_a_private_key_or_a_changed_member_the_run_and_the_plan_say_so) {
  write("gold/home/etc/key.pem", "-----BEGIN PRIVATE KEY-----\n");
  manifest("gold", "[[image]]\nname = \"keyed\"\nsource = \"home\"\n");
  const Ran ran = at("gold", {"apply", "--yes", "--raise-limit", "removals=5"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("image \"keyed\": private keys are in \"./etc/key.pem\""));
  write("gold/home/etc/key.pem", "other");
  EXPECT_THAT(at("gold", {"plan", "--check-sources"}).out, HasSubstr("source has changed"));
}

TEST_F(Extract, of_what_is_this_servers_own_nothing_is_ever_taken_in) {
  fs::create_directory_symlink(folder / "gold", folder / "gold/home/self");  // a link is taken as a link
  manifest("gold", "[[image]]\nname = \"all\"\nsource = \".\"\n");
  const Ran named = at("gold", {"plan"});
  EXPECT_EQ(named.exit, 65);
  EXPECT_THAT(named.err + named.out, AllOf(HasSubstr("image \"all\""), HasSubstr("keys")));
  fs::create_directory_symlink(folder / "gold", folder / "link");
  manifest("gold", "[[image]]\nname = \"all\"\nsource = \"" + (folder / "link/keys").string() + "\"\n");
  const Ran hidden = at("gold", {"apply", "--yes", "--raise-limit", "removals=5"});
  EXPECT_EQ(hidden.exit, 3) << hidden.out;
  EXPECT_THAT(hidden.err + hidden.out, HasSubstr("lies in this server's keys"));
}

}  // namespace
}  // namespace ingot::extract_test
