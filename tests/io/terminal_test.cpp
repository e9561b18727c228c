#include "reconciler/io/terminal.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"

namespace ingot::terminal_test {
namespace {

/// Puts another file under a standard descriptor for one scope.
class Instead {
 public:
  Instead(int standard, int other) : standard_(standard), saved_(::dup(standard)) {
    ::dup2(other, standard);
    ::close(other);
  }
  Instead(const Instead&) = delete;
  Instead& operator=(const Instead&) = delete;
  ~Instead() {
    ::dup2(saved_, standard_);
    ::close(saved_);
  }

 private:
  int standard_;
  int saved_;
};

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe(ends.data()) != 0) ADD_FAILURE() << "no pipe";
  }
  std::string read_all() {
    std::string text(4096, '\0');
    const auto count = ::read(ends[0], text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
};

TEST(terminal, writes_what_it_is_given) {
  Pipe pipe;
  {
    const Instead out(STDOUT_FILENO, ::dup(pipe.ends[1]));
    io::SystemTerminal().out("hello\n");
  }
  EXPECT_EQ(pipe.read_all(), "hello\n");
}

TEST(terminal, a_full_disk_under_standard_output_is_an_error) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "no /dev/full here";
  std::string text;
  {
    const Instead out(STDOUT_FILENO, full);
    io::SystemTerminal terminal;
    try {
      terminal.out("hello");
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::local);
      text = error.text();
    }
    terminal.error("");
  }
  EXPECT_THAT(text, testing::HasSubstr("No space left on device"));
}

TEST(terminal, K8_a_reader_that_went_away_stops_nothing) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  ::close(pipe.ends[0]);
  {
    const Instead out(STDOUT_FILENO, ::dup(pipe.ends[1]));
    const Instead err(STDERR_FILENO, ::dup(pipe.ends[1]));
    io::SystemTerminal terminal;
    EXPECT_NO_THROW(terminal.out("one"));
    EXPECT_NO_THROW(terminal.out("two"));
    EXPECT_NO_THROW(terminal.error("three"));
  }
  ::close(pipe.ends[1]);
  std::signal(SIGPIPE, before);
}

TEST(terminal, reads_one_line_as_the_answer) {
  Pipe input;
  Pipe output;
  ASSERT_EQ(::write(input.ends[1], "yes\nno\nrest", 11), 11);
  ::close(input.ends[1]);
  const Instead in(STDIN_FILENO, input.ends[0]);
  const Instead err(STDERR_FILENO, ::dup(output.ends[1]));
  io::SystemTerminal terminal;
  EXPECT_EQ(terminal.ask("Go on? "), "yes");
  EXPECT_EQ(terminal.ask(""), "no");
  EXPECT_EQ(terminal.ask(""), "rest");
  EXPECT_EQ(terminal.ask(""), std::nullopt);
  EXPECT_EQ(output.read_all(), "Go on? ");
  EXPECT_FALSE(terminal.can_ask());
}

TEST(terminal, knows_its_width) {
  Pipe pipe;
  const Instead out(STDOUT_FILENO, ::dup(pipe.ends[1]));
  const Instead err(STDERR_FILENO, ::dup(pipe.ends[1]));
  ::setenv("COLUMNS", "132", 1);
  EXPECT_EQ(io::SystemTerminal().width(), 132);
  for (const char* bad : {"", "0", "-5", "12x", "99999999999999"}) {
    ::setenv("COLUMNS", bad, 1);
    EXPECT_EQ(io::SystemTerminal().width(), 80) << bad;
  }
  ::unsetenv("COLUMNS");
  EXPECT_EQ(io::SystemTerminal().width(), 80);
}

TEST(terminal, the_flag_wins_over_the_environment) {
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(io::colors_wanted(io::Color::automatic, true));
  EXPECT_FALSE(io::colors_wanted(io::Color::automatic, false));
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(io::colors_wanted(io::Color::automatic, true)) << "NO_COLOR counts only if it is not empty";
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(io::colors_wanted(io::Color::automatic, true));
  EXPECT_TRUE(io::colors_wanted(io::Color::always, false));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(io::colors_wanted(io::Color::automatic, true));
  EXPECT_FALSE(io::colors_wanted(io::Color::never, true));
}

TEST(terminal, tells_the_journal_how_grave_each_line_is) {
  Pipe pipe;
  struct stat status {};
  ASSERT_EQ(::fstat(pipe.ends[1], &status), 0);
  ::setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
  {
    const Instead error(STDERR_FILENO, ::dup(pipe.ends[1]));
    EXPECT_TRUE(io::error_goes_to_journal());
    io::SystemTerminal terminal;
    terminal.error("one\ntwo\n", io::Priority::error);
    terminal.error("three\n", io::Priority::warning);
    static_cast<io::Terminal&>(terminal).error("four\n");
  }
  EXPECT_EQ(pipe.read_all(), "<3>one\n<3>two\n<4>three\n<6>four\n");
  EXPECT_FALSE(io::error_goes_to_journal()) << "the variable names another stream: the parent's";
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(io::error_goes_to_journal());
}

}  // namespace
}  // namespace ingot::terminal_test
