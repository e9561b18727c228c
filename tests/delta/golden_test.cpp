// The golden deltas of schema/delta.md: every reader reads them for ever.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <zstd.h>

#include "tests/delta/images.hpp"

namespace ingot::delta_golden_test {
namespace {

using namespace delta_testing;

struct Vector {
  std::string name;
  std::string base;
  std::string result;
};

std::vector<Vector> vectors() {
  std::string steps(256, '\0');
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = static_cast<char>(i * 7 % 251);
  std::string changed = steps;
  changed[100] = static_cast<char>(changed[100] + 1);
  changed.insert(200, "new bytes in between");
  return {{"empty", "", ""}, {"new", "", "golden\n"}, {"same", steps, steps}, {"changed", steps, changed}};
}

std::string hex_of(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
    text += i % 32 == 31 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return text;
}

std::string bytes_of(const std::string& hex) {
  std::istringstream words(hex);
  std::string bytes;
  for (std::string word; words >> word;) bytes += static_cast<char>(std::stoi(word, nullptr, 16));
  return bytes;
}

/// Of the delta, or of its "base" or "result".
std::string path_of(const std::string& name, const std::string& part = "") {
  return std::string(INGOT_SOURCE_DIR) + "/tests/delta/golden/" + name + (part.empty() ? "" : "." + part) + ".hex";
}

std::string golden(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path << " is not there";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool accepts() { return std::getenv("INGOT_ACCEPT") != nullptr; }

TEST(GoldenDeltas, have_the_base_and_the_result_that_they_were_made_of) {
  for (const Vector& vector : vectors()) {
    for (const auto& [part, bytes] : {std::pair("base", vector.base), std::pair("result", vector.result)}) {
      if (accepts()) std::ofstream(path_of(vector.name, part)) << hex_of(bytes);
      EXPECT_EQ(golden(path_of(vector.name, part)), hex_of(bytes)) << vector.name << " " << part;
    }
  }
}

TEST(GoldenDeltas, are_read_as_what_they_were_made_of) {
  for (const Vector& vector : vectors()) {
    if (accepts()) std::ofstream(path_of(vector.name)) << hex_of(make(vector.base, vector.result));
    const std::string base = bytes_of(golden(path_of(vector.name, "base")));
    const std::string result = bytes_of(golden(path_of(vector.name, "result")));
    EXPECT_EQ(apply_delta(base, bytes_of(golden(path_of(vector.name)))), result) << vector.name;
  }
}

TEST(GoldenDeltas, are_made_byte_for_byte) {
  constexpr std::string_view made_with = "1.5.4";
  if (ZSTD_versionString() != made_with)
    GTEST_SKIP() << "zstd " << ZSTD_versionString() << " may pack otherwise than " << made_with << ", which made the goldens";
  for (const Vector& vector : vectors())
    EXPECT_EQ(hex_of(make(vector.base, vector.result)), golden(path_of(vector.name))) << vector.name;
}

}  // namespace
}  // namespace ingot::delta_golden_test
