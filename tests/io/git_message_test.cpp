// What a child that reads a repository may send: values come back as they were, and whatever does not fit is refused.
#include "reconciler/io/git/message.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace ingot::git_message_test {
namespace {

template <class Value>
std::string sent(const Value& value) {
  io::MessageWriter writer;
  writer.put(value);
  return std::move(writer).bytes();
}

template <class Value>
Value returned(const Value& value) {
  return io::MessageReader(sent(value)).take<Value>();
}

struct Words {
  std::string fault, code, text, mend, subject;
};
auto fields(Words& one, io::InMessages) { return std::tie(one.fault, one.code, one.text, one.mend, one.subject); }

enum class Colour { red, green };
constexpr Colour last_of(Colour, io::InMessages) { return Colour::green; }

TEST(git_message, brings_numbers_back_as_they_were) {
  EXPECT_EQ(returned(-7), -7);
  EXPECT_EQ(returned(std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(returned(std::numeric_limits<std::uint64_t>::max()), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(returned(true));
  EXPECT_EQ(returned(Colour::green), Colour::green);
}

TEST(git_message, refuses_a_number_beyond_what_its_type_holds) {
  const std::string large = sent(std::uint64_t{1} << 40);
  EXPECT_THROW(io::MessageReader(large).take<std::uint32_t>(), io::MalformedMessage);
  EXPECT_THROW(io::MessageReader(large).take<int>(), io::MalformedMessage);
  EXPECT_THROW(io::MessageReader(large).take<bool>(), io::MalformedMessage);
  EXPECT_THROW(io::MessageReader(large).take<std::optional<bool>>(), io::MalformedMessage);
  EXPECT_THROW(io::MessageReader(sent(2)).take<Colour>(), io::MalformedMessage);
  using Either = std::variant<std::string, std::uint64_t>;
  EXPECT_THROW(io::MessageReader(large).take<Either>(), io::MalformedMessage);
}

TEST(git_message, refuses_what_ends_early) {
  const std::string whole = io::error_message(Error(Fault::usage, "it is closed", "open it"));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(io::error_in(std::string_view(whole).substr(0, length)), io::MalformedMessage) << length;
}

TEST(git_message, brings_an_error_back_as_it_was) {
  const Error sent_error = Error(Fault::local, "no room", "make room").with_code(Code::no_space).about("/store");
  const Error error = io::error_in(io::error_message(sent_error));
  EXPECT_EQ(error.fault(), Fault::local);
  EXPECT_EQ(error.code(), Code::no_space);
  EXPECT_EQ(error.text(), "no room");
  EXPECT_EQ(error.mend(), "make room");
  EXPECT_EQ(error.subject(), "/store");
}

TEST(git_message, refuses_an_error_whose_fault_or_code_nothing_knows) {
  EXPECT_NO_THROW(io::error_in(sent(Words{"usage", "unreadable", "t", "", ""})));
  EXPECT_THROW(io::error_in(sent(Words{"usage", "no-such-code", "t", "", ""})), io::MalformedMessage);
  EXPECT_THROW(io::error_in(sent(Words{"no-such-fault", "unreadable", "t", "", ""})), io::MalformedMessage);
}

}  // namespace
}  // namespace ingot::git_message_test
