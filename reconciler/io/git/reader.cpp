#include "reconciler/io/git/reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/git/handles.hpp"
#include "reconciler/io/git/limits.hpp"
#include "reconciler/io/git/message.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

using Steady = std::chrono::steady_clock;

/// More than all that a manifest may have.
constexpr std::uint64_t longest_message = 128 * 1024 * 1024;
constexpr std::size_t cache_of_objects = 64 * 1024 * 1024;
constexpr int own_socket = 3;

enum class Kind : std::uint64_t { answer, error, no_memory };

struct Header {
  std::uint64_t what = 0;  ///< to the child: the address of a function; from it: a Kind
  std::uint64_t length = 0;
};

/// What the child ends with if it may open no more files: the repository is not to blame.
constexpr int no_descriptor = 71;
/// What it ends with if it cannot be heard, or cannot hear: the repository is not to blame either.
constexpr int no_line = 74;

/// Nothing of the parent's stays open: neither its locks nor its outputs, on which a dying C library would write.
void keep_only(int socket) {
  const int kept = ::fcntl(socket, F_DUPFD, own_socket + 1);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, standard);
  if (kept < 0 || ::dup2(kept, own_socket) < 0) ::_exit(no_descriptor);
  if (::close_range(own_socket + 1, ~0U, 0) == 0) return;
  for (int other = own_socket + 1; other < 1024; ++other) ::close(other);  // an old kernel
}

/// The child: false when the parent is gone.
bool read_all(char* into, std::size_t length) {
  while (length > 0) {
    const ssize_t count = ::read(own_socket, into, length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ::_exit(no_line);
    if (count == 0) return false;
    into += count;
    length -= static_cast<std::size_t>(count);
  }
  return true;
}

void write_all(const char* from, std::size_t length) {
  while (length > 0) {
    const ssize_t count = ::send(own_socket, from, length, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) ::_exit(no_line);
    from += count;
    length -= static_cast<std::size_t>(count);
  }
}

void reply(Kind kind, const std::string& bytes) {
  const Header header{.what = static_cast<std::uint64_t>(kind), .length = bytes.size()};
  write_all(reinterpret_cast<const char*>(&header), sizeof(header));
  write_all(bytes.data(), bytes.size());
}

/// Says what `work` gives or throws.
template <class Work>
void answer(Work&& work) {
  git_error_clear();
  try {
    reply(Kind::answer, work());
  } catch (const Error& error) {
    reply(memory_is_short() ? Kind::no_memory : Kind::error, memory_is_short() ? "" : error_message(error));
  } catch (const std::bad_alloc&) { reply(Kind::no_memory, ""); } catch (const std::exception& error) {
    reply(Kind::error, error_message(Error(Fault::internal, error.what())));
  }
}

}  // namespace

void GitReader::serve(int socket, const GitLimits& limits) {
  keep_only(socket);
  // Ctrl-C is for the parent, which then ends this one.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_IGN);
  const auto seconds = static_cast<rlim_t>(limits.processor.count());
  const rlimit none{0, 0}, longest{seconds, seconds + 1};  // at the second it would be killed without a name
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_CPU, &longest);
  limit_memory(limits.memory);
  git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(cache_of_objects));
  OpenRepository repository;
  for (Header header; read_all(reinterpret_cast<char*>(&header), sizeof(header));) {
    std::string arguments(header.length, '\0');
    if (!read_all(arguments.data(), arguments.size())) break;
    const auto work = reinterpret_cast<Serve>(header.what);
    answer([&] {
      std::string bytes = work(repository, arguments);
      require_memory();  // libgit2 does not say so by its codes, and such an answer is worth nothing
      return bytes;
    });
  }
  ::_exit(0);
}

GitReader::GitReader(std::string name, GitLimits limits) : name_(std::move(name)), limits_(limits) {
  begin_libgit2();  // here, while nothing else runs
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error(Fault::local, fmt::format("no pipe can be made to read a git repository: {}", errno_text(errno)));
  socket_ = ends[0];
  pid_ = ::fork();
  const int error = errno;
  if (pid_ == 0) serve(ends[1], limits_);
  ::close(ends[1]);
  if (pid_ < 0) {
    ::close(socket_);
    throw Error(Fault::local, fmt::format("no process can be made to read a git repository: {}", errno_text(error)),
                "see whether the machine or this user has too many processes");
  }
}

GitReader::~GitReader() {
  if (gone_.empty()) why_it_ended();
}

