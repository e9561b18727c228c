#include "reconciler/io/git/ssh.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <git2/sys/transport.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/printable.hpp"

namespace ingot::io {

namespace {

constexpr std::size_t most_said = 4096;
constexpr int not_found = 127;

std::string value_of(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// ssh looks into the home of the user's entry in /etc/passwd, whatever HOME says; git's users expect HOME.
void add_own_home(std::vector<std::string>& words) {
  const std::string home = value_of("HOME");
  const passwd* const entry = ::getpwuid(::geteuid());
  if (home.empty() || home.find_first_of("\"%$\n") != std::string::npos || (entry != nullptr && home == entry->pw_dir)) return;
  words.insert(words.end(),
               {"-o", fmt::format("UserKnownHostsFile=\"{0}/.ssh/known_hosts\" \"{0}/.ssh/known_hosts2\" ~/.ssh/known_hosts "
                                  "~/.ssh/known_hosts2",
                                  home)});
  for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
    const std::string key = home + "/.ssh/" + name;
    std::error_code ignored;
    if (std::filesystem::exists(key, ignored)) words.insert(words.end(), {"-i", key});
  }
}

/// Of a URL: "%20" is a space.
std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const bool is_code = text[i] == '%' && i + 2 < text.size() &&
                         std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3;
    plain += is_code ? static_cast<char>(value) : text[i];
    if (is_code) i += 2;
  }
  return plain;
}

/// For the shell of the other side.
std::string in_single_quotes(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' || c == '!' ? fmt::format("'\\{}'", c) : std::string(1, c);
  return quoted + "'";
}

/// Nobody is asked anything, no host is believed that is not known yet, and nothing is written.
std::vector<std::string> ssh_words(const SshPlace& place) {
  std::vector<std::string> words{"ssh", "-T", "-a", "-x"};
  for (const char* option : {"BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "LogLevel=ERROR",
                             "ClearAllForwardings=yes", "PermitLocalCommand=no"})
    words.insert(words.end(), {"-o", option});
  if (const std::string key = value_of("INGOT_GIT_SSH_KEY"); !key.empty())
    words.insert(words.end(), {"-i", key, "-o", "IdentitiesOnly=yes"});
  add_own_home(words);
  if (!place.port.empty()) words.insert(words.end(), {"-p", place.port});
  words.insert(words.end(), {"--", place.user + "@" + place.host, "git-upload-pack " + in_single_quotes(place.path)});
  return words;
}

