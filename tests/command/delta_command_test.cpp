// ingot delta on the command line: trees and files there and back, and what it says of a wrong base, a damaged delta, a full
// DEST.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::delta_command_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::Commands;

class Delta : public Commands {
 protected:
  std::string at_path(const std::string& name) const { return (folder / name).string(); }
  std::string numbers(int from, int to) const {
    std::string text;
    for (int i = from; i < to; ++i) text += "line " + std::to_string(i) + "\n";
    return text;
  }
  void SetUp() override {
    write("old/bin/tool-1.0", numbers(0, 2000));
    write("old/etc/same", "same");
    write("new/bin/tool-1.1", numbers(3, 2010));
    write("new/etc/same", "same");
    write("old.img", numbers(0, 500));
    write("new.img", numbers(5, 505));
  }
  json made(const std::string& base, const std::string& result) {
    const Ran ran = ingot({"delta", "make", at_path(base), at_path(result), at_path("d"), "--json"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    testing_support::expect_valid_json("delta", ran.out);
    return json::parse(ran.out);
  }
  Ran applied(const std::string& base, const std::string& destination) {
    return ingot({"delta", "apply", at_path(base), at_path("d"), destination});
  }
};

TEST_F(Delta, a_folder_goes_round_as_a_tree) {
  const json delta = made("old", "new");
  EXPECT_EQ(delta.at("base").at("kind"), "tree");
  EXPECT_LT(delta.at("length"), 2000);
  EXPECT_EQ(delta.at("length"), fs::file_size(folder / "d"));
  const Ran ran = applied("old", at_path("out"));
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("verified"));
  EXPECT_EQ(read(folder / "out/bin/tool-1.1"), numbers(3, 2010));
  EXPECT_EQ(read(folder / "out/etc/same"), "same");
  EXPECT_FALSE(fs::exists(folder / "out/bin/tool-1.0"));
}

TEST_F(Delta, a_file_goes_round_also_to_standard_output) {
  EXPECT_EQ(made("old.img", "new.img").at("result").at("kind"), "file");
  EXPECT_EQ(applied("old.img", at_path("out")).exit, 0);
  EXPECT_EQ(read(folder / "out"), numbers(5, 505));
  EXPECT_EQ(applied("old.img", "-").out, numbers(5, 505));
}

TEST_F(Delta, another_base_is_refused_before_anything_is_written) {
  made("old.img", "new.img");
  write("shorter", "x");
  EXPECT_EQ(applied("shorter", at_path("out")).exit, 64);
  std::string other = numbers(0, 500);
  other[100] = 'x';
  write("other", other);
  const Ran ran = applied("other", at_path("out"));
  EXPECT_EQ(ran.exit, 64);
  EXPECT_THAT(ran.err, HasSubstr("is not the base of this delta"));
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST_F(Delta, a_damaged_delta_is_4_and_leaves_nothing) {
  made("old.img", "new.img");
  std::string bytes = read(folder / "d");
  write("d", bytes.substr(0, bytes.size() - 1));
  EXPECT_EQ(applied("old.img", at_path("out")).exit, 4);
  bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 1);
  write("d", bytes);
  const Ran ran = applied("old.img", at_path("out"));
  EXPECT_EQ(ran.exit, 4);
  EXPECT_THAT(ran.err, HasSubstr("is damaged"));
  write("d", "no delta");
  EXPECT_EQ(applied("old.img", at_path("out")).exit, 4);
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST_F(Delta, what_is_there_is_never_overwritten) {
  write("d", "precious");
  const Ran ran = ingot({"delta", "make", at_path("old"), at_path("new"), at_path("d")});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_EQ(read(folder / "d"), "precious");
  fs::remove(folder / "d");
  made("old.img", "new.img");
  write("out", "precious");
  EXPECT_EQ(applied("old.img", at_path("out")).exit, 64);
  EXPECT_EQ(read(folder / "out"), "precious");
}

TEST_F(Delta, a_wrong_command_line_is_64_with_a_hint) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"delta"},
                                                {"delta", "aply"},
                                                {"delta", "apply", "a", "b"},
                                                {"delta", "make", "a", "b", "c", "d"},
                                                {"delta", "make", "a", "b", "c", "--sparse"},
                                                {"delta", "apply", at_path("none"), "b", "c"}}) {
    const Ran ran = ingot(words);
    EXPECT_EQ(ran.exit, 64) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("hint"));
    EXPECT_THAT(ran.out, IsEmpty());
  }
}

}  // namespace
}  // namespace ingot::delta_command_test
