#include "reconciler/cli/release_command.hpp"

#include <algorithm>

#include "reconciler/apply/own_keys.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/apply/releases.hpp"
#include "reconciler/cli/publish_run.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/release_files.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/trust/next_root.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

void sign_all(std::vector<Envelope>& releases, const PrivateKey& key) {
  for (Envelope& release : releases) {
    if (!sign_too(release, key))
      throw Error(Fault::refused, "it has 16 signatures already, and readers look at no more", "sign with fewer keys");
  }
}

int show_outcome(const ShownReleases& shown, const Session& session) {
  session.show([&](const Style& style, Output& out) { show_releases(shown, style, out); },
               [&](Output& out) { show_releases_json(shown, out); });
  return exit_done;
}

std::vector<ImageName> names_of(const std::vector<std::string>& written) {
  std::vector<ImageName> names;
  for (const auto& one : written) {
    const auto name = ImageName::parse(one);
    if (!name) throw Error(Fault::usage, fmt::format("\"{}\" is no image's name", printable(one)), "see: ingot query images");
    if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(*name);
  }
  return names;
}

/// Of these images, as the keys that are here sign them.
std::vector<Envelope> signed_here(const ReleaseImages& wanted, const Role& role, const Site& site, const Session& session) {
  std::vector<Envelope> releases;
  for (const Release& release : releases_of(names_of(wanted.images), site.state)) {
    releases.push_back({.payload_type = std::string(release_payload_type), .payload = write_release(release), .signatures = {}});
  }
  for (const auto& path : wanted.sign_with) sign_all(releases, read_key(session.files, path));
  for (const KeyFile& file : keys_here(session.files, site.manifest.server.keys, KeyRole::release).keys) {
    if (holds(role.keys, file.key.public_key())) sign_all(releases, file.key);
  }
  return releases;
}

int install_at(Site& site, const RunStart& start, std::vector<Envelope> releases, const Session& session) {
  const PublishedNow published = as_run(start, site, session, [&] {
    return install_releases(releases, site.state, site.store, session.files, site.manifest.server, session.clock);
  });
  show_outcome({.releases = std::move(releases), .serial = published.serial, .file = ""}, session);
  return exit_code_of(published);
}

}  // namespace

int release_images(const ReleaseImages& wanted, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const RunStart start = run_start_of("key release", *manifest, session.clock.now());
  const RunLock lock = take_lock(manifest->server, start.command + " " + start.id, session);
  Site site(*manifest, Access::read_write, session.files);
  const Root root = newest_own_root(site.store, site.state.self());
  if (!root.release) {
    throw Error(Fault::refused,
                fmt::format("root {} names no release keys, so images need no signature of their own", root.version),
                "name one with \"ingot key rotate --add-release KEY\"");
  }
  std::vector<Envelope> releases = signed_here(wanted, *root.release, site, session);
  const bool complete =
      std::all_of(releases.begin(), releases.end(), [&](const Envelope& release) { return signed_by(*root.release, release); });
  if (complete && !wanted.out) return install_at(site, start, std::move(releases), session);
  const std::string path = wanted.out.value_or(manifest->server.keys + "/releases.jsonl");
  if (session.files.status(path)) {
    throw Error(Fault::refused, fmt::format("\"{}\" is there already", printable(path)),
                "install it or remove it, or name another with --out FILE")
        .about(path);
  }
  replace_file(session.files, path, write_releases(releases), 0644);
  return show_outcome({.releases = std::move(releases), .serial = std::nullopt, .file = path}, session);
}

int sign_releases(const SignRoot& wanted, std::vector<Envelope> releases, const Session& session) {
  for (const auto& path : wanted.sign_with) sign_all(releases, read_key(session.files, path));
  if (wanted.sign_with.empty()) {
    const auto manifest = read_manifest(session);
    if (!manifest) return exit_manifest;
    const KeysHere here = keys_here(session.files, manifest->server.keys, KeyRole::release);
    if (here.keys.empty())
      throw Error(Fault::usage, fmt::format("no release key is in \"{}\"", printable(manifest->server.keys)),
                  "name its file with --key FILE");
    for (const KeyFile& file : here.keys) sign_all(releases, file.key);
  }
  replace_file(session.files, wanted.file, write_releases(releases), 0644);
  return show_outcome({.releases = std::move(releases), .serial = std::nullopt, .file = ""}, session);
}

int install_release_file(std::vector<Envelope> releases, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const RunStart start = run_start_of("key install", *manifest, session.clock.now());
  const RunLock lock = take_lock(manifest->server, start.command + " " + start.id, session);
  Site site(*manifest, Access::read_write, session.files);
  return install_at(site, start, std::move(releases), session);
}

}  // namespace ingot
