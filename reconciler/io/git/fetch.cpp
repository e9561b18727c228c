#include "reconciler/io/git/fetch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/git/limits.hpp"
#include "reconciler/io/git/receive.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/manifest/manifest_commit.hpp"
#include "schema/text/url.hpp"

namespace ingot::io {

namespace {

using Steady = std::chrono::steady_clock;
constexpr char field_end = '\x1f';

std::string without_breaks(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == field_end; }, ' ');
  return text;
}

void say(int to, const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(to, whole.data(), whole.size()) < 0) ::_exit(0);  // nobody listens any more
}

/// What the process of its own does. Never returns.
[[noreturn]] void be_the_receiver(const GitFetch& what, int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Ctrl-C is for the process that is waited for, which then ends this one.
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_IGN);
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);  // an error of the call instead
  const auto seconds = static_cast<rlim_t>(what.limit.count() / 1000 + 1);
  const rlimit largest{what.most_bytes, what.most_bytes}, none{0, 0}, longest{seconds, seconds};
  ::setrlimit(RLIMIT_FSIZE, &largest);
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_CPU, &longest);
  limit_memory(what.most_memory);
  try {
    receive_git(what.url, what.folder, what.most_bytes,
                [to](const FetchProgress& now) { say(to, fmt::format("P {} {} {}", now.objects, now.of, now.bytes)); });
    say(to, "D");
  } catch (const Error& error) {
    say(to, fmt::format("E {}{}{}{}{}", static_cast<int>(error.fault()), field_end, without_breaks(error.text()), field_end,
                        without_breaks(error.mend())));
  } catch (const std::exception& error) {
    say(to, fmt::format("E {}{}{}{}", static_cast<int>(Fault::internal), field_end, without_breaks(error.what()), field_end));
  }
  ::_exit(0);
}

[[noreturn]] void rethrow(const std::string& line) {
  const auto first = line.find(field_end);
  const auto second = line.find(field_end, first + 1);
  const int fault = std::atoi(line.c_str());
  throw Error(static_cast<Fault>(fault), line.substr(first + 1, second - first - 1), line.substr(second + 1))
      .with_code(static_cast<Fault>(fault) == Fault::manifest ? Code::bad_repository : Code::unreachable_repository);
}

/// The receiving process; killed and reaped when this goes.
class Receiver {
 public:
  explicit Receiver(const GitFetch& what) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw file_error("make a pipe for", what.folder, errno);
    from_ = ends[0];
    pid_ = ::fork();
    if (pid_ == 0) be_the_receiver(what, ends[1]);
    ::close(ends[1]);
    if (pid_ < 0) {
      ::close(from_);
      throw Error(Fault::local, fmt::format("no process can be made: {}", errno_text(errno)));
    }
  }
  ~Receiver() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
    ::close(from_);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  /// Waits up to a tenth of a second. False: it has said all that it will say.
  bool listen() {
    pollfd one{.fd = from_, .events = POLLIN, .revents = 0};
    if (::poll(&one, 1, 100) <= 0) return true;
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(from_, buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (count < 0)
      throw Error(Fault::local, fmt::format("the process that fetches a git repository cannot be heard: {}", errno_text(errno)));
    heard_.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
  }
  std::optional<std::string> next_line() {
    const auto end = heard_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return line;
  }

 private:
  pid_t pid_ = -1;
  int from_ = -1;
  std::string heard_;
};

FetchProgress progress_of(const std::string& line) {
  FetchProgress now;
  std::sscanf(line.c_str(), "P %lu %lu %lu", &now.objects, &now.of, &now.bytes);
  return now;
}

[[noreturn]] void too_slow(const GitFetch& what, const std::string& how) {
  throw Error(Fault::incomplete, fmt::format("\"{}\" {}", printable(without_credentials(what.url)), how),
              "see whether its server and the network work, and run again")
      .with_code(Code::unreachable_repository);
}

}  // namespace

std::optional<std::string> why_not_a_repository(std::string_view url) {
  if (url.find_first_of("\n\r\t ") != std::string_view::npos) return "holds a space or a line break";
  if (url.size() > longest_url) return "is too long";
  const auto scheme_end = url.find("://");
  if (without_credentials(url) != url)
    return "holds a user, a password or a query, which everyone on this machine can see: give credentials by INGOT_GIT_TOKEN, or "
           "use ssh";
  if (scheme_end == std::string_view::npos) {
    const bool is_scp = url.find(':') != std::string_view::npos && url.find(':') < url.find('/') && !url.starts_with('-');
    return url.starts_with('/') || is_scp
               ? std::nullopt
               : std::optional<std::string>("is neither a URL, nor user@host:path, nor an absolute path");
  }
  const std::string_view scheme = url.substr(0, scheme_end);
  if (scheme == "http" && is_open_http(url))
    return "is http:// to another machine: what arrives could be anybody's; use https:// or ssh://";
  if (scheme != "https" && scheme != "http" && scheme != "ssh" && scheme != "file") return "is not of https, ssh or file";
  return url.size() > scheme_end + 3 ? std::nullopt : std::optional<std::string>("names no host");
}

void fetch_git(const GitFetch& what) {
  Receiver receiver(what);
  const auto begun = Steady::now();
  auto heard_last = begun;
  for (bool goes_on = true; goes_on;) {
    goes_on = receiver.listen();
    throw_if_interrupted();
    while (const auto line = receiver.next_line()) {
      heard_last = Steady::now();
      if (line->starts_with("D")) return;
      if (line->starts_with("E ")) rethrow(line->substr(2));
      if (what.progress) what.progress(progress_of(*line));
    }
    if (Steady::now() - heard_last > what.silence)
      too_slow(what, fmt::format("has sent nothing for {} s", what.silence.count() / 1000));
    if (Steady::now() - begun > what.limit)
      too_slow(what, fmt::format("was not fetched within {} min", what.limit.count() / 60'000));
  }
  throw Error(Fault::manifest,
              fmt::format("the git repository \"{}\" cannot be fetched: the process that fetched it died",
                          printable(without_credentials(what.url))),
              "an object in it is damaged, or was made to do harm; see what \"git fsck\" says of it")
      .with_code(Code::bad_repository);
}

}  // namespace ingot::io
