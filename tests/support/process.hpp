// Runs programs for tests: the built ingot, nginx, tar, python. Always with an end: past the time limit they are killed.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ingot::testing_support {

struct Ran {
  int exit = -1;  ///< exit code, 128 + n if signal n ended it
  std::string out;
  std::string err;
};

struct Command {
  std::vector<std::string> arguments;              ///< the program first; searched in PATH
  std::string folder;                              ///< "" = this one
  std::map<std::string, std::string> environment;  ///< added to this process's
  std::chrono::seconds limit{120};
};

/// Runs it to its end with empty standard input.
Ran run(const Command& command);

/// A program in the background; killed and reaped when this goes.
class Running {
 public:
  explicit Running(const Command& command, const std::string& log);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Waits for its end; its exit code as in Ran. Kills it past the limit.
  int wait(std::chrono::seconds limit = std::chrono::seconds(60));

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
};

/// A port of loopback that is free now.
int free_port();

std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);

}  // namespace ingot::testing_support