/// Whether it has ended, or does so within 5 s: what it has closed, it has closed by ending.
bool GitReader::has_ended() const {
  for (int look = 0; look < 500; ++look) {
    siginfo_t found{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &found, WEXITED | WNOWAIT | WNOHANG) == 0 && found.si_pid == pid_) return true;
    ::poll(nullptr, 0, 10);
  }
  return false;
}

/// A call on its socket failed with `error`, or 0: the other end is closed. It is at fault only if it has ended.
void GitReader::lose(int error) {
  const bool ended = (error == 0 || error == EPIPE || error == ECONNRESET) && has_ended();
  const std::string why = why_it_ended();  // one that lives would wait for the next question for ever
  if (ended && !lost_its_line_) give_up(why);
  lost_its_line_ = true;
  throw_lost(errno_text(error == 0 ? ECONNRESET : error));
}

void GitReader::throw_lost(const std::string& why) {
  gone_ = why;
  throw Error(Fault::local,
              fmt::format("the process that reads the git repository \"{}\" cannot be reached: {}", printable(name_), why));
}

/// Ends it, if it has not ended by itself.
std::string GitReader::why_it_ended() {
  int status = 0;
  const bool was_over = ::waitpid(pid_, &status, WNOHANG) == pid_;
  if (!was_over) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  }
  ::close(socket_);
  gone_ = "its reader was ended";
  short_of_files_ = WIFEXITED(status) && WEXITSTATUS(status) == no_descriptor;
  lost_its_line_ = WIFEXITED(status) && WEXITSTATUS(status) == no_line;
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGXCPU) return fmt::format("it took more than {} s of processor time", limits_.processor.count());
  return signal != 0 ? fmt::format("the process that reads it died of signal {} ({})", signal, ::strsignal(signal))
                     : fmt::format("the process that reads it ended with status {}", WEXITSTATUS(status));
}

void GitReader::give_up(const std::string& why) {
  if (gone_.empty()) why_it_ended();
  gone_ = why;
  if (short_of_files_)
    throw Error(Fault::local, fmt::format("the git repository \"{}\" cannot be read: {}", printable(name_), errno_text(EMFILE)),
                "raise the limit of open files of this user (ulimit -n)");
  throw Error(Fault::manifest, fmt::format("the git repository \"{}\" cannot be read: {}", printable(name_), why),
              "an object in it is damaged, or was made to do harm; see what \"git fsck\" says, or clone it anew")
      .with_code(Code::bad_repository)
      .about(name_);
}

void GitReader::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) lose(errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string GitReader::receive(std::size_t length) {
  std::string bytes;
  std::array<char, 65536> buffer{};
  const auto end = Steady::now() + limits_.answer;
  while (bytes.size() < length) {
    pollfd one{.fd = socket_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&one, 1, 100);
    throw_if_interrupted();
    if (Steady::now() > end) give_up(fmt::format("it did not answer within {} s", limits_.answer.count() / 1000));
    if (ready <= 0) continue;
    const ssize_t count = ::read(socket_, buffer.data(), std::min(buffer.size(), length - bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) lose(count == 0 ? 0 : errno);
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return bytes;
}

std::string GitReader::exchange(Serve work, const std::string& arguments) {
  if (!gone_.empty() && lost_its_line_) throw_lost(gone_);
  if (!gone_.empty()) give_up(gone_);
  const Header question{.what = reinterpret_cast<std::uint64_t>(work), .length = arguments.size()};
  try {
    send({reinterpret_cast<const char*>(&question), sizeof(question)});
    send(arguments);
    Header answer;
    const std::string header = receive(sizeof(answer));
    std::memcpy(&answer, header.data(), sizeof(answer));
    if (answer.length > longest_message) give_up("its answer is too long");
    std::string bytes = receive(answer.length);
    if (answer.what == static_cast<std::uint64_t>(Kind::answer)) return bytes;
    if (answer.what == static_cast<std::uint64_t>(Kind::error)) throw error_in(bytes);
    give_up(fmt::format("it takes more than {} MiB of memory", limits_.memory / 1024 / 1024));
  } catch (const MalformedMessage&) { give_up("its answer makes no sense"); } catch (const Error& error) {
    // An interrupted question leaves an answer that nobody wants.
    if (error.fault() == Fault::interrupted || error.fault() == Fault::terminated) {
      if (gone_.empty()) why_it_ended();
    }
    throw;
  }
}

}  // namespace ingot::io
