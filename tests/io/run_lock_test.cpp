#include "reconciler/io/disk/run_lock.hpp"

#include <csignal>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::run_lock_test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing_support::FakeClock;
using testing_support::TestFolder;

class run_lock : public testing::Test {
 protected:
  io::RunLock take(const std::string& who = "run 1", Seconds timeout = Seconds(0)) {
    return io::RunLock::take(path_, who, timeout, clock_);
  }
  Error refusal(Seconds timeout = Seconds(0)) {
    try {
      take("other", timeout);
    } catch (const Error& error) { return error; }
    ADD_FAILURE() << "it was given";
    return Error(Fault::internal, "");
  }

  TestFolder folder_;
  std::string path_ = folder_.path() + "/lock";
  FakeClock clock_;
};

TEST_F(run_lock, F1_a_second_run_is_told_who_holds_it) {
  const io::RunLock lock = take("run 17, pid 4, host a");
  const Error error = refusal();
  EXPECT_EQ(error.fault(), Fault::busy);
  EXPECT_THAT(error.text(), HasSubstr("run 17, pid 4, host a"));
  EXPECT_EQ(io::RunLock::holder(path_), "run 17, pid 4, host a");
}

TEST_F(run_lock, is_free_again_when_it_goes) {
  { const io::RunLock lock = take(); }
  EXPECT_EQ(io::RunLock::holder(path_), std::nullopt);
  const io::RunLock lock = take();
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(run_lock, a_holder_that_says_nothing_is_a_holder_all_the_same) {
  const io::RunLock lock = take();
  std::filesystem::resize_file(path_, 0);
  EXPECT_EQ(io::RunLock::holder(path_), "a run that did not say who it is");
}

TEST_F(run_lock, nobody_holds_a_lock_that_was_never_taken) { EXPECT_EQ(io::RunLock::holder(path_), std::nullopt); }

TEST_F(run_lock, waits_as_long_as_asked) {
  const io::RunLock lock = take();
  EXPECT_EQ(refusal(Seconds(30)).fault(), Fault::busy);
  EXPECT_GE(clock_.slept(), Seconds(30));
  EXPECT_LE(clock_.slept(), Seconds(31));
}

TEST_F(run_lock, gets_it_when_the_other_ends_in_time) {
  auto held = std::make_unique<io::RunLock>(take());
  clock_.on_sleep = [&] {
    if (clock_.slept() > Seconds(2)) held.reset();
  };
  const io::RunLock lock = take("run 2", Seconds(30));
  EXPECT_LE(clock_.slept(), Seconds(3));
}

TEST_F(run_lock, F2_a_killed_holder_frees_it_at_once) {
  const pid_t child = ::fork();
  if (child == 0) {
    const io::RunLock lock = take("child");
    ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const io::RunLock lock = take();
  EXPECT_EQ(clock_.slept(), milliseconds(0));
}

TEST_F(run_lock, F3_a_lock_file_that_was_removed_and_made_anew_lets_nobody_in_twice) {
  const io::RunLock lock = take("first");
  std::filesystem::remove(path_);
  const io::RunLock second = take("second");  // another file: allowed, but then it holds
  EXPECT_THAT(refusal().text(), HasSubstr("second"));
}

TEST_F(run_lock, F5_is_not_inherited_by_programs_that_are_started) {
  const io::RunLock lock = take();
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry.path(), ignored) != path_) continue;
    EXPECT_NE(::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST_F(run_lock, a_look_at_who_holds_it_does_not_count_as_a_run) {
  const int looking = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(looking, LOCK_SH), 0);
  clock_.on_sleep = [&] { ::flock(looking, LOCK_UN); };
  const io::RunLock lock = take();
  ::close(looking);
}

TEST_F(run_lock, a_place_that_cannot_be_written_is_a_local_fault) {
  path_ = folder_.path() + "/gone/lock";
  try {
    take();
    ADD_FAILURE();
  } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local); }
  EXPECT_EQ(io::RunLock::holder(path_), std::nullopt);
}

TEST_F(run_lock, waiting_ends_on_an_interrupt) {
  const io::RunLock lock = take();
  clock_.on_sleep = [] { io::pretend_interrupted(SIGINT); };
  EXPECT_EQ(refusal(Seconds(1000)).fault(), Fault::interrupted);
  io::pretend_interrupted(0);
}

TEST_F(run_lock, a_holder_text_from_outside_is_made_printable) {
  const io::RunLock lock = take("evil \x1b[2J");
  EXPECT_THAT(refusal().text(), HasSubstr("\\x1b[2J"));
}

}  // namespace
}  // namespace ingot::run_lock_test
