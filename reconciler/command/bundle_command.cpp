// bundle: a published tree on another disk, for a site without a network.
#include <algorithm>
#include <filesystem>

#include "reconciler/command/bundle.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/console/byte_progress.hpp"
#include "reconciler/io/disk/file_system.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

namespace fs = std::filesystem;

/// DEST without slashes at its end.
std::string destination_of(std::string written) {
  while (written.size() > 1 && written.back() == '/') written.pop_back();
  return written;
}

const PeerEntry& peer_called(const ServerName& name, const Manifest& manifest) {
  const auto peer =
      std::find_if(manifest.peers.begin(), manifest.peers.end(), [&](const PeerEntry& one) { return one.name == name; });
  if (peer != manifest.peers.end()) return *peer;
  std::vector<std::string> names;
  for (const auto& one : manifest.peers) names.push_back(one.name.text());
  const std::string hint = site::nearest_hint(name.text(), names);
  throw Error(Fault::usage, fmt::format("the manifest has no peer \"{}\"", name.text()),
              hint.empty() ? "name a [[peer]] of the manifest" : hint)
      .about(name.text());
}

/// Nothing is written into this server's own folders, nor into a folder that is not there.
void require_destination(const std::string& folder, const ServerSection& server) {
  std::error_code ignored;
  const fs::path path = fs::weakly_canonical(fs::absolute(folder), ignored);
  for (const auto& own : {server.store, server.keys, fs::path(server.state).parent_path().string()}) {
    const fs::path place = fs::weakly_canonical(fs::absolute(own.empty() ? "." : own), ignored);
    if (std::mismatch(place.begin(), place.end(), path.begin(), path.end()).first != place.end()) continue;
    throw Error(Fault::usage,
                fmt::format("DEST \"{}\" lies in \"{}\", a folder of this server", io::printable(folder), io::printable(own)),
                "name a folder on another disk")
        .about(folder);
  }
  if (fs::is_directory(path.parent_path(), ignored)) return;
  throw Error(Fault::usage, fmt::format("the folder \"{}\" is not there", io::printable(path.parent_path().string())),
              "mount the disk, or make the folder: only the last folder of DEST is made")
      .about(folder);
}

/// A tree of another server, or a newer one, is left alone.
void require_own_tree(const store::Medium& medium, const Head& ours) {
  const auto bytes = medium.head();
  const auto there = bytes ? trust::unverified_head(*bytes) : std::nullopt;
  if (!there || (there->id == ours.id && there->serial <= ours.serial)) return;
  const std::string place = io::printable(medium.folder());
  if (there->id == ours.id)
    throw Error(Fault::refused,
                fmt::format("\"{}\" has the catalog of serial {}, newer than serial {} that is known here", place, there->serial,
                            ours.serial),
                "ask the server again (ingot plan), or name another folder")
        .with_code(Code::foreign_head)
        .about(medium.folder());
  throw Error(Fault::refused,
              fmt::format("\"{}\" is a bundle of another server: \"{}\" ({})", place, there->name.text(), there->id.text()),
              "name a folder of its own for each server")
      .with_code(Code::foreign_head)
      .about(medium.folder());
}

void write(const Bundle& bundle, const observe::PublishedTree& tree, store::Medium& medium, const console::Session& session) {
  std::uint64_t total = 0;
  for (const auto& object : bundle.missing) total += object.piece.length;
  console::ByteProgress progress(session, "bundle", total);
  for (const auto& object : bundle.missing)
    medium.copy(object.from, object.path, object.piece, [&](std::uint64_t bytes) { progress.add(bytes); });
  for (const auto& file : tree.pieces) medium.put(path_on_medium(file.piece), file.bytes);
  for (std::size_t i = 0; i < tree.roots.size(); ++i) medium.put(fmt::format("root/{}.dsse", i + 1), tree.roots[i]);
  medium.publish_head(tree.envelope);
}

observe::PublishedTree tree_of(const options::BundleArguments& arguments, const site::Site& site) {
  if (arguments.peer) {
    const PeerEntry& peer = peer_called(*arguments.peer, site.manifest);
    io::PeerMemory memory(site.files, site::state_folder(site.manifest.server));
    return observe::remembered_tree(peer, memory);
  }
  return observe::tree_in(site.files, site.store.public_folder(), site.state.self());
}

