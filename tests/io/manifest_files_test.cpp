#include "reconciler/io/disk/manifest_files.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reconciler/io/hash.hpp"
#include "schema/error.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::manifest_files_test {
namespace {

using testing_support::TestFolder;

class manifest_files : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_.path() + "/" + name; }
  void write(const std::string& name, const std::string& text) { std::ofstream(at(name)) << text; }
  std::string why(const std::string& name) {
    const auto read = files_.read(at(name));
    const auto* unreadable = std::get_if<Unreadable>(&read);
    return unreadable != nullptr ? unreadable->why : "it can be read";
  }
  std::vector<std::string> matches(const std::string& folder, const std::string& pattern) {
    return std::get<std::vector<std::string>>(files_.glob(folder, pattern));
  }

  TestFolder folder_;
  ManifestFiles files_ = io::disk_manifest_files();
};

TEST_F(manifest_files, reads_text_as_it_is) {
  write("a.toml", std::string("a\0b\r\n", 5));
  EXPECT_EQ(std::get<std::string>(files_.read(at("a.toml"))), std::string("a\0b\r\n", 5));
  EXPECT_EQ(files_.digest("x"), io::sha256("x"));
}

TEST_F(manifest_files, says_in_the_systems_words_why_it_cannot) {
  EXPECT_EQ(why("gone.toml"), "No such file or directory");
  EXPECT_EQ(why(""), "Is a directory");
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  EXPECT_EQ(why("fifo"), "Not a regular file");
}

TEST_F(manifest_files, D4_a_machine_that_fails_is_no_mistake_in_a_manifest) {
  write("a.toml", "manifest = 1\n");
  const std::string told = testing_support::in_child([&]() -> std::string {
    testing_support::refuse_call(SYS_openat, EMFILE);  // a limit on descriptors would also take those that sanitizers need
    try {
      files_.read(at("a.toml"));
      return "read";
    } catch (const Error& error) { return std::string(text_of(error.fault())) + " " + error.text(); }
  });
  EXPECT_TRUE(told.starts_with("local ")) << told;
  EXPECT_NE(told.find("a.toml\": Too many open files"), std::string::npos) << told;
}

TEST_F(manifest_files, reads_just_so_much_that_a_file_shows_to_be_too_large) {
  write("large", "");
  std::filesystem::resize_file(at("large"), largest_manifest + 1000);
  EXPECT_EQ(std::get<std::string>(files_.read(at("large"))).size(), largest_manifest + 1);
}

TEST_F(manifest_files, a_backslash_in_a_folders_name_takes_no_meaning_away) {
  std::filesystem::create_directory(at("a\\b"));
  write("a\\b/x.toml", "");
  EXPECT_EQ(matches(at("a\\b/"), "*.toml"), (std::vector<std::string>{at("a\\b/x.toml")}));
}

TEST_F(manifest_files, globs_files_sorted_by_bytes) {
  for (const char* name : {"b.toml", "a.toml", "B.toml", ".hidden.toml", "c.txt"}) write(name, "");
  std::filesystem::create_directory(at("folder.toml"));
  EXPECT_EQ(matches(at(""), "*.toml"), (std::vector<std::string>{at("B.toml"), at("a.toml"), at("b.toml")}));
  EXPECT_TRUE(matches(at(""), "*.none").empty());
  EXPECT_TRUE(matches(at(""), "gone/*.toml").empty());
}

TEST_F(manifest_files, a_glob_that_leads_over_the_whole_disk_ends_soon) {
  for (int i = 0; i < 40; ++i) {
    std::filesystem::create_directories(at("a" + std::to_string(i)));
    for (int j = 0; j < 4; ++j)
      std::filesystem::create_directory_symlink("..", at("a" + std::to_string(i) + "/up" + std::to_string(j)));
  }
  const auto found = files_.glob(at(""), "*/*/*/*/*/*/*.toml");  // 40 x 4 x 40 x 4 ... places
  ASSERT_TRUE(std::holds_alternative<Unreadable>(found));
  EXPECT_NE(std::get<Unreadable>(found).why.find("more than 100000 files"), std::string::npos);
}

TEST_F(manifest_files, a_folder_that_cannot_be_looked_into_is_never_taken_for_an_empty_one) {
  write("a.toml", "");
  const std::string told = testing_support::in_child([&]() -> std::string {
    testing_support::refuse_call(SYS_openat, EMFILE);
    matches(at(""), "*.toml");
    return "none";
  });
  EXPECT_NE(told.find("Too many open files"), std::string::npos) << told << ": the machine's trouble";
  std::filesystem::create_directory(at("closed"));
  std::filesystem::permissions(at("closed"), std::filesystem::perms::none);
  const uid_t user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::seteuid(65534), 0);  // root may look into every folder
  }
  const auto closed = files_.glob(at(""), "closed/*.toml");
  ASSERT_EQ(::seteuid(user), 0);
  std::filesystem::permissions(at("closed"), std::filesystem::perms::owner_all);
  EXPECT_NE(std::get<Unreadable>(closed).why.find("closed\": Permission denied"), std::string::npos);
}

}  // namespace
}  // namespace ingot::manifest_files_test
