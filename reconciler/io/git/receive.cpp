#include "reconciler/io/git/receive.hpp"

#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "reconciler/io/git/handles.hpp"
#include "reconciler/io/git/owner.hpp"
#include "reconciler/io/git/ssh.hpp"
#include "reconciler/io/net/credentials.hpp"
#include "reconciler/io/net/system_certificates.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/manifest/manifest_commit.hpp"

namespace ingot::io {

namespace {

using GitBare = GitHandle<git_repository, git_repository_free>;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// What the callbacks share. None lets an exception out.
struct Receiving {
  std::string url;
  std::uint64_t most_bytes = 0;
  const std::function<void(const FetchProgress&)>& progress;
  std::string distrust = {};  ///< why the server is not who it should be
  std::string refused = {};   ///< why the bytes are not wanted
  std::string no_token = {};  ///< why the token that was named cannot be had
  bool offered_token = false;
  SshFailure ssh = {};
};

/// Offered once: libgit2 asks again for as long as it gets an answer. ssh asks for itself.
int on_credentials(git_credential** out, const char*, const char*, unsigned allowed, void* payload) noexcept {
  auto& receiving = *static_cast<Receiving*>(payload);
  try {
    if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) == 0 || receiving.offered_token) return GIT_EAUTH;
    const std::string token = read_git_token(), name = variable("INGOT_GIT_USER");
    if (token.empty()) return GIT_EAUTH;
    receiving.offered_token = true;
    return git_credential_userpass_plaintext_new(out, name.empty() ? "x-access-token" : name.c_str(), token.c_str());
  } catch (const Error& error) {
    receiving.no_token = error.what();
    return GIT_EUSER;
  } catch (...) { return GIT_EUSER; }
}

int on_certificate(git_cert*, int valid, const char* host, void* payload) noexcept {
  auto& receiving = *static_cast<Receiving*>(payload);
  try {
    if (valid == 0) receiving.distrust = fmt::format("the certificate of {} is not good", printable(host));
    return receiving.distrust.empty() ? 0 : GIT_ECERTIFICATE;
  } catch (const std::exception& error) {
    receiving.distrust = error.what();
    return GIT_ECERTIFICATE;
  }
}

int on_transport(git_transport** out, git_remote* remote, void* payload) noexcept {
  return open_ssh_transport(out, remote, static_cast<Receiving*>(payload)->ssh);
}

int on_progress(const git_indexer_progress* now, void* payload) noexcept {
  auto& receiving = *static_cast<Receiving*>(payload);
  try {
    if (now->received_bytes > receiving.most_bytes) {
      receiving.refused = fmt::format("sends more than {} bytes", receiving.most_bytes);
      return GIT_EUSER;
    }
    // The last steps, indexing and resolving, are progress as well.
    receiving.progress({.objects = now->received_objects, .of = now->total_objects, .bytes = now->received_bytes});
    return 0;
  } catch (...) { return GIT_EUSER; }
}

int on_message(const char*, int, void* payload) noexcept {
  try {
    static_cast<Receiving*>(payload)->progress({});
    return 0;
  } catch (...) { return GIT_EUSER; }
}

GitBare repository_in(const std::string& folder) {
  int code = 0;
  auto repository =
      git_made<GitBare>(code, [&](git_repository** made) { return git_repository_open_bare(made, folder.c_str()); });
  if (!repository)
    repository = git_made<GitBare>(code, [&](git_repository** made) { return git_repository_init(made, folder.c_str(), 1); });
  if (!repository)
    throw Error(Fault::local,
                fmt::format("no git repository can be made in \"{}\": {}", printable(folder), printable(git_words())),
                "see whether the folder can be written");
  return repository;
}

/// Of a repository on this machine.
std::string path_of(const std::string& url) { return url.starts_with("file://") ? url.substr(url.find('/', 7)) : url; }

/// libgit2 would open another user's.
void require_own(const std::string& url) {
  const std::string path = path_of(url);
  int code = 0;
  const auto repository = git_made<GitBare>(code, [&](git_repository** made) { return git_repository_open(made, path.c_str()); });
  if (repository && !foreign_folder(repository.get()).empty()) {
    throw Error(Fault::incomplete,
                fmt::format("the git repository \"{}\" belongs to another user", printable(without_credentials(url))),
                fmt::format("if you trust it: git config --global --add safe.directory {}", printable(path)));
  }
}