/// In the child: never returns.
[[noreturn]] void become_ssh(const std::vector<std::string>& words, int pipe, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  ::dup2(pipe, STDIN_FILENO);
  ::dup2(pipe, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(not_found);
}

/// One connection.
struct Connection {
  git_smart_subtransport_stream stream{};  ///< first, so that libgit2's pointer to it is one to this
  OwnedDescriptor pipe;
  OwnedDescriptor errors;
  pid_t pid = -1;
  SshFailure* failure = nullptr;

  Connection(int to_ssh, int said, SshFailure* why) : pipe(to_ssh), errors(said), failure(why) {}
  ~Connection() { end(true); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Its wait status.
  int end(bool now) {
    int status = 0;
    if (pid <= 0) return status;
    if (now) ::kill(pid, SIGKILL);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    pid = -1;
    return status;
  }

  /// It says no more: an error, if ssh had one.
  int ended() {
    const int status = end(false);
    std::string said(most_said, '\0');
    const ssize_t count = ::pread(errors.get(), said.data(), said.size(), 0);
    said.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    *failure = ssh_failure(said);
    failure->no_program = WIFEXITED(status) && WEXITSTATUS(status) == not_found && said.empty();
    git_error_set_str(GIT_ERROR_SSH, failure->words.empty() ? "the connection ended early" : failure->words.c_str());
    return GIT_EEOF;
  }
};

struct Ssh {
  git_smart_subtransport base{};  ///< first, as above
  std::unique_ptr<Connection> connection;
  SshFailure* failure = nullptr;
};

int read_some(git_smart_subtransport_stream* stream, char* into, std::size_t size, std::size_t* count) noexcept {
  auto* const connection = reinterpret_cast<Connection*>(stream);
  try {
    ssize_t got = 0;
    do got = ::read(connection->pipe.get(), into, size);
    while (got < 0 && errno == EINTR);
    *count = got > 0 ? static_cast<std::size_t>(got) : 0;
    return got > 0 ? 0 : connection->ended();
  } catch (...) { return GIT_EUSER; }
}

int write_all_to_ssh(git_smart_subtransport_stream* stream, const char* from, std::size_t length) noexcept {
  auto* const connection = reinterpret_cast<Connection*>(stream);
  try {
    while (length > 0) {
      const ssize_t count = ::send(connection->pipe.get(), from, length, MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return connection->ended();
      from += count;
      length -= static_cast<std::size_t>(count);
    }
    return 0;
  } catch (...) { return GIT_EUSER; }
}

void leave_stream(git_smart_subtransport_stream*) noexcept {}  // the transport owns it

std::unique_ptr<Connection> connect(const std::string& url, SshFailure* failure) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return nullptr;
  OwnedDescriptor theirs(ends[1]);
  auto connection = std::make_unique<Connection>(ends[0], ::memfd_create("ssh", MFD_CLOEXEC), failure);
  connection->stream.read = read_some;
  connection->stream.write = write_all_to_ssh;
  connection->stream.free = leave_stream;
  const auto words = ssh_words(ssh_place_of(url));
  connection->pid = ::fork();
  if (connection->pid == 0) become_ssh(words, theirs.get(), connection->errors.get());
  return connection->pid < 0 ? nullptr : std::move(connection);
}

int on_action(git_smart_subtransport_stream** out, git_smart_subtransport* transport, const char* url,
              git_smart_service_t action) noexcept {
  auto* const ssh = reinterpret_cast<Ssh*>(transport);
  try {
    if (action == GIT_SERVICE_UPLOADPACK_LS) ssh->connection = connect(url, ssh->failure);
    if (ssh->connection == nullptr || (action != GIT_SERVICE_UPLOADPACK_LS && action != GIT_SERVICE_UPLOADPACK)) {
      git_error_set_str(GIT_ERROR_SSH, "no ssh can be started");
      return GIT_ERROR;
    }
    ssh->connection->stream.subtransport = transport;
    *out = &ssh->connection->stream;
    return 0;
  } catch (...) { return GIT_EUSER; }
}

int on_close(git_smart_subtransport* transport) noexcept {
  reinterpret_cast<Ssh*>(transport)->connection.reset();
  return 0;
}

void on_free(git_smart_subtransport* transport) noexcept { delete reinterpret_cast<Ssh*>(transport); }

int make_ssh(git_smart_subtransport** out, git_transport*, void* failure) noexcept {
  auto* const ssh = new (std::nothrow) Ssh;
  if (ssh == nullptr) return GIT_ERROR;
  ssh->base = {.action = on_action, .close = on_close, .free = on_free};
  ssh->failure = static_cast<SshFailure*>(failure);
  *out = &ssh->base;
  return 0;
}

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

/// The name behind `words` in what ssh said, up to the next space: "[git.example.net]:2222".
std::string name_after(const std::string& said, std::string_view words) {
  const auto at = said.find(words);
  if (at == std::string::npos) return "it";
  const std::string rest = said.substr(at + words.size());
  return rest.substr(0, rest.find_first_of(" \r\n"));
}

std::string why_distrusted(const std::string& said) {
  if (!says(said, "ost key verification failed") && !says(said, "host key is known for")) return "";
  constexpr std::string_view compare =
      "; compare the output of ssh-keyscan with what its operator says, and add it to known_hosts";
  if (says(said, "revoked") || says(said, "REVOKED")) return "its ssh key is revoked in known_hosts";
  constexpr std::string_view unknown = "host key is known for ";
  if (says(said, unknown))
    return fmt::format("known_hosts has no ssh key for {}{}", printable(name_after(said, unknown)), compare);
  if (says(said, "HAS CHANGED") || says(said, "Host key for "))
    return fmt::format("its ssh key is none of those that known_hosts has for {}{}", printable(name_after(said, "Host key for ")),
                       compare);
  return fmt::format("ssh does not know its key{}", compare);
}

}  // namespace

bool is_by_ssh(const std::string& url) {
  return url.starts_with("ssh://") || (url.find("://") == std::string::npos && !url.starts_with('/'));
}

SshPlace ssh_place_of(const std::string& url) {
  const bool has_scheme = url.starts_with("ssh://");
  const std::string all = has_scheme ? url.substr(6) : url;
  const auto bracket = all.find(']');
  const auto end = has_scheme ? all.find('/') : all.find(':', bracket == std::string::npos ? 0 : bracket);
  std::string authority = all.substr(0, end);
  SshPlace place{.user = "git", .host = {}, .port = {}, .path = {}};
  if (end != std::string::npos) place.path = all.substr(has_scheme ? end : end + 1);
  if (has_scheme) place.path = decoded(place.path);
  if (place.path.starts_with("/~")) place.path.erase(0, 1);
  if (const auto at = authority.rfind('@'); at != std::string::npos) {
    place.user = authority.substr(0, at);
    authority.erase(0, at + 1);
  }
  const auto colon = authority.rfind(':');
  if (has_scheme && colon != std::string::npos && !authority.ends_with(']')) {
    place.port = authority.substr(colon + 1);
    authority.resize(colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  place.host = authority;
  return place;
}

SshFailure ssh_failure(const std::string& said) {
  std::string words = said;
  while (!words.empty() && (words.back() == '\n' || words.back() == '\r')) words.pop_back();
  std::erase(words, '\r');
  for (std::size_t at = 0; (at = words.find('\n', at)) != std::string::npos;) words.replace(at, 1, "; ");
  return {.distrust = why_distrusted(said),
          .wants_key = says(said, "Permission denied (") || says(said, "Too many authentication failures"),
          .no_program = false,
          .words = std::move(words)};
}

int open_ssh_transport(git_transport** out, git_remote* remote, SshFailure& failure) {
  git_smart_subtransport_definition ssh{.callback = make_ssh, .rpc = 0, .param = &failure};
  return git_transport_smart(out, remote, &ssh);
}

}  // namespace ingot::io
