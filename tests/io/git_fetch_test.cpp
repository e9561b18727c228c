// Fetching from real servers: files, https with git's own upload-pack behind it, sshd; and from ones that never answer.
#include "reconciler/io/git/fetch.hpp"

#include <filesystem>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/git/repository.hpp"
#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::git_fetch_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::free_port;
using testing_support::git_in;
using testing_support::GitFolder;
using testing_support::read_text;
using testing_support::Running;
using testing_support::TestFolder;
using testing_support::write_text;

/// A variable of this process, as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// Until a server's log has the word that says that it listens.
void wait_for(const std::string& log, const std::string& word) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (std::filesystem::exists(log) && read_text(log).find(word) != std::string::npos) return;
    ::usleep(10'000);
  }
  FAIL() << log << " never said " << word;
}

class git_fetch : public testing::Test {
 protected:
  git_fetch() {
    remote_.write("ingot.toml", "text");
    commit_ = remote_.commit("all");
  }
  io::GitFetch from(const std::string& url) const {
    io::GitFetch what{.url = url, .folder = folder_ / "cache"};
    what.silence = std::chrono::seconds(20);
    return what;
  }
  /// The fault and all the words of the Error.
  static std::string refusal(const io::GitFetch& what) {
    try {
      io::fetch_git(what);
      return "it was fetched";
    } catch (const Error& error) { return std::string(text_of(error.fault())) + ": " + error.text() + "; " + error.mend(); }
  }
  std::string fetched(const std::string& revision = "main") const {
    return io::GitRepository::at(folder_ / "cache").resolve(revision).id;
  }

  TestFolder folder_;
  GitFolder remote_{folder_ / "remote"};
  std::string commit_;
};

TEST_F(git_fetch, has_all_branches_and_tags_as_they_are_now) {
  remote_.git({"branch", "other"});
  remote_.git({"tag", "v1"});
  std::uint64_t bytes = 0;
  io::GitFetch what = from("file://" + remote_.path());
  what.progress = [&](const io::FetchProgress& now) { bytes = std::max(bytes, now.bytes); };
  io::fetch_git(what);
  EXPECT_GT(bytes, 0U);
  EXPECT_EQ(fetched(), commit_);
  EXPECT_EQ(fetched("v1"), commit_);
  remote_.git({"branch", "-D", "-q", "other"});
  remote_.write("ingot.toml", "rewritten");
  remote_.git({"commit", "-q", "-a", "--amend", "-m", "rewritten"});
  io::fetch_git(from(remote_.path()));
  EXPECT_EQ(fetched(), remote_.git({"rev-parse", "HEAD"}));
  EXPECT_THROW(fetched("other"), Error) << "a branch that is gone";
}

TEST_F(git_fetch, names_may_become_folders_of_names_and_the_other_way_round) {
  for (const char* kind : {"refs/heads/", "refs/tags/"}) {
    const auto ref = [&](const std::string& name) { remote_.git({"update-ref", kind + name, commit_}); };
    const auto gone = [&](const std::string& name) { remote_.git({"update-ref", "-d", kind + name}); };
    ref("x");
    ref("y/deep/z");
    EXPECT_EQ(refusal(from(remote_.path())), "it was fetched");
    gone("x");
    gone("y/deep/z");
    ref("x/y");
    ref("y");
    remote_.git({"pack-refs", "--all"});
    EXPECT_EQ(refusal(from(remote_.path())), "it was fetched") << kind;
    EXPECT_EQ(fetched(std::string(kind) + "x/y"), commit_);
    EXPECT_EQ(fetched(std::string(kind) + "y"), commit_);
    EXPECT_THROW(fetched(std::string(kind) + "x"), Error);
    gone("x/y");
    ref("x");
    git_in(folder_ / "cache", {"pack-refs", "--all"});
    EXPECT_EQ(refusal(from(remote_.path())), "it was fetched") << "packed here";
    EXPECT_EQ(fetched(std::string(kind) + "x"), commit_);
    gone("x");
    gone("y");
  }
}

