// From staging/ to a name: bytes are synced, then named, then the folders of their names are synced. A sync that failed means
// that the bytes were not written: the staged file goes, and nothing is tried again (PostgreSQL's lesson of 2018).
#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/store/store.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"
#include "schema/overloaded.hpp"

namespace ingot::store {

using namespace layout;

namespace {

/// Up to so many files or folders are synced one by one. For more, one sync of the file system costs less (64 files of 100 kB: a
/// fifth of the time on ext4, with a journal and without), although it waits for what others write there too.
constexpr std::size_t few = 6;

/// False: each must be synced by itself.
bool sync_as_a_whole(io::Files& files, const std::string& folder) {
  try {
    files.sync_file_system(folder);
    return true;
  } catch (const Error& error) {  // one by one shows whom it concerns
    if (error.fault() != Fault::local) throw;
    return false;
  }
}

/// Folders that are synced once, however many names in them wait for it: a sync that failed is not tried again.
class FolderSyncs {
 public:
  explicit FolderSyncs(io::Files& files) : files_(files) {}
  void sync(const std::string& folder) {
    const auto [known, is_new] = failed_.try_emplace(folder);
    if (is_new) {
      try {
        files_.sync_folder(folder);
      } catch (const Error& error) { known->second = error; }
    }
    if (known->second) throw Error(*known->second);
  }

 private:
  io::Files& files_;
  std::map<std::string, std::optional<Error>> failed_;
};

}  // namespace

std::vector<std::optional<Error>> Store::name_all(std::vector<Staged>& sets, const std::function<void()>& before_names) {
  std::vector<std::optional<Error>> failed(sets.size());
  const auto each = [&](const auto& step) {
    for (std::size_t set = 0; set < sets.size(); ++set) {
      try {
        if (!failed[set]) step(set);
      } catch (const Error& error) { failed[set] = error; }
    }
  };
  const auto each_file = [&](const auto& step) {
    each([&](std::size_t set) {
      for (Staged::One& one : sets[set].files()) step(*one.file);
    });
  };
  const auto at_once = [is_possible = files_->is_synced_as_a_whole(folder_)](std::size_t count) {
    return is_possible && count > few;
  };
  std::size_t count = 0;
  for (Staged& set : sets) count += set.files().size();
  if (at_once(count)) each_file([](StagedFile& file) { file.write_out(); });
  if (!at_once(count) || !sync_as_a_whole(*files_, folder_)) each_file([](StagedFile& file) { file.sync(); });
  each_file([](StagedFile& file) { file.close(); });

  if (before_names) {
    try {
      before_names();
    } catch (const Error& error) {
      each([&](std::size_t) { throw Error(error); });
    }
  }
  std::vector<AfterNames> after(sets.size());
  std::set<std::string> all_folders;
  each([&](std::size_t set) {
    for (Staged::One& one : sets[set].files()) name_file(one, after[set]);
    all_folders.insert(after[set].folders.begin(), after[set].folders.end());
  });
  FolderSyncs syncs(*files_);
  if (!at_once(all_folders.size()) || !sync_as_a_whole(*files_, folder_)) {
    each([&](std::size_t set) {
      for (const std::string& folder : after[set].folders) syncs.sync(folder);
    });
  }
  each([&](std::size_t set) { remove_second_copies(after[set]); });
  return failed;
}

void Store::name(Staged staged) {
  std::vector<Staged> one;
  one.push_back(std::move(staged));
  if (const auto failed = name_all(one).front()) throw Error(*failed);
}

void Store::name_file(Staged::One& one, AfterNames& after) {
  std::visit(Overloaded{[&](const Staged::Object& name) { name_object(one.file->path(), name.piece, name.place, after); },
                        [&](const Staged::Replaced& name) {
                          need_folder(parent(name.path), private_modes.folder, after.folders);
                          files_->rename(one.file->path(), name.path);
                          after.folders.insert(parent(name.path));
                        }},
             one.name);
  one.file->release();
}

void Store::need_folder(const std::string& folder, mode_t mode, std::set<std::string>& folders) {
  const auto there = files_->status(folder);
  if (!there || there->kind != io::EntryKind::folder) files_->make_folder_unsynced(folder, mode);
  folders.insert(parent(folder));  // also if it was there: perhaps the run that made it died before it synced its name
}

void Store::name_object(const std::string& staged, const Piece& object, Place place, AfterNames& after) {
  const std::string path = object_in(object.digest, place);
  need_folder(parent(path), modes_of(place).folder, after.folders);
  if (!files_->rename_new(staged, path)) {
    // The same bytes are here; if they were damaged meanwhile, ours take their place, unless ours are damaged too.
    if (is_whole(*files_, path, object.digest)) {
      files_->remove(staged);
    } else if (holds(*files_, staged, object.digest)) {
      replace_damaged(staged, path, object.digest);
    } else {
      set_aside(staged, object.digest);
      if (parent(staged) == staging(folder_)) {
        throw Error(
            Fault::local,
            fmt::format("what was just written for \"{}\" cannot be read back as it was, and what is there is damaged too",
                        io::printable(path)),
            "the disk may be failing; \"ingot verify\" says what is damaged");
      }
    }
  }
  after.folders.insert(parent(path));
  if (place == Place::public_tree) after.published.push_back(object.digest);
}

void Store::remove_second_copies(const AfterNames& after) {
  for (const Digest& digest : after.published) {
    const std::string second = object_in(digest, Place::private_tree);
    if (!set_aside_unless_whole(second, digest)) files_->remove(second);
  }
}

void Store::keep_object(const std::string& staged, const Piece& object, Place place) {
  AfterNames after;
  name_object(staged, object, place, after);
  for (const std::string& folder : after.folders) files_->sync_folder(folder);
  remove_second_copies(after);
}

void Store::stage_file(std::unique_ptr<StagedFile> file, const Piece& piece, Place place, Staged& into) {
  file->end(modes_of(place).file);
  into.add({.file = std::move(file), .name = Staged::Object{.piece = piece, .place = place}}, piece.length);
}

void Store::stage_table(const SegmentTable& table, const Piece& piece, Place place, Staged& into) {
  const std::string bytes = write_segment_table(table);
  if (io::sha256(bytes) != piece.digest)
    throw Error(Fault::internal, "a segment table does not have the digest that it was fetched by");
  auto file = std::make_unique<StagedFile>(*files_, staging(folder_));
  file->write(bytes);
  stage_file(std::move(file), piece, place, into);
}

void Store::stage_image(StagedImage& image, const transfer::PackedResult& result, Place place, Staged& into) {
  const Packed packed = packed_of(result);
  if (packed.table) stage_table(result.table, *packed.table, place, into);
  stage_file(image.take_file(), packed.file, place, into);
}

void Store::stage_partial(const Digest& digest, const Packed& packed, const SegmentTable& table, Place place,
                          std::unique_ptr<io::File> file, Staged& into) {
  auto staged = std::make_unique<StagedFile>(*files_, partial_path(digest), std::move(file));
  if (packed.table) stage_table(table, *packed.table, place, into);
  stage_file(std::move(staged), packed.file, place, into);
}

void Store::stage_papers(const Digest& digest, std::int64_t key, std::string_view text, Staged& into) {
  const std::string hex = digest.hex();
  auto file = std::make_unique<StagedFile>(*files_, staging(folder_));
  file->write(text);
  file->end(private_modes.file);
  into.add({.file = std::move(file),
            .name = Staged::Replaced{fmt::format("{}/papers/{}/{}-{}.json", folder_, hex.substr(0, 2), hex, key)}},
           text.size());
}

}  // namespace ingot::store
