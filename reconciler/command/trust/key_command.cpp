// key: private keys, and the next root of this server: made, signed here and elsewhere, installed.
#include <algorithm>

#include "reconciler/apply/publish/init_server.hpp"
#include "reconciler/apply/publish/install_root.hpp"
#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/trust/publish_run.hpp"
#include "reconciler/command/trust/release_command.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/catalog/release_files.hpp"
#include "reconciler/show/catalog/show_keys.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

constexpr std::size_t least_digits = 8;

/// A next root that not enough keys have signed yet.
std::string waiting_path(const ServerSection& server, std::uint64_t version) {
  return fmt::format("{}/root-{}.dsse", server.keys, version);
}

/// The public key in a file: of a private key, or as 64 digits.
PublicKey key_in_file(const std::string& path, io::Files& files) {
  std::string text = io::read_file(files, path, apply::largest_key_file);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (const auto key = parse_key(text)) return *key;
  return trust::PrivateKey::from_pem(text + "\n", fmt::format("\"{}\"", io::printable(path))).public_key();
}

/// The one key of the root that begins so.
std::optional<PublicKey> key_that_begins(const std::string& digits, const Root& root) {
  if (digits.size() < least_digits) return std::nullopt;
  std::vector<PublicKey> found;
  for (const Role* role : {&root.root, &root.catalog, root.release ? &*root.release : nullptr}) {
    if (role == nullptr) continue;
    for (const PublicKey& key : role->keys) {
      if (key_text(key).starts_with(digits) && std::find(found.begin(), found.end(), key) == found.end()) found.push_back(key);
    }
  }
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

PublicKey key_of(const std::string& written, const Root& root, io::Files& files) {
  if (const auto key = parse_key(written)) return *key;
  if (const auto key = key_that_begins(written, root)) return *key;
  if (files.status(written)) return key_in_file(written, files);
  throw Error(Fault::usage, fmt::format("\"{}\" is not a key", io::printable(written)),
              "a key is 64 hex digits, a file, or the first 8 or more digits of a key that the root names (see: ingot key show)");
}

std::vector<PublicKey> keys_of(const std::vector<std::string>& written, const Root& root, io::Files& files) {
  std::vector<PublicKey> keys;
  for (const auto& one : written) keys.push_back(key_of(one, root, files));
  return keys;
}

trust::RoleChange role_change(const options::WantedKeys& wanted, const Root& root, io::Files& files) {
  return {.add = keys_of(wanted.add, root, files), .drop = keys_of(wanted.drop, root, files), .threshold = wanted.threshold};
}

Time end_of(const std::optional<std::string>& written, Time now) {
  if (!written) return now + apply::root_life;
  const auto time = parse_time(*written);
  const auto life = parse_duration(*written);
  if (!time && !life)
    throw Error(Fault::usage, fmt::format("--expires \"{}\" is not a time", io::printable(*written)),
                "write for example --expires 3650d or --expires 2036-11-23T00:00:00Z");
  const Time end = time ? *time : now + *life;
  if (end <= now)
    throw Error(Fault::usage, fmt::format("--expires \"{}\" is in the past", io::printable(*written)),
                "write for example --expires 3650d");
  return end;
}

Root next_root_of(const options::ChangeKeys& wanted, const trust::TrustedRoot& current, const console::Session& session) {
  const trust::RootChange change{.root = role_change(wanted.root, current.root, session.files),
                                 .catalog = role_change(wanted.catalog, current.root, session.files),
                                 .release = role_change(wanted.release, current.root, session.files),
                                 .revoke = keys_of(wanted.revoke, current.root, session.files),
                                 .expires = end_of(wanted.expires, session.clock.now())};
  auto next = trust::next_root(current, change);
  if (const auto* impossible = std::get_if<trust::ImpossibleRoot>(&next))
    throw Error(Fault::usage, impossible->why, impossible->mend);
  return std::get<Root>(std::move(next));
}

void sign_with(Envelope& envelope, const trust::PrivateKey& key) {
  if (!trust::sign_too(envelope, key))
    throw Error(Fault::refused, "it already has 16 signatures, the most that readers check", "sign with fewer keys");
}

/// Signs with the keys in these files, and with those `here` that one of the roles names.
Envelope signed_next(const Root& next, const Root& current, const apply::KeysHere& here, const std::vector<std::string>& more,
                     io::Files& files) {
  Envelope envelope{.payload_type = std::string(root_payload_type), .payload = write_root(next), .signatures = {}};
  for (const auto& path : more) sign_with(envelope, apply::read_key(files, path));
  for (const apply::KeyFile& file : here.keys) {
    const PublicKey key = file.key.public_key();
    if (holds(current.root.keys, key) || holds(next.root.keys, key)) sign_with(envelope, file.key);
  }
  return envelope;
}

void refuse_a_second_next_root(const std::string& path, io::Files& files) {
  if (!files.status(path)) return;
  throw Error(Fault::refused, fmt::format("\"{}\" exists: a new root that waits for signatures", io::printable(path)),
              fmt::format("sign it and run \"ingot key install {}\", or remove it", io::printable(path)))
      .about(path);
}

/// Kept for others to sign, and seen by nobody else.
void let_wait(const Envelope& envelope, const std::string& path, const apply::KeysHere& here, io::Files& files) {
  if (envelope.signatures.empty()) {
    std::string text = "there is no private root key here to sign the new root";
    for (const std::string& why : here.unusable) text += "; " + why;
    throw Error(here.unusable.empty() ? Fault::refused : Fault::local, text,
                "restore one into the `keys` folder, or give its file with --key FILE");
  }
  io::replace_file(files, path, write_envelope(envelope), 0644);
}

apply::PublishedNow install_as_run(const std::string& envelope, bool disown, PublishRun& run, const console::Session& session) {
  site::Site& site = run.site;
  return run.record([&] {
    return apply::install_root(envelope, site.state, site.store, session.files, site.manifest.server, session.clock, disown);
  });
}

int show_outcome(const show::ShownNextRoot& shown, const console::Session& session) {
  session.show([&](const show::Style& style, show::Output& out) { show::show_next_root(shown, style, out); },
               [&](show::Output& out) { show::show_next_root_json(shown, out); });
  return exit_done;
}

/// Whether the newest root is just what is wanted now, but for its end, and no head was signed under it yet: the run that made
/// it has died in between, and is gone on with.
bool is_taken_up(const options::ChangeKeys& wanted, const apply::OwnRoots& roots, const site::Site& site,
                 const console::Session& session) {
  const auto published = apply::head_on_disk(site.store, site.state.self(), roots);
  if (roots.size() < 2 || !published || published->head.root_version >= roots.back().root.version) return false;
  try {
    Root again = next_root_of(wanted, roots[roots.size() - 2], session);
    again.expires = roots.back().root.expires;
    return again == roots.back().root;
  } catch (const Error& error) {
    if (error.fault() != Fault::usage) throw;
    return false;  // it cannot follow the root before: another change
  }
}

int show_installed(show::ShownNextRoot shown, const std::string& envelope, bool disown, PublishRun& run,
                   const console::Session& session) {
  const apply::PublishedNow published = install_as_run(envelope, disown, run, session);
  shown.serial = published.serial;
  show_outcome(shown, session);
  return exit_code_of(published);
}

int change_keys(const options::ChangeKeys& wanted, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  PublishRun run("key " + wanted.verb, *manifest, session);
  const site::Site& site = run.site;
  const apply::OwnRoots roots = apply::own_roots(site.store, site.state.self());
  const trust::TrustedRoot& current = roots.back();
  if (is_taken_up(wanted, roots, site, session)) {
    const std::string envelope = site.store.published_root(current.root.version).value();
    const Root& before = roots[roots.size() - 2].root;
    return show_installed(
        {.root = current.root,
         .before = before,
         .signatures = trust::count_signatures(std::get<Envelope>(parse_envelope(envelope)), before, current.root),
         .serial = std::nullopt,
         .file = ""},
        envelope, wanted.yes, run, session);
  }
  const Root next = next_root_of(wanted, current, session);
  const std::string waiting = wanted.out.value_or(waiting_path(manifest->server, next.version));
  refuse_a_second_next_root(waiting, session.files);
  apply::load_catalog_keys(session.files, manifest->server.keys, next);  // otherwise it could not be installed here
  const apply::KeysHere here = apply::keys_here(session.files, manifest->server.keys, apply::KeyRole::root);
  const Envelope envelope = signed_next(next, current.root, here, wanted.sign_with, session.files);
  show::ShownNextRoot shown{.root = next,
                            .before = current.root,
                            .signatures = trust::count_signatures(envelope, current.root, next),
                            .serial = std::nullopt,
                            .file = ""};
  if (!shown.signatures.complete(current.root, next)) {
    let_wait(envelope, waiting, here, session.files);
    shown.file = waiting;
    return show_outcome(shown, session);
  }
  return show_installed(std::move(shown), write_envelope(envelope), wanted.yes, run, session);
}

int install(const options::InstallRoot& wanted, const console::Session& session) {
  const std::string envelope = io::read_file(session.files, wanted.file, show::largest_release_file);
  if (auto releases = show::read_releases(envelope)) return install_release_file(*std::move(releases), session);
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  PublishRun run("key install", *manifest, session);
  const site::Site& site = run.site;
  const Root before = apply::own_roots(site.store, site.state.self()).back().root;
  const apply::PublishedNow published = install_as_run(envelope, wanted.yes, run, session);
  const Root now = apply::newest_own_root(site.store, site.state.self());
  if (const std::string waiting = waiting_path(manifest->server, now.version); session.files.status(waiting))
    session.files.remove(waiting);
  const show::ShownNextRoot shown{
      .root = now,
      .before = before,
      .signatures = trust::count_signatures(std::get<Envelope>(parse_envelope(envelope)), before, now),
      .serial = published.serial,
      .file = ""};
  show_outcome(shown, session);
  return exit_code_of(published);
}

[[noreturn]] void no_root(const std::string& path, const std::string& why) {
  throw Error(Fault::usage, fmt::format("\"{}\" is neither a key nor a root: {}", io::printable(path), io::printable(why)),
              "give a file that \"ingot key\" wrote")
      .about(path);
}

struct RootFile {
  Envelope envelope;
  Root root;
};
RootFile read_root_file(const std::string& path, const std::string& bytes) {
  auto envelope = parse_envelope(bytes);
  if (const auto* malformed = std::get_if<Malformed>(&envelope)) no_root(path, malformed->why);
  auto& whole = std::get<Envelope>(envelope);
  if (whole.payload_type != root_payload_type) no_root(path, "it is signed, but it is something else");
  auto root = parse_root(whole.payload);
  if (const auto* malformed = std::get_if<Malformed>(&root)) no_root(path, malformed->why);
  return {.envelope = std::move(whole), .root = std::get<Root>(std::move(root))};
}

int show_root_file(const std::string& path, const std::string& bytes, const console::Session& session) {
  const RootFile file = read_root_file(path, bytes);
  std::vector<PublicKey> signers = trust::signers_of(file.root.root, file.envelope);
  std::string title = fmt::format("{}: root {}, signed by {} of the {} of its own keys that must sign", path, file.root.version,
                                  signers.size(), file.root.root.threshold);
  const show::ShownRoot shown{
      .title = std::move(title), .root = file.root, .now = session.clock.now(), .here = {}, .signers = std::move(signers)};
  session.show([&](const show::Style& style, show::Output& out) { show::show_root(shown, style, out); },
               [&](show::Output& out) { show::show_root_json(shown, out); });
  return exit_done;
}

int show_key(const show::ShownKey& key, const console::Session& session) {
  session.show([&](const show::Style&, show::Output& out) { out.print("{}\n", key_text(key.key)); },
               [&](show::Output& out) { show::show_key_json(key, out); });
  return exit_done;
}

int show_file(const std::string& path, const console::Session& session) {
  const std::string bytes = io::read_file(session.files, path, show::largest_release_file);
  if (auto releases = show::read_releases(bytes)) {
    const show::ShownReleases shown{.releases = *std::move(releases), .serial = std::nullopt, .file = ""};
    session.show([&](const show::Style& style, show::Output& out) { show::show_releases(shown, style, out); },
                 [&](show::Output& out) { show::show_releases_json(shown, out); });
    return exit_done;
  }
  if (bytes.starts_with('{')) return show_root_file(path, bytes, session);
  return show_key({.key = key_in_file(path, session.files), .file = path}, session);
}

int show_here(const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  site::Site site(*manifest, state::Access::read_only, session.files);
  const Root root = apply::newest_own_root(site.store, site.state.self());
  show::ShownRoot shown{
      .title = fmt::format("Root {} of {} {}", root.version, manifest->server.name.text(), site.state.self().text()),
      .root = root,
      .now = session.clock.now(),
      .here = {}};
  for (const apply::KeyRole role : {apply::KeyRole::root, apply::KeyRole::catalog, apply::KeyRole::release}) {
    apply::KeysHere here = apply::keys_here(session.files, manifest->server.keys, role);
    for (const apply::KeyFile& file : here.keys) shown.here.push_back({.key = file.key.public_key(), .file = file.path});
    shown.unusable.insert(shown.unusable.end(), here.unusable.begin(), here.unusable.end());
  }
  if (const std::string waiting = waiting_path(manifest->server, root.version + 1); session.files.status(waiting))
    shown.next = waiting;
  session.show([&](const show::Style& style, show::Output& out) { show::show_root(shown, style, out); },
               [&](show::Output& out) { show::show_root_json(shown, out); });
  return exit_done;
}

int make(const options::MakeKey& wanted, const console::Session& session) {
  const trust::PrivateKey key = trust::PrivateKey::generate();
  apply::write_key(session.files, wanted.file, key);
  session.tell(fmt::format("made \"{}\": keep this file secret", io::printable(wanted.file)));
  return show_key({.key = key.public_key(), .file = wanted.file}, session);
}

/// Signs with whatever it is told to: which keys count is judged when the root is installed.
int sign(const options::SignRoot& wanted, const console::Session& session) {
  const std::string written = io::read_file(session.files, wanted.file, show::largest_release_file);
  if (auto releases = show::read_releases(written)) return sign_releases(wanted, *std::move(releases), session);
  Envelope envelope = read_root_file(wanted.file, written).envelope;
  for (const auto& path : wanted.sign_with) sign_with(envelope, apply::read_key(session.files, path));
  if (wanted.sign_with.empty()) {
    const auto manifest = source::read_manifest(session);
    if (!manifest) return exit_manifest;
    for (const apply::KeyFile& file : keys_to_sign_with(apply::KeyRole::root, manifest->server, session).keys)
      sign_with(envelope, file.key);
  }
  const std::string bytes = write_envelope(envelope);
  io::replace_file(session.files, wanted.file, bytes, 0644);
  return show_root_file(wanted.file, bytes, session);
}

}  // namespace

