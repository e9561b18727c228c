// Whole texts held against files in golden/. INGOT_ACCEPT=1 writes them anew, and the test then counts as skipped.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace ingot::testing_support {

inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(INGOT_SOURCE_DIR) + "/tests/command/golden/" + name;
  if (std::getenv("INGOT_ACCEPT") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    GTEST_SKIP() << "wrote " << path;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is not there: INGOT_ACCEPT=1 writes it";
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str()) << "INGOT_ACCEPT=1 rewrites " << path << " if this is meant";
}

}  // namespace ingot::testing_support
