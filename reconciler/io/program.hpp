// A small program of the system, run to its end without a shell: what it reads is given, what it prints is kept.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace ingot::io {

struct Program {
  std::vector<std::string> words;  ///< its name, which PATH finds, and its arguments
  std::string input = {};          ///< on standard input
  std::string attached = {};       ///< in the file /dev/fd/3
};

struct ProgramEnd {
  int exit = 0;     ///< 128 + n if signal n ended it
  std::string out;  ///< at most 64 KiB
  std::string err;  ///< likewise
};

/// Error{local}: it is not there or cannot be run, or did not end in time. Nothing of this process's environment but PATH is seen
/// by it.
ProgramEnd run_program(const Program& program, std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace ingot::io
