// Bad input of every kind with the built binary: a clear error, the contract's exit code, nothing changed.
#include <filesystem>
#include <fstream>
#include <map>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::read_text;
using testing_support::TestFolder;
using testing_support::write_text;

struct BadInput : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};

  /// Everything under the site's state and store but nginx's logs, lock and cache.
  std::map<std::string, std::string> kept() const {
    std::map<std::string, std::string> files;
    for (const char* part : {"/state/ingot.db", "/store", "/keys"}) {
      const std::string path = here.path() + part;
      if (std::filesystem::is_regular_file(path)) files[path] = read_text(path);
      if (!std::filesystem::is_directory(path)) continue;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) files[entry.path()] = read_text(entry.path());
      }
    }
    return files;
  }
  /// Runs it and holds that nothing was changed and nothing was said on standard output that is no JSON.
  Ran refused(const std::vector<std::string>& arguments, int exit) {
    const auto before = kept();
    const Ran ran = here.ingot(arguments);
    EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
    EXPECT_FALSE(ran.err.empty() && ran.out.empty());
    EXPECT_EQ(kept(), before);
    return ran;
  }
};

TEST_F(BadInput, a_misspelt_command_or_option_is_64_with_the_nearest_word) {
  EXPECT_THAT(refused({"plna"}, 64).err, HasSubstr("plan"));
  EXPECT_THAT(refused({"plan", "--detailed-exitcod"}, 64).err, HasSubstr("--detailed-exitcode"));
  EXPECT_THAT(refused({"query", "image"}, 64).err, HasSubstr("images"));
  EXPECT_THAT(refused({"plan", "--format", "yaml"}, 64).err, HasSubstr("json"));
  refused({"plan", "--raise-limit", "removals=many"}, 64);
  refused({"plan", "surplus"}, 64);
  refused({"extract", "x"}, 64);
  refused({"plan", "--parallel", "0"}, 64);
}

TEST_F(BadInput, every_problem_of_a_manifest_is_reported_in_one_run) {
  write_text(here.path() + "/ingot.toml",
             "manifest = 1\n[server]\nname = \"gold\"\nstoer = \"x\"\n[[image]]\nname = \"../etc\"\nversion = 7\n[[image]]\nname "
             "= \"a\"\ntype = \"LINUXSO\"\n");
  const Ran ran = refused({"plan"}, 65);
  EXPECT_THAT(ran.err, HasSubstr("ingot.toml:4:1: "));
  EXPECT_THAT(ran.err, HasSubstr("\"store\""));
  EXPECT_THAT(ran.err, HasSubstr("ingot.toml:6:"));
  EXPECT_THAT(ran.err, HasSubstr("ingot.toml:7:"));
  EXPECT_THAT(ran.err, HasSubstr("LINUXOS"));
  const Json problems = Json::parse(refused({"plan", "--json"}, 65).out);
  EXPECT_EQ(problems.at("format"), "ingot.problems/1");
  EXPECT_GE(problems.at("problems").size(), 4U);
}