plan::BundleWish wish_of(const options::BundleArguments& arguments) {
  return {.images = arguments.images, .series = arguments.series, .latest = arguments.latest, .since = arguments.since};
}

/// Exit code of a bundle that was made: what was named and could not be given is missing.
int warn_of_the_rest(const Bundle& bundle, const Catalog& catalog, const plan::BundleWish& wish,
                     const console::Session& session) {
  int exit = exit_done;
  std::vector<std::string> names;
  for (const auto& entry : catalog.images) names.push_back(entry.name.text());
  for (const auto& name : bundle.unknown) {
    const std::string hint = site::nearest_hint(name, names);
    session.warn(fmt::format("the catalog has no \"{}\"{}{}", io::printable(name), hint.empty() ? "" : "; ", hint));
    exit = exit_incomplete;
  }
  for (const auto& row : bundle.rows) {
    if (row.status != "not-here" || wish.images.empty()) continue;
    session.warn(row.offered ? fmt::format("the bytes of \"{}\" are not here", row.image)
                             : fmt::format("\"{}\" is a copy, which this catalog does not offer; see --peer", row.image));
    exit = exit_incomplete;
  }
  return exit;
}

int verify(const std::string& folder, const ServerId& id, const console::Session& session) {
  const auto tree = observe::tree_in(session.files, folder, id);
  store::Medium medium(session.files, folder);
  std::uint64_t total = 0;
  for (const auto& object : objects_on(medium, *tree.catalog)) total += object.piece.length;
  console::ByteProgress progress(session, "verify", total);
  BundleCheck check{.folder = folder, .server = tree.head.name, .serial = tree.head.serial};
  for (const auto& object : objects_on(medium, *tree.catalog)) {
    ++check.files;
    check.bytes += object.piece.length;
    if (!medium.is_whole(object.path, object.piece, [&](std::uint64_t bytes) { progress.add(bytes); }))
      check.damaged.push_back({object.image, object.path});
  }
  session.show([&](const show::Style&, show::Output& out) { show_check(check, out); },
               [&](show::Output& out) { show_check_json(check, out); });
  return check.damaged.empty() ? exit_done : exit_local;
}

int add_to(const options::BundleArguments& arguments, const site::Site& site, const console::Session& session) {
  const std::string folder = destination_of(arguments.destination);
  require_destination(folder, site.manifest.server);
  const auto tree = tree_of(arguments, site);
  const plan::BundleWish wish = wish_of(arguments);
  store::Medium medium(session.files, folder);
  const Bundle bundle = bundle_of(plan::choose_for_bundle(*tree.catalog, wish), tree, site.store, medium);
  if (bundle.rows.empty() && !bundle.unknown.empty()) return warn_of_the_rest(bundle, *tree.catalog, wish, session);
  require_own_tree(medium, tree.head);
  const bool there = session.files.status(folder).has_value();
  const std::string disk = there ? folder : fs::absolute(folder).lexically_normal().parent_path().string();
  require_room(bundle, folder, io::file_limit(disk), session.files.space_available(disk));
  session.files.make_folder(folder, io::readable_if_possible);
  const io::FolderLock lock(folder);
  write(bundle, tree, medium, session);
  session.show([&](const show::Style&, show::Output& out) { show_bundle(bundle, folder, tree.head, out); },
               [&](show::Output& out) { show_bundle_json(bundle, folder, tree.head, out); });
  return warn_of_the_rest(bundle, *tree.catalog, wish, session);
}

}  // namespace

int run_command(const options::BundleArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const site::Site site(*manifest, state::Access::read_only, session.files);
  const bool chooses = !arguments.images.empty() || arguments.series || arguments.since;
  int exit = exit_done;
  if (!arguments.verify || chooses) exit = add_to(arguments, site, session);
  if (!arguments.verify || (chooses && exit != exit_done && exit != exit_incomplete)) return exit;
  const ServerId id = arguments.peer ? peer_called(*arguments.peer, *manifest).card.id : site.state.self();
  return worse_exit_code(exit, verify(destination_of(arguments.destination), id, session));
}

}  // namespace ingot::command
