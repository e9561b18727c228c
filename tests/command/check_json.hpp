// Holds a JSON document against a schema of schema/json, by python3-jsonschema: an independent reader and judge.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace ingot::testing_support {

/// `lines`: each line is a document of its own.
inline void expect_valid_json(const std::string& schema, const std::string& json, bool lines = false) {
  const std::string path = testing::TempDir() + "ingot-json-" + std::to_string(::getpid()) + ".json";
  std::ofstream(path, std::ios::binary) << json;
  const std::string command = std::string("/usr/bin/python3 '") + INGOT_SOURCE_DIR + "/tests/command/check_json.py' '" +
                              INGOT_SOURCE_DIR + "/schema/json/" + schema + ".schema.json' '" + path + "'" +
                              (lines ? " lines" : "") + " 2>&1";
  std::string said;
  FILE* const pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) said += buffer;
  const int status = ::pclose(pipe);
  std::remove(path.c_str());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) FAIL() << said;
  EXPECT_EQ(WEXITSTATUS(status), 0) << said << "\n" << json;
}

}  // namespace ingot::testing_support
