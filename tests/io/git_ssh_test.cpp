// ssh as git uses it, against a real sshd: every host and key that `ssh` accepts is accepted, and no other.
#include "reconciler/io/git/ssh.hpp"

#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "reconciler/io/git/fetch.hpp"
#include "schema/error.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::git_ssh_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::free_port;
using testing_support::GitFolder;
using testing_support::read_text;
using testing_support::Running;
using testing_support::TestFolder;
using testing_support::write_text;

constexpr const char* sshd = "/usr/sbin/sshd";

void make_key(const std::string& type, const std::string& path) {
  std::filesystem::remove(path);
  testing_support::run({.arguments = {"ssh-keygen", "-q", "-t", type, "-N", "", "-f", path}, .folder = "", .environment = {}});
}

/// "ssh-ed25519 AAAA…", without the comment.
std::string public_key(const std::string& path) {
  const std::string text = read_text(path + ".pub");
  return text.substr(0, text.find(' ', text.find(' ') + 1));
}

/// A server with an ed25519 and an rsa key, and a home whose key it knows.
class git_ssh : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(sshd, X_OK) != 0) GTEST_SKIP() << "there is no " << sshd;
    std::filesystem::create_directories(home_ + "/.ssh");
    for (const char* type : {"ed25519", "rsa"}) make_key(type, folder_ / type);
    make_key("ed25519", home_ + "/.ssh/id_ed25519");
    allow(home_ + "/.ssh/id_ed25519");
    write_text(folder_ / "sshd_config", "ListenAddress 127.0.0.1:" + port_ + "\nHostKey " + (folder_ / "rsa") + "\nHostKey " +
                                            (folder_ / "ed25519") + "\nAuthorizedKeysFile " + (folder_ / "authorized") +
                                            "\nStrictModes no\nPidFile none\nUsePAM no\nPasswordAuthentication no\n"
                                            "PermitRootLogin prohibit-password\n");
    std::error_code ignored;  // a folder that root's sshd alone wants
    std::filesystem::create_directories("/run/sshd", ignored);
    server_.emplace(
        testing_support::Command{.arguments = {sshd, "-D", "-e", "-f", folder_ / "sshd_config"}, .folder = "", .environment = {}},
        folder_ / "log");
    const auto listens = [&] {
      return std::filesystem::exists(folder_ / "log") && read_text(folder_ / "log").find("listening") != std::string::npos;
    };
    for (int tries = 0; tries < 1000 && !listens(); ++tries) ::usleep(10'000);
    const char* const home = std::getenv("HOME");
    home_before_ = home != nullptr ? home : "";
    ::setenv("HOME", home_.c_str(), 1);
  }
  void TearDown() override {
    if (!home_before_.empty()) ::setenv("HOME", home_before_.c_str(), 1);
  }
  void allow(const std::string& key) const { write_text(folder_ / "authorized", read_text(key + ".pub")); }
  void known(const std::string& lines) const { write_text(home_ + "/.ssh/known_hosts", lines); }
  std::string line(const std::string& type, const std::string& host = "") const {
    return (host.empty() ? "[127.0.0.1]:" + port_ : host) + " " + public_key(folder_ / type) + "\n";
  }
  /// "fetched", or all the words of the Error.
  std::string fetch() const {
    const std::string user = ::getpwuid(::geteuid())->pw_name;
    try {
      io::fetch_git({.url = "ssh://" + user + "@127.0.0.1:" + port_ + remote_.path(), .folder = folder_ / "cache"});
      return "fetched";
    } catch (const Error& error) { return std::string(text_of(error.fault())) + ": " + error.text() + "; " + error.mend(); }
  }

  TestFolder folder_;
  GitFolder remote_{folder_ / "it's remote"};
  std::string port_ = std::to_string(free_port());
  std::string home_ = folder_ / "my home";
  std::string home_before_;
  std::optional<Running> server_;
};

