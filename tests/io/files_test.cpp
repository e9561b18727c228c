#include "reconciler/io/disk/files.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "schema/error.hpp"
#include "tests/contracts/files_contract.hpp"
#include "tests/support/fault_files.hpp"

namespace ingot::testing_support {

namespace {

template <class Implementation>
FilesMaker maker(const char* name) {
  return {name, [] { return std::make_shared<Implementation>(); }};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(real, files_contract,
                         testing::Values(maker<io::PosixFiles>("posix"), maker<FaultFiles>("fault_injecting")),
                         [](const auto& given) { return std::string(given.param.name); });

}  // namespace ingot::testing_support

namespace ingot::files_test {
namespace {

using testing::HasSubstr;
using testing_support::FaultFiles;
using testing_support::TestFolder;

TEST(files, says_why_and_how_to_mend_it) {
  EXPECT_THAT(io::file_error("write", "a\x1b[2Jb", ENOSPC).what(), HasSubstr("\\x1b"));
  for (const int error : {ENOSPC, EDQUOT}) {
    EXPECT_TRUE(io::is_no_space(io::file_error("write", "a", error)));
    EXPECT_THAT(io::file_error("write", "a", error).mend(), HasSubstr("free some space"));
  }
  EXPECT_FALSE(io::is_no_space(io::file_error("write", "a", EIO)));
  EXPECT_THAT(io::file_error("write", "a", EROFS).mend(), HasSubstr("read-only"));
  EXPECT_THAT(io::file_error("open", "a", EACCES).mend(), HasSubstr("access"));
}

TEST(files, replacing_is_durable_in_the_right_order) {
  const TestFolder folder;
  FaultFiles files;
  io::replace_file(files, folder.path() + "/a", "bytes", 0644);
  std::vector<std::string> verbs;
  for (const auto& line : files.journal()) verbs.push_back(line.substr(0, line.find(' ')));
  EXPECT_EQ(verbs, (std::vector<std::string>{"open", "write", "sync", "close", "rename", "sync_folder"}));
}

TEST(files, a_failed_replacement_leaves_the_old_file_or_the_new_one_and_nothing_else) {
  const TestFolder folder;
  const std::string path = folder.path() + "/a";
  io::PosixFiles posix;
  for (const bool for_ever : {false, true}) {
    for (const int error : {EIO, ENOSPC}) {
      std::size_t n = 0;
      for (bool passed = false; !passed;) {
        io::replace_file(posix, path, "old", 0644);
        FaultFiles files;
        files.fail_at = ++n;
        files.error = error;
        files.for_ever = for_ever;
        try {
          io::replace_file(files, path, "new", 0644);
          passed = files.count() < n;
        } catch (const Error& failed) { EXPECT_EQ(failed.fault(), Fault::local); }
        const auto bytes = io::read_file(posix, path, 100);
        EXPECT_TRUE(bytes == "old" || bytes == "new") << n;
        for (const auto& name : posix.list(folder.path())) {
          if (name != "a" && !for_ever) ADD_FAILURE() << name << " was left by fault " << n;
          if (name != "a") posix.remove(folder.path() + "/" + name);
        }
        ASSERT_LT(n, 50U);
      }
      EXPECT_GE(n, 7U) << "some step is never made to fail";
    }
  }
}

TEST(files, a_limit_of_size_is_an_error_after_a_short_write) {
  const TestFolder folder;
  io::PosixFiles files;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto file = files.open(folder.path() + "/a", io::OpenFor::create_new);
  EXPECT_THROW(file->write_all(std::string(3000, 'x')), Error);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(file->status().size, 1000U);
}

TEST(files, signals_lose_no_bytes) {
  const TestFolder folder;
  io::PosixFiles files;
  struct sigaction action {
  }, before{};
  action.sa_handler = [](int) {};  // no SA_RESTART: calls end with EINTR
  sigaction(SIGALRM, &action, &before);
  const itimerval quick{{0, 500}, {0, 500}};
  setitimer(ITIMER_REAL, &quick, nullptr);
  std::string expected;
  const auto file = files.open(folder.path() + "/a", io::OpenFor::create_new);
  for (int i = 0; i < 200; ++i) {
    const std::string part(40'000, static_cast<char>('a' + i % 26));
    file->write_all(part);
    expected += part;
    if (i % 50 == 0) file->sync();
  }
  file->close();
  const std::string bytes = io::read_file(files, folder.path() + "/a", expected.size());
  const itimerval off{};
  setitimer(ITIMER_REAL, &off, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_TRUE(bytes == expected);
}

TEST(files, a_full_device_is_an_error) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  io::PosixFiles files;
  EXPECT_THROW(files.open("/dev/full", io::OpenFor::read_write), Error);  // a device is no regular file
}

TEST(files, a_new_file_whose_content_cannot_be_made_is_not_there) {
  const TestFolder folder;
  const std::string path = folder.path() + "/a";
  io::PosixFiles files;
  struct GaveUp {};
  const auto write_and_give_up = [&] {
    io::write_new_file(files, path, 0644, [](io::File& file) {
      file.write_all("half");
      throw GaveUp{};
    });
  };
  EXPECT_THROW(write_and_give_up(), GaveUp);
  EXPECT_THAT(files.list(folder.path()), testing::IsEmpty());
  const auto write = [](const std::string& text) { return [text](io::File& file) { file.write_all(text); }; };
  EXPECT_TRUE(io::write_new_file(files, path, 0600, write("whole")));
  EXPECT_FALSE(io::write_new_file(files, path, 0600, write("another")));
  EXPECT_EQ(io::read_file(files, path, 100), "whole");
  EXPECT_EQ(files.list(folder.path()).size(), 1U);
}

TEST(files, two_writers_never_mix_their_bytes) {
  const TestFolder folder;
  const std::string path = folder.path() + "/a";
  const auto write_many = [&](char letter) {
    io::PosixFiles files;
    for (int i = 0; i < 100; ++i) io::replace_file(files, path, std::string(5000, letter), 0644);
  };
  {
    const std::jthread one([&] { write_many('a'); });
    const std::jthread other([&] { write_many('b'); });
  }
  io::PosixFiles files;
  const std::string bytes = io::read_file(files, path, 5000);
  EXPECT_TRUE(bytes == std::string(5000, 'a') || bytes == std::string(5000, 'b'));
  EXPECT_EQ(files.list(folder.path()).size(), 1U);
}

}  // namespace
}  // namespace ingot::files_test
