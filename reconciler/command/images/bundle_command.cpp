// bundle: a published tree on another disk, for a site without a network.
#include <algorithm>
#include <filesystem>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/images/bundle.hpp"
#include "reconciler/console/byte_progress.hpp"
#include "reconciler/io/disk/file_system.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/exit_code.hpp"
#include "schema/manifest/own_places.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::command {

namespace {

namespace fs = std::filesystem;

/// DEST without slashes at its end.
std::string destination_of(std::string written) {
  while (written.size() > 1 && written.back() == '/') written.pop_back();
  return written;
}

[[noreturn]] void refuse_destination(const std::string& text, const std::string& mend, const std::string& folder) {
  throw Error(Fault::usage, text, mend).about(folder);
}

/// Absolute, with the links in it followed, also of what is not there yet. Error{usage}: it cannot be looked at.
std::string real_path_of(const std::string& path, const std::string& destination) {
  std::error_code failed;
  const fs::path real = fs::weakly_canonical(fs::absolute(path), failed);
  if (failed)
    refuse_destination(fmt::format("cannot look at \"{}\": {}", io::printable(path), failed.message()),
                       "give this user access to it, or name a folder on another disk", destination);
  return plain_path(real.string());
}

/// Nothing is written into this server's own folders or above them, nor into a folder that is not there.
void require_destination(const std::string& folder, const ServerSection& server) {
  constexpr const char* another = "name a folder on another disk";
  if (folder.empty()) refuse_destination("DEST is empty", another, folder);
  const std::string path = real_path_of(folder, folder);
  for (const OwnPlace& own : own_places(server)) {
    const std::string state = own.what == "state" ? site::state_folder(server) : "";  // more lies there than the state
    const std::string& place = state.empty() ? own.path : state;
    const std::string real = real_path_of(place, folder);
    if (path_inside(path, real) || path_inside(real, path))
      refuse_destination(fmt::format("DEST \"{}\" lies in or above this server's {} \"{}\"", io::printable(folder), own.what,
                                     io::printable(place)),
                         another, folder);
  }
  std::error_code failed;
  const std::string above = parent_folder(path);
  if (fs::is_directory(above, failed)) return;
  if (failed && failed != std::errc::no_such_file_or_directory && failed != std::errc::not_a_directory)
    refuse_destination(fmt::format("cannot look at the folder \"{}\": {}", io::printable(above), failed.message()),
                       "give this user access to it, or name a folder on another disk", folder);
  refuse_destination(fmt::format("the folder \"{}\" is not there", io::printable(above)),
                     "mount the disk, or make the folder: only the last folder of DEST is made", folder);
}

[[noreturn]] void refuse_place(const std::string& folder, const std::string& what, const std::string& mend) {
  throw Error(Fault::refused, fmt::format("\"{}\" {}", io::printable(folder), what), mend)
      .with_code(Code::foreign_head)
      .about(folder);
}

/// A tree of another server, or a newer one, is left alone. A head that does not verify is nobody's, and is replaced.
void require_own_tree(io::Files& files, const std::string& folder, const store::Medium& medium, const Head& ours) {
  const auto bytes = medium.head();
  if (!bytes || bytes->empty()) return;
  const auto there = trust::unverified_head(*bytes);
  if (!there && observe::has_root_of(files, folder, ours.id)) return;
  if (!there) refuse_place(folder, "has a head.dsse that no server wrote", "name another folder");
  if (there->id != ours.id)
    refuse_place(folder, fmt::format("is a bundle of another server: \"{}\" ({})", there->name.text(), there->id.text()),
                 "name a folder of its own for each server");
  const auto head = observe::head_in(files, folder, ours.id);
  if (head && std::pair(head->epoch, head->serial) > std::pair(ours.epoch, ours.serial))
    refuse_place(folder,
                 fmt::format("has the catalog of serial {}, newer than serial {} that is known here", head->serial, ours.serial),
                 "run this again, after \"ingot plan\" if it is a peer's, or name another folder");
}

/// What is damaged here is left out: the rest of the bundle, and its catalog, are good without it.
void write(Bundle& bundle, const observe::PublishedTree& tree, store::Medium& medium, const console::Session& session) {
  std::uint64_t total = 0;
  for (const auto& object : bundle.missing) total += object.piece.length;
  console::ByteProgress progress(session, "bundle", total);
  for (const auto& object : bundle.missing) {
    try {
      medium.copy(object.from, object.path, object.piece, [&](std::uint64_t bytes) { progress.add(bytes); });
    } catch (const Error& error) {
      if (error.code() != Code::damaged) throw;
      if (object.is_delta) continue;  // its image comes whole
      for (auto& row : bundle.rows) {
        if (std::find(object.images.begin(), object.images.end(), row.image) != object.images.end())
          row.status = BundleStatus::damaged;
      }
    }
  }
  for (const auto& file : tree.pieces) medium.put(path_on_medium(file.piece), file.bytes);
  for (std::size_t i = 0; i < tree.roots.size(); ++i) medium.put(fmt::format("root/{}.dsse", i + 1), tree.roots[i]);
  medium.publish_head(tree.envelope);
}

observe::PublishedTree tree_of(const options::BundleArguments& arguments, const site::Site& site) {
  if (arguments.peer) {
    const PeerEntry& peer = site::peer_called(*arguments.peer, site.manifest);
    io::PeerMemory memory(site.files, site::state_folder(site.manifest.server));
    return observe::remembered_tree(peer, memory);
  }
  return observe::tree_in(site.files, site.store.public_folder(), site.state.self());
}

plan::BundleWish wish_of(const options::BundleArguments& arguments) {
  return {.images = arguments.images, .series = arguments.series, .latest = arguments.latest, .since = arguments.since};
}

/// Names that the catalog does not have; the exit code for them.
int warn_of_unknown(const Bundle& bundle, const Catalog& catalog, const options::BundleArguments& arguments,
                    const console::Session& session) {
  std::vector<std::string> images, series;
  for (const auto& entry : catalog.images) images.push_back(entry.name.text());
  for (const auto& entry : catalog.series) series.push_back(entry.name.text());
  for (const auto& name : bundle.unknown) {
    const bool is_series = arguments.series == name;
    const std::string hint = site::nearest_hint(name, is_series ? series : images);
    session.warn(fmt::format("the catalog has no {} \"{}\"{}{}", is_series ? "series" : "image", io::printable(name),
                             hint.empty() ? "" : "; ", hint));
  }
  return bundle.unknown.empty() ? exit_done : exit_incomplete;
}

/// Exit code for the images whose bytes could not be given. Of a peer not all is here, and of its copies nothing is offered:
/// that is missing only where it was named. What this server publishes itself must be here.
int warn_of_missing(const Bundle& bundle, const options::BundleArguments& arguments, const console::Session& session) {
  int exit = exit_done;
  for (const auto& row : bundle.rows) {
    const bool is_damaged = row.status == BundleStatus::damaged, is_away = row.status == BundleStatus::not_here;
    if (is_damaged || (is_away && !arguments.peer)) {
      session.warn(fmt::format("the bytes of \"{}\" are {}; run \"ingot verify --repair\", then this again", row.image,
                               is_damaged ? "damaged" : "missing"));
      exit = worse_exit_code(exit, exit_local);
    } else if ((is_away || row.status == BundleStatus::not_offered) && !arguments.images.empty()) {
      session.warn(is_away ? fmt::format("the bytes of \"{}\" are not here", row.image)
                           : fmt::format("\"{}\" is a copy, which this catalog does not offer; see --peer", row.image));
      exit = worse_exit_code(exit, exit_incomplete);
    }
  }
  return exit;
}

/// A server that reads an expired head needs max_age in its [[peer]].
int warn_of_age(const Head& head, const console::Session& session) {
  if (head.expires > session.clock.now()) return exit_done;
  session.warn(fmt::format("the head expired at {}: run \"ingot publish\" on its server first", time_text(head.expires)));
  return exit_incomplete;
}

int verify(const std::string& folder, const ServerId& id, const console::Session& session) {
  const auto tree = observe::tree_in(session.files, folder, id);
  store::Medium medium(session.files, folder);
  const auto objects = objects_on(medium, *tree.catalog);
  std::uint64_t total = 0;
  for (const auto& object : objects) total += object.piece.length;
  console::ByteProgress progress(session, "verify", total);
  BundleCheck check{.folder = folder, .server = tree.head.name, .serial = tree.head.serial};
  for (const auto& object : objects) {
    ++check.files;
    check.bytes += object.piece.length;
    try {
      if (!medium.is_whole(object.path, object.piece, [&](std::uint64_t bytes) { progress.add(bytes); }))
        check.damaged.push_back({.images = object.images, .path = object.path, .is_needed = !object.is_delta});
    } catch (const Error& error) {
      if (error.fault() != Fault::local) throw;
      check.damaged.push_back(
          {.images = object.images, .path = object.path, .unreadable = error.text(), .is_needed = !object.is_delta});
    }
  }
  session.show([&](const show::Style&, show::Output& out) { show_check(check, out); },
               [&](show::Output& out) { show_check_json(check, out); });
  return worse_exit_code(warn_of_age(tree.head, session), check.needed_damaged() == 0 ? exit_done : exit_local);
}

/// A head from before the last publication, put back by hand or by a backup, is not spread.
void require_newest(const Head& head, const site::Site& site) {
  const auto published = site.state.published();
  if (!published || published->serial <= head.serial) return;
  throw Error(Fault::local,
              fmt::format("the published head has serial {}, and {} was published last", head.serial, published->serial),
              "run \"ingot publish\", then this again");
}

int add_to(const options::BundleArguments& arguments, const site::Site& site, const console::Session& session) {
  const std::string folder = destination_of(arguments.destination);
  require_destination(folder, site.manifest.server);
  const auto tree = tree_of(arguments, site);
  if (!arguments.peer) require_newest(tree.head, site);
  if (arguments.since && *arguments.since > tree.head.serial)
    throw Error(Fault::usage,
                fmt::format("--since {} is newer than the catalog, which has serial {}", *arguments.since, tree.head.serial),
                "give the serial that the last bundle printed");
  store::Medium medium(session.files, folder);
  const auto choice = plan::choose_for_bundle(*tree.catalog, wish_of(arguments));
  const auto look = [&] {
    require_own_tree(session.files, folder, medium, tree.head);
    return bundle_of(choice, tree, site.store, medium);
  };
  Bundle bundle = look();
  const bool there = session.files.status(folder).has_value();
  const std::string disk = there ? folder : fs::absolute(folder).lexically_normal().parent_path().string();
  require_room(bundle, folder, io::file_limit(disk), session.files.space_available(disk));
  int exit = warn_of_unknown(bundle, *tree.catalog, arguments, session);
  if (!bundle.rows.empty() || bundle.unknown.empty()) {
    session.files.make_folder(folder, io::readable_folder_if_possible);
    const io::FolderLock lock(folder);
    bundle = look();  // another run may have written meanwhile
    write(bundle, tree, medium, session);
    exit = worse_exit_code(exit, warn_of_missing(bundle, arguments, session));
  }
  session.show([&](const show::Style&, show::Output& out) { show_bundle(bundle, folder, tree.head, out); },
               [&](show::Output& out) { show_bundle_json(bundle, folder, tree.head, out); });
  return worse_exit_code(exit, warn_of_age(tree.head, session));
}

}  // namespace

int run_command(const options::BundleArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const site::Site site(*manifest, state::Access::read_only, session.files);
  if (!arguments.verify) return add_to(arguments, site, session);
  const ServerId id = arguments.peer ? site::peer_called(*arguments.peer, *manifest).card.id : site.state.self();
  return verify(destination_of(arguments.destination), id, session);
}

}  // namespace ingot::command
