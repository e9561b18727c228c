#include "tests/command/check_json.hpp"

#include <cstdio>
#include <optional>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace ingot::testing_support {
namespace {

/// One python for all documents of a test program: its start takes longer than a hundred of them. It ends when this process does.
class Judge {
 public:
  Judge() {
    int asked[2];
    int answered[2];
    if (::pipe2(asked, O_CLOEXEC) != 0 || ::pipe2(answered, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t ends;
    ::posix_spawn_file_actions_init(&ends);
    ::posix_spawn_file_actions_adddup2(&ends, asked[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&ends, answered[1], STDOUT_FILENO);
    std::string python = "/usr/bin/python3";
    std::string script = INGOT_SOURCE_DIR "/tests/command/check_json.py";
    char* const arguments[] = {python.data(), script.data(), nullptr};
    pid_t pid = 0;
    if (::posix_spawn(&pid, python.c_str(), &ends, nullptr, arguments, environ) == 0) {
      questions_ = ::fdopen(asked[1], "wb");
      answers_ = ::fdopen(answered[0], "rb");
    }
    ::posix_spawn_file_actions_destroy(&ends);
    ::close(asked[0]);
    ::close(answered[1]);
  }

  /// What is wrong, "" if nothing. nullopt: there is no judge.
  std::optional<std::string> faults(const std::string& schema, const std::string& json, bool lines) {
    if (questions_ == nullptr || answers_ == nullptr) return std::nullopt;
    std::fprintf(questions_, "%s/schema/json/%s.schema.json %s %zu\n", INGOT_SOURCE_DIR, schema.c_str(), lines ? "lines" : "one",
                 json.size());
    std::fwrite(json.data(), 1, json.size(), questions_);
    std::fflush(questions_);
    std::size_t size = 0;
    if (std::fscanf(answers_, "%zu", &size) != 1 || std::fgetc(answers_) != '\n') return std::nullopt;
    std::string said(size, '\0');
    if (std::fread(said.data(), 1, size, answers_) != size) return std::nullopt;
    return said;
  }

 private:
  std::FILE* questions_ = nullptr;
  std::FILE* answers_ = nullptr;
};

}  // namespace

void expect_valid_json(const std::string& schema, const std::string& json, bool lines) {
  static Judge judge;
  const auto faults = judge.faults(schema, json, lines);
  if (!faults) FAIL() << "nobody can judge JSON here: is python3-jsonschema installed?";
  EXPECT_EQ(*faults, "") << json;
}

}  // namespace ingot::testing_support
