#include "reconciler/io/git_receive.hpp"

#include <cstdlib>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "reconciler/io/credentials.hpp"
#include "reconciler/io/git_handles.hpp"
#include "reconciler/io/known_hosts.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/provenance.hpp"

namespace ingot {

namespace {

namespace fs = std::filesystem;

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
  std::vector<std::string> keys = {};  ///< that were not offered yet; "": the agent's
  bool keys_known = false;
};

std::vector<std::string> ssh_keys() {
  if (const std::string key = variable("INGOT_GIT_SSH_KEY"); !key.empty()) return {key};
  std::vector<std::string> keys;
  if (!variable("SSH_AUTH_SOCK").empty()) keys.emplace_back();
  for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
    std::error_code ignored;
    if (const std::string path = variable("HOME") + "/.ssh/" + name; fs::exists(path, ignored)) keys.push_back(path);
  }
  return keys;
}

int offer_key(git_credential** out, const std::string& user, Receiving& receiving) {
  if (!receiving.keys_known) receiving.keys = ssh_keys();
  receiving.keys_known = true;
  if (receiving.keys.empty()) return GIT_EAUTH;
  const std::string key = receiving.keys.front();
  receiving.keys.erase(receiving.keys.begin());
  return key.empty() ? git_credential_ssh_key_from_agent(out, user.c_str())
                     : git_credential_ssh_key_new(out, user.c_str(), nullptr, key.c_str(), "");
}

/// Each is offered once: libgit2 asks again for as long as it gets an answer.
int on_credentials(git_credential** out, const char*, const char* user_in_url, unsigned allowed, void* payload) noexcept {
  auto& receiving = *static_cast<Receiving*>(payload);
  try {
    const std::string user = user_in_url != nullptr ? user_in_url : "git";
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0) return offer_key(out, user, receiving);
    if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) return git_credential_username_new(out, user.c_str());
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

int on_certificate(git_cert* certificate, int valid, const char* host, void* payload) noexcept {
  auto& receiving = *static_cast<Receiving*>(payload);
  try {
    if (certificate->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
      const auto* const key = reinterpret_cast<const git_cert_hostkey*>(certificate);
      const bool has_bytes = (key->type & GIT_CERT_SSH_RAW) != 0;
      receiving.distrust = why_not_known(
          {.host = host, .url = receiving.url, .key = has_bytes ? std::string(key->hostkey, key->hostkey_len) : ""});
    } else if (valid == 0) {
      receiving.distrust = fmt::format("the certificate of {} is not good", printable(host));
    }
    return receiving.distrust.empty() ? 0 : GIT_ECERTIFICATE;
  } catch (const std::exception& error) {
    receiving.distrust = error.what();
    return GIT_ECERTIFICATE;
  }
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

[[noreturn]] void refuse(int code, const Receiving& receiving) {
  const std::string words = printable(git_words());
  const std::string url = printable(without_credentials(receiving.url));
  if (!receiving.distrust.empty() || code == GIT_ECERTIFICATE) {
    throw Error(Fault::untrusted,
                fmt::format("\"{}\" is not who it should be: {}", url, receiving.distrust.empty() ? words : receiving.distrust),
                "nothing was fetched; ask who runs it");
  }
  if (!receiving.refused.empty())
    throw Error(Fault::incomplete, fmt::format("\"{}\" {}", url, receiving.refused),
                "keep large files out of the manifest's repository");
  if (code == GIT_EOWNER || words.find("safe.directory") != std::string::npos) {
    throw Error(Fault::incomplete, fmt::format("the git repository \"{}\" belongs to another user", url),
                fmt::format("if you trust it: git config --global --add safe.directory {}", path_of(url)));
  }
  if (!receiving.no_token.empty()) throw Error(Fault::usage, receiving.no_token, "its file is named by INGOT_GIT_TOKEN_FILE");
  if (code == GIT_EAUTH || words.find("authentication") != std::string::npos) {
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
  if (const std::string own = variable("SSL_CERT_FILE"); !own.empty())
    git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, own.c_str(), nullptr);
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
  options.prune = GIT_FETCH_PRUNE;
  options.update_fetchhead = 0;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;  // they are named below
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;    // what was meant for one server goes to no other
  options.proxy_opts.type = GIT_PROXY_AUTO;
  char heads[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
  std::vector<char*> names{heads, tags};
  const git_strarray wanted{names.data(), names.size()};
  code = git_remote_fetch(remote.get(), &wanted, &options, nullptr);
  if (code < 0) refuse(code, receiving);
}

}  // namespace ingot
