// The child that reads a repository: what crosses, and that its death and its limits cost nothing but that repository.
#include "reconciler/io/git/reader.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"
#include "tests/support/in_child.hpp"

namespace ingot::git_reader_test {

struct Pair {
  std::string name;
  std::uint64_t number = 0;
};
inline auto fields(Pair& one, io::InMessages) { return std::tie(one.name, one.number); }

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::vector<std::optional<Pair>> doubled(io::OpenRepository&, const Pair& pair, bool twice) {
  return {Pair{pair.name + pair.name, pair.number * 2}, std::nullopt, twice ? std::optional(pair) : std::nullopt};
}
bool refuse(io::OpenRepository&, const std::string& why) {
  throw Error(Fault::usage, why, "mend it").with_code(Code::unreadable).about("it");
}
bool die(io::OpenRepository&, int signal) { return ::raise(signal) == 0; }
bool spin(io::OpenRepository&) {
  for (volatile bool on = true; on;) {}
  return true;
}
bool sleep(io::OpenRepository&) { return ::usleep(30'000'000) == 0; }
constexpr int its_socket = 3;  // it keeps nothing else open beyond the standard ones
bool lose_call(io::OpenRepository&, long call) {
  testing_support::refuse_call_on(its_socket, call, EIO);
  return true;
}
std::uint64_t fill(io::OpenRepository&, std::uint64_t bytes) { return std::vector<char>(bytes, 'x').size(); }
std::vector<std::string> open_files(io::OpenRepository&) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) names.push_back(entry.path().filename());
  return names;
}

template <class Ask>
std::string refusal(Ask&& ask) {
  try {
    ask();
    return "answered";
  } catch (const Error& error) {
    return std::string(text_of(error.fault())) + " " + std::string(text_of(error.code())) + ": " + error.text();
  }
}

TEST(git_reader, answers_with_values_and_errors) {
  io::GitReader reader("r");
  const auto answer = reader.ask<&doubled>(Pair{std::string("a\0b", 3), 21}, true);
  ASSERT_EQ(answer.size(), 3U);
  EXPECT_EQ(answer[0]->name, std::string("a\0ba\0b", 6));
  EXPECT_EQ(answer[0]->number, 42U);
  EXPECT_FALSE(answer[1]);
  EXPECT_EQ(answer[2]->number, 21U);
  EXPECT_EQ(refusal([&] { reader.ask<&refuse>("it is closed"); }), "usage unreadable: it is closed");
  EXPECT_EQ(reader.ask<&fill>(1'000'000U), 1'000'000U) << "and goes on";
}

TEST(git_reader, C15_that_dies_is_an_error_of_its_repository_alone) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGKILL}) {
    io::GitReader reader("gold.git"), other("other.git");
    const auto why = refusal([&] { reader.ask<&die>(signal); });
    EXPECT_THAT(why,
                AllOf(HasSubstr("manifest bad-repository: the git repository \"gold.git\" cannot be read"), HasSubstr("it")));
    EXPECT_THAT(refusal([&] { reader.ask<&fill>(1U); }), HasSubstr("\"gold.git\" cannot be read")) << "for good";
    EXPECT_EQ(other.ask<&fill>(1U), 1U);
  }
}

/// The child lives, and would wait for the next question; whoever waited for its end would wait for ever.
TEST(git_reader, that_cannot_be_reached_is_ended_and_the_repository_is_not_at_fault) {
  for (const long call : {SYS_read, SYS_sendto})
    for (const int error : {EIO, call == SYS_read ? ECONNRESET : EIO}) {
      const std::string said = testing_support::in_child([&]() -> std::string {
        const int next = ::dup(STDIN_FILENO);
        ::close(next);
        io::GitReader reader("gold.git");
        if (reader.ask<&fill>(1U) != 1U) return "no answer";
        testing_support::refuse_call_on(next, call, error);  // in this process; the child is older
        return refusal([&] { reader.ask<&fill>(1U); });
      });
      EXPECT_THAT(said, AllOf(HasSubstr("local"), HasSubstr("\"gold.git\" cannot be reached"))) << call << " " << error;
    }
  for (const long call : {SYS_read, SYS_sendto}) {
    io::GitReader reader("gold.git");
    EXPECT_THAT(refusal([&] {
                  reader.ask<&lose_call>(call);  // sending its answer fails, or reading the next question
                  reader.ask<&fill>(1U);
                }),
                AllOf(HasSubstr("local"), HasSubstr("\"gold.git\" cannot be reached")))
        << call << " in the child";
    EXPECT_THAT(refusal([&] { reader.ask<&fill>(1U); }), HasSubstr("local")) << "for good";
  }
}

TEST(git_reader, C15_has_bounds_on_memory_and_time) {
  io::GitReader hungry("r", {.memory = 64'000'000});
  EXPECT_EQ(hungry.ask<&fill>(1'000'000U), 1'000'000U);
  EXPECT_THAT(refusal([&] { hungry.ask<&fill>(200'000'000U); }), HasSubstr("manifest bad-repository"));
  io::GitReader busy("r", {.processor = 1s});
  EXPECT_THAT(refusal([&] { busy.ask<&spin>(); }), HasSubstr("more than 1 s of processor time"));
  io::GitReader silent("r", {.answer = 200ms});
  EXPECT_THAT(refusal([&] { silent.ask<&sleep>(); }), HasSubstr("did not answer"));
}

TEST(git_reader, holds_nothing_of_its_parents_open) {
  io::GitReader reader("r");
  EXPECT_THAT(reader.ask<&open_files>(), testing::UnorderedElementsAre("0", "1", "2", "3", "4"))
      << "three that lead nowhere, the socket, and the listing itself";
}

TEST(git_reader, ends_at_once_when_the_process_is_interrupted) {
  io::GitReader reader("r");
  io::pretend_interrupted(SIGINT);
  EXPECT_THAT(refusal([&] { reader.ask<&sleep>(); }), HasSubstr("interrupted"));
  io::pretend_interrupted(0);
}

}  // namespace
}  // namespace ingot::git_reader_test
