// The store as a folder: made, opened, and which objects are where.
#include "reconciler/store/store.hpp"

#include <array>
#include <utility>

#include <fmt/core.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/store/staged_file.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

using namespace layout;

constexpr std::string_view format_line = "ingot.store/1\n";
constexpr std::uint64_t longest_lineage_file = 1024;

struct Folder {
  const char* name;
  mode_t mode;
};
constexpr std::array<Folder, 11> folders{{{"public", 0755},
                                          {"public/root", 0755},
                                          {"public/c", 0755},
                                          {"public/b", 0755},
                                          {"private", 0700},
                                          {"private/b", 0700},
                                          {"papers", 0700},
                                          {"releases", 0700},
                                          {"heads", 0700},
                                          {"quarantine", 0700},
                                          {"staging", 0700}}};

[[noreturn]] void refuse(const std::string& folder, const std::string& why, const std::string& mend = {}) {
  throw Error(Fault::local, fmt::format("the store \"{}\" {}", io::printable(folder), why), mend);
}

[[noreturn]] void refuse_lineage(const std::string& folder, const std::string& own, const std::string& wanted) {
  throw Error(Fault::manifest,
              fmt::format("the store \"{}\" belongs to another state (lineage {}, not {})", io::printable(folder),
                          io::printable(own), io::printable(wanted)),
              "set `store` to the store of this state file, or `state` to the state file of this store; nothing was changed")
      .with_code(Code::foreign_state);
}

void check_folder(io::Files& files, const std::string& store, const std::string& name, std::uint64_t device) {
  const auto status = files.status(store + "/" + name);
  if (!status) return;  // a backup may have left out an empty one: whoever writes makes it
  if (status->kind != io::EntryKind::folder) refuse(store, fmt::format("has something else than a folder at \"{}\"", name));
  if (status->device != device)
    refuse(store, fmt::format("has its folder \"{}\" on another file system", name),
           "a store must be on one file system, because files are renamed in it");
}

/// Bytes are synced before they get a name: a folder's sync is all that a name may lack.
void sync_folders(io::Files& files, const std::string& folder) {
  for (const std::string& name : files.list(folder)) {
    const std::string path = folder + "/" + name;
    const auto status = files.status(path);
    if (status && status->kind == io::EntryKind::folder) sync_folders(files, path);
  }
  files.sync_folder(folder);
}

}  // namespace

Store::Store(io::Files& files, std::string folder, std::string lineage)
    : files_(&files), folder_(std::move(folder)), lineage_(std::move(lineage)) {}

std::optional<std::string> Store::lineage_of(io::Files& files, const std::string& folder) {
  const auto text = io::read_file_if_there(files, folder + "/LINEAGE", longest_lineage_file);
  if (!text) return std::nullopt;
  const std::string_view rest = std::string_view(*text).substr(std::min(text->size(), format_line.size()));
  const bool well_formed = text->starts_with(format_line) && rest.size() > 1 && rest.find('\n') == rest.size() - 1;
  if (!well_formed) refuse(folder, "has a file LINEAGE that this version of ingot cannot read");
  return std::string(rest.substr(0, rest.size() - 1));
}

void Store::create(io::Files& files, const std::string& folder, const std::string& lineage) {
  const auto own = lineage_of(files, folder);
  if (own && *own != lineage) refuse_lineage(folder, *own, lineage);
  io::make_folders(files, folder);
  for (const Folder& one : folders) {
    const std::string path = folder + "/" + one.name;
    if (!files.status(path)) files.make_folder(path, one.mode);
  }
  // Last: a store that has its LINEAGE is whole.
  if (!own) io::replace_file(files, folder + "/LINEAGE", std::string(format_line) + lineage + "\n", 0644);
}

Store Store::open(io::Files& files, const std::string& folder, const std::string& lineage) {
  const auto own = lineage_of(files, folder);
  if (!own) {
    const bool gone = !files.status(folder);
    refuse(folder, gone ? "is not there" : "has lost its file LINEAGE",
           "restore it from its backup, or set `store` in [server] to its folder");
  }
  if (*own != lineage) refuse_lineage(folder, *own, lineage);
  const std::uint64_t device = files.status(folder + "/.").value().device;
  for (const Folder& one : folders) check_folder(files, folder, one.name, device);
  return Store(files, folder, lineage);
}

void Store::clear_left_overs() {
  for (const std::string& name : files_->list(staging(folder_))) {
    if (StagedFile::is_left_over(name)) files_->remove(staging(folder_) + "/" + name);
  }
}

