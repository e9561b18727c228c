#include "tests/support/in_child.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::testing_support {

std::string in_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  const pid_t child = fork();
  if (child == 0) {
    std::string text;
    try {
      text = work();
    } catch (const std::exception& error) { text = error.what(); }
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? text : "died";
}

namespace {

sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }

std::size_t place_of(int argument) {
  return offsetof(seccomp_data, args) + sizeof(std::uint64_t) * static_cast<std::size_t>(argument);
}

/// Refuses the call if `more`, which jumps over what follows it where it does not fit, lets it come that far.
void refuse(long number, int error, const std::vector<sock_filter>& more) {
  std::vector<sock_filter> filter;
  filter.push_back(load(offsetof(seccomp_data, nr)));
  filter.push_back(
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, static_cast<unsigned char>(more.size() + 1)));
  filter.insert(filter.end(), more.begin(), more.end());
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    throw std::runtime_error("seccomp");
}

}  // namespace

void refuse_call(long number, int error, std::optional<int> argument) {
  if (!argument) return refuse(number, error, {});
  refuse(number, error, {load(place_of(*argument)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0)});
}

void refuse_call_with_bits(long number, int error, int argument, unsigned bits) {
  refuse(number, error, {load(place_of(argument)), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1)});
}

void refuse_call_on(int descriptor, long number, int error) {
  refuse(number, error, {load(place_of(0)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(descriptor), 0, 1)});
}

bool have_own_mounts() { return unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

bool mount_memory(const std::string& folder) { return ::mount("none", folder.c_str(), "tmpfs", 0, "size=16m") == 0; }

bool mount_on(const std::string& from, const std::string& to) {
  return ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

bool become_nobody() {
  constexpr unsigned nobody = 65534;
  return geteuid() != 0 || (setgid(nobody) == 0 && setuid(nobody) == 0);
}

}  // namespace ingot::testing_support
