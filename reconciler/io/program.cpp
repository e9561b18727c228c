#include "reconciler/io/program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owned_descriptor.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

constexpr std::size_t most_output = 64 * 1024;

[[noreturn]] void cannot_run(const std::string& name, int error) {
  throw Error(Fault::local, fmt::format("the program \"{}\" cannot be run: {}", name, errno_text(error)),
              "install it, or let PATH find it")
      .with_code(Code::no_program)
      .about(name);
}

/// A file in memory, so that nothing waits for a reader, and nothing is left over.
OwnedDescriptor file_of(const std::string& bytes, const std::string& name) {
  OwnedDescriptor file(::memfd_create("ingot", MFD_CLOEXEC));
  if (file.get() < 0) cannot_run(name, errno);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::pwrite(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count <= 0) cannot_run(name, errno);
    done += static_cast<std::size_t>(count);
  }
  return OwnedDescriptor(file.release());
}

std::string bytes_of(const OwnedDescriptor& file) {
  std::string bytes(most_output, '\0');
  const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return bytes;
}

/// Its wait status.
int wait_for(pid_t pid, const std::string& name, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  int status = 0;
  for (;;) {
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) cannot_run(name, errno);
    if (std::chrono::steady_clock::now() > end) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      throw Error(Fault::local, fmt::format("the program \"{}\" did not end within {} s", name, limit.count() / 1000),
                  "see what keeps it");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

ProgramEnd run_program(const Program& program, std::chrono::milliseconds limit) {
  const std::string& name = program.words.front();
  const OwnedDescriptor in = file_of(program.input, name), out = file_of("", name), err = file_of("", name),
                        attached = file_of(program.attached, name);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  int target = 0;
  for (const auto* file : {&in, &out, &err, &attached}) ::posix_spawn_file_actions_adddup2(&actions, file->get(), target++);
  std::vector<char*> words;
  for (const auto& word : program.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const char* const path = std::getenv("PATH");
  std::string found = fmt::format("PATH={}", path != nullptr ? path : "/usr/bin:/bin"), plain = "LC_ALL=C";
  std::array<char*, 3> environment{found.data(), plain.data(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, name.c_str(), &actions, nullptr, words.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) cannot_run(name, failed);
  const int status = wait_for(pid, name, limit);
  return {.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), .out = bytes_of(out), .err = bytes_of(err)};
}

}  // namespace ingot::io