TEST_F(BadInput, hostile_toml_is_65_and_never_a_crash) {
  const auto toml = [&](const std::string& text) {
    write_text(here.path() + "/ingot.toml", text);
    refused({"validate"}, 65);
    refused({"apply", "--yes"}, 65);
  };
  toml("");
  toml(std::string("manifest = 1\n\0", 14));
  toml("manifest = 1\n" + std::string(3, '\xff'));
  std::string deep = "a";
  for (int i = 0; i < 60'000; ++i) deep += ".a";
  toml(deep + " = 1\n");
  toml("[" + deep + "]\n");
  toml("x = " + std::string(100'000, '[') + "\n");
  toml("manifest = 1\n" + std::string(17 * 1024 * 1024, '#') + "\n");
  toml("manifest = 1\nserver = [1, 2]\nimage = { name = 1 }\npeer = 2026-01-01\nseries = \"x\"\nsubscription = [[]]\n");
  toml("manifest = 1\nmanifest = 2\n");
  toml("manifest = 99\n[server]\nname = \"gold\"\n");
  toml("manifest = 1\ninclude = [\"ingot.toml\"]\n[server]\nname = \"gold\"\n");
}

TEST_F(BadInput, a_manifest_that_is_not_there_or_is_a_folder_without_one_says_so) {
  EXPECT_THAT(refused({"plan", "-f", "nowhere.toml"}, 65).err, HasSubstr("nowhere.toml"));
  std::filesystem::create_directory(here.path() + "/empty");
  EXPECT_THAT(refused({"plan", "-f", "empty"}, 65).err, HasSubstr("empty/ingot.toml"));
}

TEST_F(BadInput, a_bad_card_is_65_and_names_the_card_and_the_peer) {
  for (const std::string& text :
       {std::string("card = 1\nname = \"silver\"\n"), std::string("<html>"), std::string(100'000, 'x'), std::string()}) {
    write_text(here.path() + "/silver.card.toml", text);
    here.manifest("[[peer]]\nname = \"silver\"\ncard = \"silver.card.toml\"\n");
    EXPECT_THAT(refused({"plan"}, 65).err, HasSubstr("silver.card.toml"));
  }
}

TEST_F(BadInput, secrets_in_urls_and_missing_tokens_are_refused_without_being_shown) {
  Site there(folder.path(), "silver");
  here.manifest(Site::peer(there, "urls = [\"https://user:hunter2@gold.example/\"]\n"));
  const Ran ran = refused({"plan"}, 65);
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("hunter2")));
  here.manifest(Site::peer(there, "token_env = \"INGOT_TEST_TOKEN_THAT_IS_NOT_SET\"\n"));
  EXPECT_THAT(refused({"plan"}, 3).out, HasSubstr("INGOT_TEST_TOKEN_THAT_IS_NOT_SET"))
      << "one peer without its token never stops the others";
}

TEST_F(BadInput, a_damaged_or_lost_state_is_6_and_stays_as_it_is) {
  here.manifest(here.file_image("a", "bytes"));
  here.apply();
  const std::string state = here.path() + "/state/ingot.db";
  const std::string good = read_text(state);
  for (const std::string& bytes :
       {std::string("this is no database"), std::string(), good.substr(0, good.size() / 2), std::string(8192, '\0')}) {
    write_text(state, bytes);
    const Ran ran = refused({"apply", "--yes"}, 6);
    EXPECT_THAT(ran.err, HasSubstr("ingot.db"));
    refused({"plan"}, 6);
    refused({"query", "images"}, 6);
  }
  std::filesystem::remove(state);
  EXPECT_THAT(refused({"apply", "--yes"}, 6).err, HasSubstr("state"));
  EXPECT_FALSE(std::filesystem::exists(state)) << "a lost state is never silently made anew";
  write_text(state, good);
  here.plan();
}

TEST_F(BadInput, G6_a_state_of_another_store_is_65) {
  Site other(folder.path() + "/other", "gold");
  std::filesystem::copy_file(other.path() + "/state/ingot.db", here.path() + "/state/ingot.db",
                             std::filesystem::copy_options::overwrite_existing);
  refused({"apply", "--yes"}, 65);
}

TEST_F(BadInput, unsupported_members_of_a_source_are_all_named_and_nothing_is_added) {
  here.manifest(here.tree_image("home", {{"bin/a", "a"}}));
  ASSERT_EQ(mkfifo((here.path() + "/sources/home/pipe1").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((here.path() + "/sources/home/bin/pipe2").c_str(), 0600), 0);
  const Json result = here.apply(3);
  EXPECT_THAT(result.at("failed").dump(), HasSubstr("pipe1"));
  EXPECT_THAT(result.at("failed").dump(), HasSubstr("pipe2"));
  EXPECT_EQ(here.query({"images"}).at("images").size(), 0U);
}

TEST_F(BadInput, a_source_that_is_a_link_or_missing_fails_at_apply_and_the_rest_goes_on) {
  std::filesystem::create_directories(here.path() + "/sources");
  std::filesystem::create_symlink("/etc/passwd", here.path() + "/sources/link");
  here.manifest(here.file_image("fine", "fine") + "[[image]]\nname = \"link\"\nsource = \"sources/link\"\n" +
                "[[image]]\nname = \"gone\"\nsource = \"sources/gone\"\n");
  const Json result = here.apply(3);
  EXPECT_EQ(result.at("failed").size(), 2U);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U);
}

TEST_F(BadInput, other_bits_than_the_digest_says_are_refused) {
  here.manifest(here.file_image("x", "bytes", "digest = \"sha256:" + std::string(64, '0') + "\"\n"));
  const Json result = here.apply(3);
  EXPECT_THAT(result.at("failed").dump(), HasSubstr("source-mismatch"));
  EXPECT_EQ(here.query({"images"}).at("images").size(), 0U);
}

TEST_F(BadInput, extract_refuses_a_destination_that_is_not_empty_and_an_unknown_image) {
  here.manifest(here.tree_image("home", {{"bin/a", "a"}}));
  here.apply();
  std::filesystem::create_directory(here.path() + "/full");
  write_text(here.path() + "/full/mine", "mine");
  const Ran ran = here.ingot({"extract", "home", "full"});
  EXPECT_NE(ran.exit, 0);
  EXPECT_EQ(read_text(here.path() + "/full/mine"), "mine");
  EXPECT_THAT(here.ingot({"extract", "hom", "x"}).err, HasSubstr("\"home\""));
  std::filesystem::create_directory_symlink("/tmp", here.path() + "/link");
  EXPECT_NE(here.ingot({"extract", "home", "link"}).exit, 0);
}

TEST_F(BadInput, damaged_bytes_are_found_by_verify_and_never_extracted) {
  here.manifest(here.file_image("a", "bytes of a"));
  here.apply();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.public_folder() + "/b")) {
    if (!entry.is_regular_file()) continue;
    std::string bytes = read_text(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_text(entry.path(), bytes);
  }
  const Ran found = here.ingot({"verify"});
  EXPECT_EQ(found.exit, 6);
  EXPECT_THAT(found.out, HasSubstr("a"));
  EXPECT_EQ(here.ingot({"extract", "a", "out"}).exit, 6);
  EXPECT_FALSE(std::filesystem::exists(here.path() + "/out"));
}

TEST_F(BadInput, the_wrong_servers_catalog_a_wrong_page_and_a_missing_page_leave_the_peer_unknown) {
  Site there(folder.path(), "silver"), other(folder.path(), "brass");
  there.manifest(there.file_image("s", "bytes"));
  there.apply();
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  std::string page;
  for (const auto& entry : std::filesystem::directory_iterator(there.public_folder() + "/c")) {
    if (read_text(entry.path()).find("ingot.page/1") != std::string::npos &&
        read_text(entry.path()).find("\"s\"") != std::string::npos)
      page = entry.path();
  }
  ASSERT_FALSE(page.empty());
  const std::string good = read_text(page);
  std::string bent = good;
  bent[bent.size() / 2] = static_cast<char>(bent[bent.size() / 2] ^ 1);
  write_text(page, bent);
  EXPECT_THAT(entries(here.plan(4), "unknown"), ElementsAre("untrusted silver"));
  std::filesystem::remove(page);
  EXPECT_THAT(entries(here.plan(3), "unknown"), ElementsAre("unreachable silver"));
  write_text(page, good);
  const std::string head = read_text(there.public_folder() + "/head.dsse");
  write_text(there.public_folder() + "/head.dsse", read_text(other.public_folder() + "/head.dsse"));
  EXPECT_THAT(entries(here.plan(4), "unknown"), ElementsAre("untrusted silver"));
  write_text(there.public_folder() + "/head.dsse", head);
  EXPECT_THAT(actions(here.plan()), Contains("copy copy.silver.s"));
}

TEST_F(BadInput, wrong_image_bytes_are_4_and_leave_nothing_and_the_next_run_mends) {
  Site there(folder.path(), "silver");
  there.manifest(there.file_image("s", "bytes of s") + there.file_image("t", "bytes of t"));
  there.apply();
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  std::string path;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(there.public_folder() + "/b")) {
    if (entry.is_regular_file() && read_text(entry.path()).find("of s") != std::string::npos) path = entry.path();
  }
  ASSERT_FALSE(path.empty());
  const std::string good = read_text(path);
  std::string bent = good;
  bent[bent.size() - 2] = static_cast<char>(bent[bent.size() - 2] ^ 1);
  write_text(path, bent);
  const Json result = here.apply(4);
  EXPECT_EQ(result.at("failed").size(), 1U);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U);
  write_text(path, good);
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
}

}  // namespace
}  // namespace ingot::scenarios
