#include "reconciler/io/run_program.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

constexpr std::chrono::milliseconds between_looks{20};

/// What posix_spawn is told; freed in every case.
struct SpawnPlan {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

/// In a group of its own, so that its children end with it; with the signals as any program expects them.
void prepare(SpawnPlan& plan, int input) {
  ::posix_spawn_file_actions_adddup2(&plan.actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&plan.actions, STDERR_FILENO, STDOUT_FILENO);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP}) sigaddset(&defaults, signal);
  ::posix_spawnattr_setsigdefault(&plan.attributes, &defaults);
  ::posix_spawnattr_setpgroup(&plan.attributes, 0);
  ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

/// Writes what fits now. False: nothing more is wanted.
bool feed(int pipe, std::string_view& input) {
  const ssize_t written = ::write(pipe, input.data(), input.size());
  if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
  return written >= 0 ? !input.empty() : errno == EAGAIN || errno == EINTR;
}

/// Ended in every case when this is gone.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  ~Child() {
    if (ended_) return;
    ::kill(-id_, SIGKILL);
    while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR) {}
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  bool has_ended() {
    if (ended_) return true;
    const pid_t found = ::waitpid(id_, &status_, WNOHANG);
    lost_ = found < 0 && errno == ECHILD;  // its id may be another's by now
    ended_ = found == id_ || lost_;
    return ended_;
  }
  /// Once it has ended; "": well.
  std::string why_bad() const {
    if (lost_) return "ended, and how is not known";
    if (WIFSIGNALED(status_)) return fmt::format("was ended by signal {}", WTERMSIG(status_));
    return WEXITSTATUS(status_) == 0 ? "" : fmt::format("ended with status {}", WEXITSTATUS(status_));
  }

 private:
  pid_t id_;
  int status_ = 0;
  bool ended_ = false;
  bool lost_ = false;  ///< somebody else has seen its end
};

/// What a program sees: this process's variables but those withheld, and others in their place or beside them.
class Environment {
 public:
  Environment(const std::set<std::string>& withheld, const std::map<std::string, std::string>& added) {
    for (char* const* variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
      const std::string_view text = *variable;
      const std::string name(text.substr(0, text.find('=')));
      if (!withheld.contains(name) && !added.contains(name)) lines_.emplace_back(text);
    }
    for (const auto& [name, value] : added) lines_.push_back(name + "=" + value);
    for (std::string& line : lines_) pointers_.push_back(line.data());
    pointers_.push_back(nullptr);
  }
  char* const* data() { return pointers_.data(); }

 private:
  std::vector<std::string> lines_;
  std::vector<char*> pointers_;  ///< into lines_, and a null behind them
};

/// Feeds it and waits for its end.
std::string attend(Child& child, OwnedDescriptor& pipe, std::string_view input, Seconds timeout, Clock& clock) {
  const auto end = clock.steady() + timeout;
  bool feeding = true;
  while (!child.has_ended()) {
    throw_if_interrupted();
    if (clock.steady() >= end) return fmt::format("was killed after {}: it took too long", duration_text(timeout));
    if (feeding) feeding = feed(pipe.get(), input);
    if (!feeding && pipe.get() >= 0) ::close(pipe.release());
    pollfd room{.fd = feeding ? pipe.get() : -1, .events = POLLOUT, .revents = 0};
    ::poll(&room, 1, static_cast<int>(between_looks.count()));
  }
  return child.why_bad();
}

}  // namespace

std::string run_program(const std::vector<std::string>& command, const std::string& input, Seconds timeout,
                        const std::set<std::string>& withheld, Clock& clock, const std::map<std::string, std::string>& added) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error(Fault::local, fmt::format("no pipe can be made: {}", errno_text(errno)));
  OwnedDescriptor reading(ends[0]);
  OwnedDescriptor writing(ends[1]);
  ::fcntl(writing.get(), F_SETFL, O_NONBLOCK);
  SpawnPlan plan;
  prepare(plan, reading.get());
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t id = 0;
  Environment environment(withheld, added);
  const int error =
      ::posix_spawn(&id, command.front().c_str(), &plan.actions, &plan.attributes, arguments.data(), environment.data());
  if (error != 0) return fmt::format("cannot be started: {}", errno_text(error));
  ::close(reading.release());
  Child child(id);
  return attend(child, writing, input, timeout, clock);
}

}  // namespace ingot::io
