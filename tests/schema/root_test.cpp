// Roots: thresholds that nobody could meet or that nobody has to meet are malformed (A3).
#include <string>

#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::root_test {
namespace {

PublicKey key(const std::string& seed) { return {.bytes = io::sha256(seed).bytes}; }

Root some_root() {
  return {.version = 1,
          .epoch = 1,
          .expires = parse_time("2036-11-23T02:00:00Z").value(),
          .root = {.threshold = 2, .keys = {key("a"), key("b"), key("c")}},
          .catalog = {.threshold = 1, .keys = {key("d")}},
          .previous = {}};
}

std::string fault(const std::string& text) {
  const auto parsed = parse_root(text);
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

std::string fault(const std::string& from, const std::string& to) {
  std::string text = write_root(some_root());
  const std::size_t found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from;
  return fault(text.replace(found, from.size(), to));
}

TEST(root, reads_what_it_wrote) {
  Root root = some_root();
  EXPECT_EQ(parse_root(write_root(root)), (std::variant<Root, Malformed>(root)));
  root.version = 2;
  root.epoch = 5;
  root.previous = io::sha256("before");
  EXPECT_EQ(parse_root(write_root(root)), (std::variant<Root, Malformed>(root)));
}

TEST(root, A3_refuses_every_threshold_but_1_to_the_number_of_keys) {
  for (const std::string bad : {"-1", "0", "4", "2147483648", "4294967297", "1.5", "\"1\"", "null", "true", "1e0"}) {
    EXPECT_NE(fault("\"threshold\":2", "\"threshold\":" + bad), "") << bad;
    EXPECT_NE(fault("\"catalog\":{\"threshold\":1", "\"catalog\":{\"threshold\":" + bad), "") << bad;
  }
  EXPECT_EQ(fault("\"threshold\":2,", ""), "\"threshold\" is missing");
  EXPECT_EQ(fault("\"catalog\":{\"threshold\":1,", "\"catalog\":{"), "\"catalog.threshold\" is missing");
  EXPECT_EQ(fault("\"threshold\":2", "\"threshold\":3"), "");
}

TEST(root, A2_refuses_a_key_twice) {
  Root root = some_root();
  root.root.keys[2] = root.root.keys[0];
  EXPECT_EQ(fault(write_root(root)), "\"keys\" holds a key twice");
}

TEST(root, holds_1_to_16_keys_a_role) {
  Root root = some_root();
  root.catalog.keys.clear();
  EXPECT_EQ(fault(write_root(root)), "\"catalog.keys\" holds 0 keys, not 1 to 16");
  for (int i = 0; i < 16; ++i) root.catalog.keys.push_back(key("k" + std::to_string(i)));
  EXPECT_EQ(fault(write_root(root)), "");
  root.catalog.keys.push_back(key("one more"));
  EXPECT_EQ(fault(write_root(root)), "\"catalog.keys\" holds 17 keys, not 1 to 16");
}

TEST(root, A2_refuses_other_encodings_of_a_key) {
  const std::string hex = io::sha256("a").hex();
  for (const std::string& bad : {hex + "00", hex.substr(1), "A" + hex.substr(1), "sha256:" + hex, std::string("")})
    EXPECT_NE(fault(hex, bad), "") << bad;
  EXPECT_NE(fault("\"" + hex + "\"", "7"), "");
}

TEST(root, names_its_predecessor_unless_it_is_the_first) {
  EXPECT_EQ(fault("\"version\":1", "\"version\":2"), "\"previous\" is missing");
  EXPECT_EQ(fault("\"previous\":null", "\"previous\":\"" + io::sha256("x").text() + "\""),
            "\"previous\" is there, though it is the first root");
}

TEST(root, C11_knows_critical_keys_and_other_formats) {
  EXPECT_NE(fault("\"epoch\":1", "\"epoch\":1,\"later\":1,\"critical\":[\"later\"]").find("newer ingot"), std::string::npos);
  EXPECT_NE(fault("ingot.root/1", "ingot.root/2").find("upgrade"), std::string::npos);
  EXPECT_EQ(fault("\"epoch\":1", "\"epoch\":1,\"later\":{\"threshold\":0}"), "");
}

}  // namespace
}  // namespace ingot::root_test
