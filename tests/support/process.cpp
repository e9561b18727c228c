#include "tests/support/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::testing_support {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// In the child: folder, environment, program. Does not return.
[[noreturn]] void become(const Command& command) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing that a test started outlives it
  if (!command.folder.empty() && chdir(command.folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : command.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const auto& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  dprintf(2, "%s: %s\n", arguments[0], std::strerror(errno));
  _exit(127);
}

int exit_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/// Polls for the end of a child until `end`; false: it still runs.
bool reap(pid_t pid, int& status, SteadyClock::time_point end) {
  while (true) {
    const pid_t got = waitpid(pid, &status, WNOHANG);
    if (got == pid) return true;
    if (SteadyClock::now() >= end) return false;
    usleep(2'000);
  }
}

}  // namespace

Ran run(const Command& command) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const pid_t pid = fork();
  if (pid == 0) {
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    become(command);
  }
  close(out[1]);
  close(err[1]);
  Ran ran;
  const auto end = SteadyClock::now() + command.limit;
  pollfd ends[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  std::string* into[2] = {&ran.out, &ran.err};
  int open_ends = 2;
  while (open_ends > 0 && SteadyClock::now() < end) {
    poll(ends, 2, 100);
    for (int i = 0; i < 2; ++i) {
      if (ends[i].fd < 0 || (ends[i].revents & (POLLIN | POLLHUP)) == 0) continue;
      char buffer[65536];
      const ssize_t count = read(ends[i].fd, buffer, sizeof buffer);
      if (count > 0) {
        into[i]->append(buffer, static_cast<std::size_t>(count));
      } else {
        close(ends[i].fd);
        ends[i].fd = -1;
        --open_ends;
      }
    }
  }
  for (const auto& one : ends) {
    if (one.fd >= 0) close(one.fd);
  }
  int status = 0;
  if (!reap(pid, status, end)) {
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ran.err += "\n[killed by the test: it took too long]\n";
  }
  ran.exit = exit_of(status);
  return ran;
}

Running::Running(const Command& command, const std::string& log) {
  pid_ = fork();
  if (pid_ == 0) {
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(file, 1);
    dup2(file, 2);
    become(command);
  }
}

Running::~Running() {
  if (reaped_) return;
  kill(pid_, SIGTERM);
  wait(std::chrono::seconds(5));
}

void Running::signal(int number) const {
  if (!reaped_) kill(pid_, number);
}

int Running::wait(std::chrono::seconds limit) {
  int status = 0;
  if (!reap(pid_, status, SteadyClock::now() + limit)) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &status, 0);
  }
  reaped_ = true;
  return exit_of(status);
}

int free_port() {
  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("no free port");
  }
  close(socket_);
  return ntohs(address.sin_port);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_text(const std::string& path, const std::string& text) {
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace ingot::testing_support