void Store::sync_all() {
  if (files_->is_synced_as_a_whole(folder_))
    files_->sync_file_system(folder_);
  else
    sync_folders(*files_, folder_);
}

void Store::replace(const std::string& path, std::string_view bytes, mode_t mode, std::optional<Time> mtime) {
  StagedFile staged(*files_, staging(folder_));
  staged.write(bytes);
  staged.finish(mode, mtime);
  files_->rename(staged.path(), path);
  staged.release();
  files_->sync_folder(parent(path));
}

std::string Store::object_in(const Digest& digest, Place place) const {
  return folder_ + "/" + folder_of(place) + "/" + transfer::object_path(digest);
}

std::variant<Place, Damage> Store::look_for(const Piece& object) const {
  Damage damage{.path = transfer::object_path(object.digest), .why = "is gone: it is neither below public nor below private"};
  std::optional<Error> not_looked_at;
  // Private first: bytes only ever move from there to public, so none is missed on its way while another run moves it.
  for (const Place place : {Place::private_tree, Place::public_tree}) {
    try {
      const std::string path = object_in(object.digest, place);
      const auto folder = files_->status(parent(path));
      if (!folder) continue;
      const bool reached = folder->kind == io::EntryKind::folder;  // and not by a link
      const auto there = reached ? files_->status(path) : folder;
      if (!there) continue;
      const bool is_file = reached && there->kind == io::EntryKind::file;
      if (is_file && there->size == object.length) return place;
      damage.path = folder_of(place) + "/" + transfer::object_path(object.digest);
      damage.why = is_file ? fmt::format("has {} bytes, not {}", there->size, object.length) : "is not a file";
    } catch (const Error& error) {
      if (error.fault() != Fault::local) throw;
      not_looked_at = error;  // it may be whole in the other place
    }
  }
  if (not_looked_at) throw Error(*not_looked_at);
  return damage;
}

std::optional<Place> Store::place_of(const Piece& object) const {
  const auto found = look_for(object);
  const auto* const place = std::get_if<Place>(&found);
  return place ? std::optional(*place) : std::nullopt;
}

std::optional<std::string> Store::path_of(const Piece& object) const {
  const auto place = place_of(object);
  return place ? std::optional(object_in(object.digest, *place)) : std::nullopt;
}

bool Store::has(const Packed& packed) const { return place_of(packed.file) && (!packed.table || place_of(*packed.table)); }

std::vector<Damage> Store::lacks(const Packed& packed) const {
  std::vector<Damage> lacking;
  for (const auto& object : {std::optional(packed.file), packed.table}) {
    if (!object) continue;
    try {
      auto found = look_for(*object);
      if (auto* const damage = std::get_if<Damage>(&found)) lacking.push_back(std::move(*damage));
    } catch (const Error& error) {
      if (error.fault() != Fault::local) throw;
      lacking.push_back({.path = transfer::object_path(object->digest), .why = "cannot be looked at: " + error.text()});
    }
  }
  return lacking;
}

std::string Store::partial_path(const Digest& digest) const { return fmt::format("{}/{}.part", staging(folder_), digest.hex()); }

void Store::move_to(const Packed& packed, Place place) {
  const Place from = place == Place::public_tree ? Place::private_tree : Place::public_tree;
  for (const auto& object : {packed.table, std::optional(packed.file)}) {
    if (!object) continue;
    const std::string target = object_in(object->digest, place);
    const std::string source = object_in(object->digest, from);
    const auto there = files_->status(source);
    if (!there) {
      if (!files_->status(target))
        throw Error(Fault::local, fmt::format("the bytes \"{}\" are not in the store", transfer::object_path(object->digest)));
      continue;
    }
    give_mode(*files_, source, modes_of(place).file);
    keep_object(source, *object, place);
    files_->sync_folder(parent(source));
  }
}

void Store::stop_serving(const StoredFile& object) {
  const std::string path = folder_ + "/" + object.path;
  give_mode(*files_, path, modes_of(Place::private_tree).file);
  keep_object(path, Piece{.digest = object.digest, .length = object.size}, Place::private_tree);
  files_->sync_folder(parent(path));
}

void Store::keep_release(const Digest& payload, std::string_view envelope) {
  files_->make_folder(folder_ + "/releases", private_modes.folder);
  replace(fmt::format("{}/releases/{}.dsse", folder_, payload.hex()), envelope, private_modes.file);
}

std::optional<std::string> Store::release(const Digest& payload) const {
  const std::string path = fmt::format("{}/releases/{}.dsse", folder_, payload.hex());
  return files_->status(path) ? std::optional(io::read_file(*files_, path, largest_root)) : std::nullopt;
}

}  // namespace ingot::store
