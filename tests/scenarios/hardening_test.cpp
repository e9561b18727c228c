// What the linker and the compiler were asked for is in the binary that operators run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace ingot::hardening_test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string readelf(const std::string& what) {
  const auto ran =
      testing_support::run({.arguments = {"readelf", "-W", what, INGOT_BINARY}, .folder = {}, .environment = {{"LC_ALL", "C"}}});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.out;
}

TEST(hardening, the_binary_lies_anywhere_in_memory) {
  EXPECT_THAT(readelf("-h"), HasSubstr("DYN (Position-Independent Executable file)"));
}

TEST(hardening, no_stack_is_executable_and_no_segment_both_writable_and_executable) {
  const std::string segments = readelf("-l");
  EXPECT_THAT(segments, AllOf(ContainsRegex("GNU_STACK [^\n]* RW "), Not(ContainsRegex(" RWE "))));
}

TEST(hardening, what_is_bound_is_bound_before_main_and_read_only_then) {
  EXPECT_THAT(readelf("-l"), HasSubstr("GNU_RELRO"));
  EXPECT_THAT(readelf("-d"), AllOf(HasSubstr("BIND_NOW"), Not(HasSubstr("TEXTREL"))));
}

TEST(hardening, no_library_is_looked_for_where_others_may_write) { EXPECT_THAT(readelf("-d"), Not(ContainsRegex("R(UN)?PATH"))); }

TEST(hardening, overwritten_buffers_end_the_process) {
  EXPECT_THAT(readelf("--dyn-syms"), AllOf(HasSubstr("__stack_chk_fail"), HasSubstr("__memcpy_chk")));
}

}  // namespace
}  // namespace ingot::hardening_test
