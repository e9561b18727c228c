// What is damaged is set aside, under a name that says what it should have been: somebody may want to look at it, and gc takes
// it after its grace.
#include <algorithm>

#include <fmt/core.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/store/store.hpp"

namespace ingot::store {

using namespace layout;

namespace {

constexpr std::uint64_t hash_step = 4 * 1024 * 1024;

Digest digest_of_file(io::Files& files, const std::string& path) {
  const auto file = files.open(path, io::OpenFor::read);
  io::Sha256 hash;
  std::string bytes(hash_step, '\0');
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = file->read_at(offset, bytes);
    if (got == 0) return hash.finish();
    hash.update(std::string_view(bytes).substr(0, got));
    offset += got;
  }
}

/// Whether a file has a second name in quarantine already: a run died before the whole one took the first.
bool is_linked_in(io::Files& files, const std::string& quarantine, const std::string& path, const Digest& digest) {
  const auto there = files.status(path);
  const auto names = files.list(quarantine);
  return there && std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           const auto second = name.starts_with(digest.hex()) ? files.status(quarantine + "/" + name) : std::nullopt;
           return second && second->device == there->device && second->inode == there->inode;
         });
}

std::string free_name(io::Files& files, const std::string& quarantine, const Digest& digest) {
  for (std::uint64_t number = 1;; ++number) {
    std::string name = fmt::format("{}/{}.{}", quarantine, digest.hex(), number);
    if (!files.status(name)) return name;
  }
}

/// What a web server needs to serve it, or its owner to read it.
mode_t least_mode(const std::string& path) { return path.starts_with("public/") ? 0444 : 0400; }

void add_if_unreadable(io::Files& files, const std::string& store, const std::string& path, std::vector<Damage>& found) {
  const auto status = files.status(store + "/" + path);
  if (!status || status->kind != io::EntryKind::file || (status->mode & least_mode(path)) == least_mode(path)) return;
  found.push_back({.path = path,
                   .why = fmt::format("has the mode {:04o}: {} cannot read it", status->mode,
                                      path.starts_with("public/") ? "a web server" : "its owner"),
                   .only_mode = true});
}

}  // namespace

bool layout::holds(io::Files& files, const std::string& path, const Digest& digest) {
  const auto there = files.status(path);
  return there && there->kind == io::EntryKind::file && digest_of_file(files, path) == digest;
}

bool layout::is_whole(io::Files& files, const std::string& path, const Digest& digest) {
  try {
    return holds(files, path, digest);
  } catch (const Error& error) {
    if (!io::is_disk_fault(error)) throw;
    return false;
  }
}

void layout::give_mode(io::Files& files, const std::string& path, mode_t mode) {
  files.set_mode(path, mode);  // by the path: a file that is locked can only be opened then
  const auto file = files.open(path, io::OpenFor::read_write);
  file->sync();
  file->close();
}

void Store::set_aside(const std::string& path, const Digest& digest) {
  const std::string folder = quarantine(folder_);
  files_->make_folder(folder, private_modes.folder);
  while (!files_->rename_new(path, free_name(*files_, folder, digest))) {}  // another run may have taken it
  files_->sync_folder(folder);
  files_->sync_folder(parent(path));
}

void Store::replace_damaged(const std::string& staged, const std::string& path, const Digest& digest) {
  const std::string folder = quarantine(folder_);
  files_->make_folder(folder, private_modes.folder);
  if (is_linked_in(*files_, folder, path, digest) || files_->link_new(path, free_name(*files_, folder, digest)))
    files_->sync_folder(folder);
  else
    set_aside(path, digest);
  files_->rename(staged, path);
}

bool Store::set_aside_unless_whole(const std::string& path, const Digest& digest) {
  const auto folder = files_->status(parent(path));
  if (!folder || folder->kind != io::EntryKind::folder || !files_->status(path) || is_whole(*files_, path, digest)) return false;
  set_aside(path, digest);
  return true;
}

std::vector<std::string> Store::set_aside_damaged(const Packed& packed) {
  std::vector<std::string> moved;
  for (const auto& object : {std::optional(packed.file), packed.table}) {
    if (!object) continue;
    for (const Place place : {Place::public_tree, Place::private_tree}) {
      if (set_aside_unless_whole(object_in(object->digest, place), object->digest))
        moved.push_back(folder_of(place) + "/" + transfer::object_path(object->digest));
    }
  }
  return moved;
}

std::vector<std::string> Store::set_aside_damaged(const Piece& piece) {
  const std::string path = "public/c/" + piece.digest.hex();
  if (!set_aside_unless_whole(folder_ + "/" + path, piece.digest)) return {};
  return {path};
}

std::optional<std::string> Store::whole_one_set_aside(const Digest& digest) const {
  const std::string folder = quarantine(folder_);
  if (!files_->status(folder)) return std::nullopt;
  for (const std::string& name : files_->list(folder)) {
    const std::string path = folder + "/" + name;
    if (name.starts_with(digest.hex() + ".") && is_whole(*files_, path, digest)) return path;
  }
  return std::nullopt;
}

bool Store::bring_back(const Packed& packed, Place place) {
  bool any = false;
  for (const auto& object : {packed.table, std::optional(packed.file)}) {
    const auto path = !object || place_of(*object) ? std::nullopt : whole_one_set_aside(object->digest);
    if (!path) continue;
    give_mode(*files_, *path, modes_of(place).file);
    keep_object(*path, *object, place);
    files_->sync_folder(parent(*path));
    any = true;
  }
  return any;
}

std::vector<Damage> Store::unreadable(const Packed& packed) const {
  std::vector<Damage> found;
  for (const auto& object : {std::optional(packed.file), packed.table}) {
    if (!object) continue;
    for (const Place place : {Place::public_tree, Place::private_tree})
      add_if_unreadable(*files_, folder_, folder_of(place) + "/" + transfer::object_path(object->digest), found);
  }
  return found;
}

std::vector<Damage> Store::unreadable_published() const {
  std::vector<Damage> found;
  for (const char* const name : {"public/head.dsse", "public/index.html"}) add_if_unreadable(*files_, folder_, name, found);
  for (std::uint64_t version = 1;; ++version) {
    const std::string root = fmt::format("public/root/{}.dsse", version);
    if (!files_->status(folder_ + "/" + root)) break;
    add_if_unreadable(*files_, folder_, root, found);
  }
  const auto pieces = files_->status(public_folder() + "/c");
  if (!pieces || pieces->kind != io::EntryKind::folder) return found;
  for (const std::string& name : files_->list(public_folder() + "/c")) {
    if (Digest::parse_hex(name)) add_if_unreadable(*files_, folder_, "public/c/" + name, found);
  }
  return found;
}

void Store::make_readable(const std::string& path) {
  const Place place = path.starts_with("public/") ? Place::public_tree : Place::private_tree;
  give_mode(*files_, folder_ + "/" + path, modes_of(place).file);
}

bool Store::has_set_aside() const {
  const auto folder = files_->status(quarantine(folder_));
  if (!folder || folder->kind != io::EntryKind::folder) return false;
  const auto names = files_->list(quarantine(folder_));
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto there = Digest::parse_hex(std::string_view(name).substr(0, name.find('.')))
                           ? files_->status(quarantine(folder_) + "/" + name)
                           : std::nullopt;
    return there && there->kind == io::EntryKind::file;
  });
}

}  // namespace ingot::store