[[noreturn]] void distrust(const std::string& url, const std::string& why) {
  throw Error(Fault::untrusted, fmt::format("\"{}\" is not who it should be: {}", url, why),
              "nothing was fetched; ask who runs it");
}

[[noreturn]] void refuse(int code, const Receiving& receiving) {
  const std::string words = printable(receiving.ssh.words.empty() ? git_words() : receiving.ssh.words);
  const std::string url = printable(without_credentials(receiving.url));
  if (!receiving.ssh.distrust.empty()) distrust(url, receiving.ssh.distrust);
  if (!receiving.distrust.empty() || code == GIT_ECERTIFICATE)
    distrust(url, receiving.distrust.empty() ? words : receiving.distrust);
  if (memory_is_short())
    throw Error(Fault::manifest, fmt::format("the git repository \"{}\" takes too much memory to fetch", url),
                "an object in it is damaged, or was made to do harm; see what \"git fsck\" says of it");
  if (receiving.ssh.no_program)
    throw Error(Fault::local, "the program \"ssh\" cannot be run", "install openssh-client, or let PATH find it");
  if (!receiving.refused.empty())
    throw Error(Fault::incomplete, fmt::format("\"{}\" {}", url, receiving.refused),
                "keep large files out of the manifest's repository");
  if (!receiving.no_token.empty()) throw Error(Fault::usage, receiving.no_token, "its file is named by INGOT_GIT_TOKEN_FILE");
  if (code == GIT_EAUTH || receiving.ssh.wants_key || words.find("authentication") != std::string::npos) {
    throw Error(Fault::incomplete, fmt::format("\"{}\" wants credentials: {}", url, words),
                "for https set INGOT_GIT_TOKEN or INGOT_GIT_TOKEN_FILE (and INGOT_GIT_USER if it wants a user's name); for ssh "
                "use an agent, INGOT_GIT_SSH_KEY, or a key in ~/.ssh without a passphrase");
  }
  throw Error(Fault::incomplete, fmt::format("\"{}\" cannot be fetched: {}", url, words),
              "see whether the address is right and its server works, and run again");
}

}  // namespace

void receive_git(const std::string& url, const std::string& folder, std::uint64_t most_bytes,
                 const std::function<void(const FetchProgress&)>& progress) {
  begin_libgit2();
  std::string authorities = variable("SSL_CERT_FILE");
  if (authorities.empty()) authorities = certificates_elsewhere();
  if (!authorities.empty()) git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, authorities.c_str(), nullptr);
  if (url.starts_with("file://") || url.starts_with('/')) require_own(url);
  const GitBare repository = repository_in(folder);
  int code = 0;
  const auto remote = git_made<GitRemote>(
      code, [&](git_remote** made) { return git_remote_create_anonymous(made, repository.get(), url.c_str()); });
  Receiving receiving{.url = url, .most_bytes = most_bytes, .progress = progress};
  if (!remote) refuse(code, receiving);
  git_fetch_options options{};
  git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
  options.callbacks.credentials = on_credentials;
  options.callbacks.certificate_check = on_certificate;
  options.callbacks.transfer_progress = on_progress;
  options.callbacks.sideband_progress = on_message;
  options.callbacks.payload = &receiving;
  if (is_by_ssh(url)) options.callbacks.transport = on_transport;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;  // they are named below
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;    // what was meant for one server goes to no other
  options.proxy_opts.type = GIT_PROXY_AUTO;
  char heads[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
  std::vector<char*> names{heads, tags};
  const git_strarray wanted{names.data(), names.size()};
  code = git_remote_download(remote.get(), &wanted, &options);
  git_remote_disconnect(remote.get());
  // What is gone goes first: while a branch "x" is here, there can be no "x/y".
  if (code >= 0) code = git_remote_prune(remote.get(), &options.callbacks);
  if (code >= 0) code = git_remote_update_tips(remote.get(), &options.callbacks, 0, GIT_REMOTE_DOWNLOAD_TAGS_NONE, "fetch");
  if (code < 0) refuse(code, receiving);
}

}  // namespace ingot::io
