#include "reconciler/command/trust/release_command.hpp"

#include <algorithm>

#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/publish/releases.hpp"
#include "reconciler/command/trust/publish_run.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/catalog/release_files.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "reconciler/trust/next_root.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

void sign_all(std::vector<Envelope>& releases, const trust::PrivateKey& key) {
  for (Envelope& release : releases) {
    if (!trust::sign_too(release, key))
      throw Error(Fault::refused, "it already has 16 signatures, the most that readers check", "sign with fewer keys");
  }
}

int show_outcome(const show::ShownReleases& shown, const console::Session& session) {
  session.show([&](const show::Style& style, show::Output& out) { show::show_releases(shown, style, out); },
               [&](show::Output& out) { show::show_releases_json(shown, out); });
  return exit_done;
}

std::vector<ImageName> names_of(const std::vector<std::string>& written) {
  std::vector<ImageName> names;
  for (const auto& one : written) {
    const auto name = ImageName::parse(one);
    if (!name)
      throw Error(Fault::usage, fmt::format("\"{}\" is not the name of an image", io::printable(one)), "see: ingot query images");
    if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(*name);
  }
  return names;
}

/// Of these images, as the keys that are here sign them.
std::vector<Envelope> signed_here(const options::ReleaseImages& wanted, const Role& role, const site::Site& site,
                                  const console::Session& session) {
  std::vector<Envelope> releases;
  for (const Release& release : apply::releases_of(names_of(wanted.images), site.state)) {
    releases.push_back({.payload_type = std::string(release_payload_type), .payload = write_release(release), .signatures = {}});
  }
  for (const auto& path : wanted.sign_with) sign_all(releases, apply::read_key(session.files, path));
  const apply::KeysHere here = apply::keys_here(session.files, site.manifest.server.keys, apply::KeyRole::release);
  for (const apply::KeyFile& file : here.keys) {
    if (holds(role.keys, file.key.public_key())) sign_all(releases, file.key);
  }
  for (const std::string& why : here.unusable) session.warn(why);
  return releases;
}

int install_releases(std::vector<Envelope> releases, PublishRun& run, const console::Session& session) {
  site::Site& site = run.site;
  const apply::PublishedNow published = run.record([&] {
    return apply::install_releases(releases, site.state, site.store, session.files, site.manifest.server, session.clock);
  });
  show_outcome({.releases = std::move(releases), .serial = published.serial, .file = ""}, session);
  return exit_code_of(published);
}

}  // namespace

int release_images(const options::ReleaseImages& wanted, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  PublishRun run("key release", *manifest, session);
  const Root root = apply::newest_own_root(run.site.store, run.site.state.self());
  if (!root.release) {
    throw Error(Fault::refused, fmt::format("root {} names no release keys, so images need no releases", root.version),
                "add one with \"ingot key rotate --add-release KEY\"");
  }
  std::vector<Envelope> releases = signed_here(wanted, *root.release, run.site, session);
  const bool complete = std::all_of(releases.begin(), releases.end(),
                                    [&](const Envelope& release) { return trust::signed_by(*root.release, release); });
  if (complete && !wanted.out) return install_releases(std::move(releases), run, session);
  const std::string path = wanted.out.value_or(manifest->server.keys + "/releases.jsonl");
  if (session.files.status(path)) {
    throw Error(Fault::refused, fmt::format("\"{}\" is there already", io::printable(path)),
                "install it or remove it, or give another file with --out FILE")
        .about(path);
  }
  io::replace_file(session.files, path, show::write_releases(releases), 0644);
  return show_outcome({.releases = std::move(releases), .serial = std::nullopt, .file = path}, session);
}

int sign_releases(const options::SignRoot& wanted, std::vector<Envelope> releases, const console::Session& session) {
  for (const auto& path : wanted.sign_with) sign_all(releases, apply::read_key(session.files, path));
  if (wanted.sign_with.empty()) {
    const auto manifest = source::read_manifest(session);
    if (!manifest) return exit_manifest;
    for (const apply::KeyFile& file : keys_to_sign_with(apply::KeyRole::release, manifest->server, session).keys)
      sign_all(releases, file.key);
  }
  io::replace_file(session.files, wanted.file, show::write_releases(releases), 0644);
  return show_outcome({.releases = std::move(releases), .serial = std::nullopt, .file = ""}, session);
}

int install_release_file(std::vector<Envelope> releases, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  PublishRun run("key install", *manifest, session);
  return install_releases(std::move(releases), run, session);
}

}  // namespace ingot::command