TEST_F(git_fetch, says_what_is_wrong_with_an_address_and_shows_no_secret) {
  for (const char* good :
       {"https://git.example.net/gold.git", "ssh://git@git.example.net:2222/gold.git", "git@git.example.net:gold.git",
        "file:///srv/gold.git", "/srv/gold.git", "http://127.0.0.1:8080/gold.git"}) {
    EXPECT_EQ(io::why_not_a_repository(good), std::nullopt) << good;
  }
  for (const char* bad :
       {"https://ann:secret@git.example.net/gold.git", "https://secret@git.example.net/gold.git",
        "https://git.example.net/gold.git?token=secret", "http://git.example.net/gold.git", "git://git.example.net/gold.git",
        "gold.git", "ext::sh -c secret", "--upload-pack=secret", "ssh://git:secret@git.example.net/gold.git", "", "https://"}) {
    ASSERT_NE(io::why_not_a_repository(bad), std::nullopt) << bad;
    EXPECT_THAT(*io::why_not_a_repository(bad), Not(HasSubstr("secret"))) << bad;
  }
}

TEST_F(git_fetch, C15_ends_when_a_server_says_nothing_or_too_much) {
  const io::OwnedDescriptor silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(silent.get(), 8), 0);
  ASSERT_EQ(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  const std::string host = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  for (const std::string& url :
       {"http://" + host + "/gold.git", "https://" + host + "/gold.git", "ssh://git@" + host + "/gold.git"}) {
    io::GitFetch what = from(url);
    what.silence = std::chrono::milliseconds(300);
    EXPECT_THAT(refusal(what), HasSubstr("incomplete: \"" + url + "\" has sent nothing")) << url;
  }
  io::GitFetch slow = from("http://" + host + "/gold.git");
  slow.limit = std::chrono::milliseconds(300);
  EXPECT_THAT(refusal(slow), HasSubstr("was not fetched within"));
  remote_.write("large", std::string(100'000, 'x') + testing_support::git_in(remote_.path(), {"--version"}));
  for (int i = 0; i < 50; ++i)
    remote_.write("file" + std::to_string(i), std::to_string(i * 7919) + std::string(static_cast<std::size_t>(i), 'y'));
  remote_.commit("large");
  io::GitFetch large = from("file://" + remote_.path());
  large.most_bytes = 1000;
  EXPECT_THAT(refusal(large), HasSubstr("incomplete: "));
}

TEST_F(git_fetch, stops_when_the_process_is_interrupted) {
  io::pretend_interrupted(SIGTERM);
  EXPECT_THAT(refusal(from("file://" + remote_.path())), HasSubstr("terminated: "));
  io::pretend_interrupted(0);
  EXPECT_EQ(refusal(from("file://" + remote_.path())), "it was fetched") << "what it left stops no other";
}

TEST_F(git_fetch, tells_a_repository_that_is_not_there) {
  EXPECT_THAT(refusal(from("file:///nonexistent/gold.git")),
              HasSubstr("incomplete: \"file:///nonexistent/gold.git\" cannot be fetched"));
}

TEST_F(git_fetch, by_https_believes_only_the_right_certificate_and_sends_a_token_only_when_asked) {
  const auto authority = testing_support::Certificate::authority("test");
  const auto certificate = authority.issue("localhost");
  write_text(folder_ / "ca.pem", authority.certificate_pem());
  write_text(folder_ / "cert.pem", certificate.certificate_pem());
  write_text(folder_ / "key.pem", certificate.key_pem());
  const std::string port = std::to_string(free_port()), url = "https://localhost:" + port + "/gold.git";
  const Running server({.arguments = {"/usr/bin/python3", INGOT_SOURCE_DIR "/tests/support/git_server.py", port, remote_ / ".git",
                                      folder_ / "cert.pem", folder_ / "key.pem", "canary-4711"},
                        .folder = "",
                        .environment = testing_support::git_environment()},
                       folder_ / "log");
  wait_for(folder_ / "log", "ready");
  EXPECT_THAT(refusal(from(url)), AllOf(HasSubstr("untrusted: "), HasSubstr("certificate")));
  const Variable trusted("SSL_CERT_FILE", folder_ / "ca.pem");
  EXPECT_THAT(refusal(from(url)), AllOf(HasSubstr("incomplete: "), HasSubstr("wants credentials"), HasSubstr("INGOT_GIT_TOKEN")));
  {
    const Variable wrong("INGOT_GIT_TOKEN", "canary-wrong");
    EXPECT_THAT(refusal(from(url)), AllOf(HasSubstr("wants credentials"), Not(HasSubstr("canary"))));
  }
  {
    const Variable file("INGOT_GIT_TOKEN_FILE", folder_ / "token");
    EXPECT_THAT(refusal(from(url)), AllOf(HasSubstr("token\" (INGOT_GIT_TOKEN_FILE) cannot be read"), Not(HasSubstr("canary"))));
    write_text(folder_ / "token", "canary-4711\n");
    EXPECT_EQ(refusal(from(url)), "it was fetched");
  }
  const Variable token("INGOT_GIT_TOKEN", "canary-4711");
  EXPECT_EQ(refusal(from(url)), "it was fetched");
  EXPECT_EQ(fetched(), commit_);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "cache")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_text(entry.path()), Not(HasSubstr("canary"))) << entry.path();
  }
}