TEST_F(git_ssh, believes_every_host_that_ssh_believes) {
  remote_.write("ingot.toml", "text");
  remote_.commit("all");
  const std::string garbage = "what is this\n|1|broken\n", ssh1 = "[127.0.0.1]:" + port_ + " 1024 35 1234567890123\n";
  for (const auto& [name, lines] : std::vector<std::pair<std::string, std::string>>{
           {"only ed25519", line("ed25519")},
           {"only rsa", line("rsa")},
           {"rsa first", line("rsa") + line("ed25519")},
           {"the right one last", "[127.0.0.1]:" + port_ + " " + public_key(home_ + "/.ssh/id_ed25519") + "\n" + line("ed25519")},
           {"garbage", garbage + ssh1 + line("ed25519")},
           {"a wildcard", line("ed25519", "[127.0.0.*]:*")},
           {"a name without port", line("ed25519", "127.0.0.1")},
           {"one of several names", line("rsa", "other.example.net,[127.0.0.1]:" + port_)}}) {
    known(lines);
    EXPECT_EQ(fetch(), "fetched") << name;
  }
  make_key("rsa", home_ + "/.ssh/id_rsa");
  std::filesystem::remove(home_ + "/.ssh/id_ed25519");
  allow(home_ + "/.ssh/id_rsa");
  EXPECT_EQ(fetch(), "fetched") << "by an rsa key of the client";
}

TEST_F(git_ssh, believes_no_other_host) {
  EXPECT_THAT(fetch(),
              AllOf(HasSubstr("untrusted: "), HasSubstr("has no ssh key for [127.0.0.1]:" + port_), HasSubstr("ssh-keyscan")));
  const std::string other = public_key(home_ + "/.ssh/id_ed25519");
  known("[127.0.0.1]:" + port_ + " " + other + "\n");
  EXPECT_THAT(fetch(), AllOf(HasSubstr("untrusted: "), HasSubstr("none of those that known_hosts has for [127.0.0.1]:" + port_)));
  known("@revoked " + line("ed25519") + "@revoked " + line("rsa") + line("ed25519"));
  EXPECT_THAT(fetch(), HasSubstr("untrusted: "));
  ::unsetenv("HOME");
  EXPECT_THAT(fetch(), HasSubstr("untrusted: ")) << "without HOME it is the home of the user's entry";
}

TEST_F(git_ssh, says_what_ssh_says) {
  known(line("ed25519"));
  write_text(folder_ / "authorized", "");
  EXPECT_THAT(fetch(), AllOf(HasSubstr("incomplete: "), HasSubstr("wants credentials"), HasSubstr("Permission denied")));
  allow(home_ + "/.ssh/id_ed25519");
  std::filesystem::remove_all(remote_.path());
  EXPECT_THAT(fetch(), AllOf(HasSubstr("incomplete: "), HasSubstr("does not appear to be a git repository")));
  server_.reset();
  EXPECT_THAT(fetch(), AllOf(HasSubstr("incomplete: "), HasSubstr("Connection refused")));
}

TEST(git_ssh_place, is_read_from_each_kind_of_address) {
  EXPECT_EQ(io::ssh_place_of("ssh://ann@git.example.net:2222/srv/gold.git"),
            (io::SshPlace{"ann", "git.example.net", "2222", "/srv/gold.git"}));
  EXPECT_EQ(io::ssh_place_of("ssh://git.example.net/~ann/gold.git"),
            (io::SshPlace{"git", "git.example.net", "", "~ann/gold.git"}));
  EXPECT_EQ(io::ssh_place_of("ssh://git@[::1]:22/gold.git"), (io::SshPlace{"git", "::1", "22", "/gold.git"}));
  EXPECT_EQ(io::ssh_place_of("git@git.example.net:team/gold.git"), (io::SshPlace{"git", "git.example.net", "", "team/gold.git"}));
  EXPECT_EQ(io::ssh_place_of("git@[::1]:gold.git"), (io::SshPlace{"git", "::1", "", "gold.git"}));
  EXPECT_EQ(io::ssh_place_of("ssh://h/a%20b%2").path, "/a b%2");
  EXPECT_TRUE(io::is_by_ssh("git@git.example.net:gold.git"));
  for (const char* other : {"https://git.example.net/gold.git", "file:///srv/gold.git", "/srv/gold.git"})
    EXPECT_FALSE(io::is_by_ssh(other)) << other;
}

}  // namespace
}  // namespace ingot::git_ssh_test
