#include "reconciler/io/disk/secret_file.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "schema/error.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::secret_file_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::TestFolder;
using testing_support::write_text;

class secret_file : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(mounted_);
    write_text(secret_, "secret");
    ::chmod(secret_.c_str(), 0640);
    fs::create_symlink("mounted/key.pem", link_);
  }
  std::string refused() {
    try {
      return "followed to " + io::followed_secret(files_, link_);
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::local);
      return error.what();
    }
  }

  TestFolder folder_;
  io::PosixFiles files_;
  const std::string mounted_ = folder_ / "mounted";
  const std::string secret_ = mounted_ + "/key.pem";
  const std::string link_ = folder_ / "key.pem";
};

TEST_F(secret_file, that_is_no_link_is_taken_as_it_stands) { EXPECT_EQ(io::followed_secret(files_, secret_), secret_); }

TEST_F(secret_file, that_is_a_link_is_followed_to_its_end) {
  EXPECT_EQ(io::followed_secret(files_, link_), fs::canonical(secret_));
  fs::create_symlink("key.pem", folder_ / "second.pem");
  EXPECT_EQ(io::followed_secret(files_, folder_ / "second.pem"), fs::canonical(secret_));
}

TEST_F(secret_file, that_others_may_write_to_is_refused) {
  ::chmod(secret_.c_str(), 0646);
  EXPECT_THAT(refused(), HasSubstr("which everybody on this machine may write to (mode 0646)"));
}

TEST_F(secret_file, that_others_may_replace_is_refused) {
  ::chmod(mounted_.c_str(), 0777);
  EXPECT_THAT(refused(), HasSubstr("where everybody on this machine may replace files"));
  ::chmod(mounted_.c_str(), 01777);
  EXPECT_EQ(io::followed_secret(files_, link_), fs::canonical(secret_)) << "as in /tmp: only its owner may replace it";
}

TEST_F(secret_file, that_leads_to_no_file_is_refused) {
  fs::remove(secret_);
  EXPECT_THAT(refused(), HasSubstr("leads to no file"));
  fs::create_directory(secret_);
  EXPECT_THAT(refused(), HasSubstr("which is not a file"));
  fs::remove(link_);
  fs::create_symlink("key.pem", link_);
  EXPECT_THAT(refused(), HasSubstr("leads to no file")) << "to itself";
}

}  // namespace
}  // namespace ingot::secret_file_test