TEST_F(git_fetch, by_ssh_believes_only_known_hosts) {
  const std::string sshd = "/usr/sbin/sshd";
  if (::access(sshd.c_str(), X_OK) != 0) GTEST_SKIP() << "there is no " << sshd;
  const std::string port = std::to_string(free_port()), home = folder_ / "home", host_key = folder_ / "host_key";
  std::filesystem::create_directories(home + "/.ssh");
  testing_support::make_ssh_key(host_key);
  testing_support::make_ssh_key(home + "/.ssh/id_ed25519");
  std::filesystem::copy(home + "/.ssh/id_ed25519.pub", folder_ / "authorized");
  write_text(folder_ / "sshd_config",
             "ListenAddress 127.0.0.1:" + port + "\nHostKey " + host_key + "\nAuthorizedKeysFile " + (folder_ / "authorized") +
                 "\nStrictModes no\nPidFile none\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n");
  std::error_code ignored;  // a folder that root's sshd alone wants
  std::filesystem::create_directories("/run/sshd", ignored);
  const Running server({.arguments = {sshd, "-D", "-e", "-f", folder_ / "sshd_config"}, .folder = "", .environment = {}},
                       folder_ / "log");
  const std::string user = ::getpwuid(::geteuid())->pw_name;
  const std::string url = "ssh://" + user + "@127.0.0.1:" + port + remote_.path();
  wait_for(folder_ / "log", "listening");
  const Variable own_home("HOME", home);
  EXPECT_THAT(refusal(from(url)), AllOf(HasSubstr("untrusted: "), HasSubstr("has no ssh key for [127.0.0.1]:" + port)));
  const auto known = [&](const std::string& key) {
    write_text(home + "/.ssh/known_hosts", "[127.0.0.1]:" + port + " " + read_text(key + ".pub"));
  };
  known(home + "/.ssh/id_ed25519");
  EXPECT_THAT(refusal(from(url)), AllOf(HasSubstr("untrusted: "), HasSubstr("its ssh key is none of those")));
  known(host_key);
  EXPECT_EQ(refusal(from(url)), "it was fetched");
  EXPECT_EQ(fetched(), commit_);
  testing_support::run(
      {.arguments = {"ssh-keygen", "-q", "-H", "-f", home + "/.ssh/known_hosts"}, .folder = "", .environment = {}});
  EXPECT_EQ(refusal(from(url)), "it was fetched") << "known under a hashed name";
  std::filesystem::remove(home + "/.ssh/id_ed25519");
  EXPECT_THAT(refusal(from(url)), HasSubstr("wants credentials"));
}

}  // namespace
}  // namespace ingot::git_fetch_test