apply::KeysHere keys_to_sign_with(apply::KeyRole role, const ServerSection& server, const console::Session& session) {
  apply::KeysHere here = apply::keys_here(session.files, server.keys, role);
  for (const std::string& why : here.unusable) session.warn(why);
  if (!here.keys.empty()) return here;
  const bool is_none = here.unusable.empty();
  throw Error(is_none ? Fault::usage : Fault::local,
              fmt::format("no {} key {}is in \"{}\"", apply::name_of(role), is_none ? "" : "that can be used ",
                          io::printable(server.keys)),
              "give its file with --key FILE");
}

int run_command(const options::MakeKey& arguments, const console::Session& session) { return make(arguments, session); }
int run_command(const options::ShowKeys& arguments, const console::Session& session) {
  return arguments.file ? show_file(*arguments.file, session) : show_here(session);
}
int run_command(const options::ChangeKeys& arguments, const console::Session& session) { return change_keys(arguments, session); }
int run_command(const options::ReleaseImages& arguments, const console::Session& session) {
  return release_images(arguments, session);
}
int run_command(const options::SignRoot& arguments, const console::Session& session) { return sign(arguments, session); }
int run_command(const options::InstallRoot& arguments, const console::Session& session) { return install(arguments, session); }

}  // namespace ingot::command
