// Effects on images and the bytes that they name.
#include <fmt/format.h>

#include "schema/error.hpp"
#include "state/recording.hpp"

namespace ingot::state {

namespace {

/// Whether a catalog shows the image, or will.
bool is_public(const ImageRow& row) { return !row.is_private; }

/// Whether the two rows look the same in a catalog.
bool look_the_same(const ImageRow& one, const ImageRow& other) {
  return one.name == other.name && one.version == other.version && one.platform == other.platform &&
         one.description == other.description && one.labels == other.labels && shown_state(one) == shown_state(other) &&
         one.reason == other.reason && one.is_private == other.is_private;
}

/// `old` with the describing facts of `next` (effect.hpp, ChangeImage).
ImageRow with_facts_of(ImageRow old, const ImageRow& next) {
  old.name = next.name;
  old.version = next.version;
  old.platform = next.platform;
  old.description = next.description;
  old.labels = next.labels;
  old.state = next.state;
  old.reason = next.reason;
  old.withdrawn_by_origin = next.withdrawn_by_origin;
  old.is_private = next.is_private;
  old.protect = next.protect;
  old.managed = next.managed;
  return old;
}

[[noreturn]] void throw_already_published(const ImageName& name) {
  throw Error(Fault::internal, fmt::format("the image \"{}\" was published and cannot become private again", name.text()));
}

}  // namespace

void Recording::require_free(const ImageName& name, std::optional<ImageKey> except) {
  const auto holder = live_image_named(database_, name);
  if (holder && holder != except)
    throw Error(Fault::internal, fmt::format("an image with the name \"{}\" is here already", name.text()));
}

void Recording::require_type(const TypeName& type) {
  if (is_builtin(type) || database_.query("SELECT 1 FROM imagetype WHERE name = ?", type).step()) return;
  throw Error(Fault::internal, fmt::format("the image type \"{}\" is not here", type.text()));
}

ImageRecord Recording::live_image(ImageKey key) {
  auto image = load_image(database_, key);
  if (!image || image->row.deleted) throw Error(Fault::internal, fmt::format("there is no image number {}", key));
  return *std::move(image);
}

/// An image came or went: the sums that a snapshot reads instead of counting rows.
void Recording::count(ImageKey key, std::int64_t difference) {
  database_.execute("UPDATE meta SET live_images = live_images + ?", difference);
  database_.execute("UPDATE imagetype SET images = images + ?1 WHERE name = (SELECT type FROM image WHERE key = ?2)", difference,
                    key);
  database_.execute("UPDATE subscription SET copies = copies + ?1 WHERE number = (SELECT subscription FROM image WHERE key = ?2)",
                    difference, key);
}

void Recording::repack(std::int64_t object, const Packed& packed) {
  const Digest* const table_digest = packed.table ? &packed.table->digest : nullptr;
  const std::uint64_t* const table_length = packed.table ? &packed.table->length : nullptr;
  Statement same = database_.query(
      "SELECT 1 FROM object WHERE number = ? AND file_digest = ? AND file_length = ? AND segments = ? AND table_digest IS NOT "
      "DISTINCT FROM ?"
      " AND table_length IS NOT DISTINCT FROM ?",
      object, packed.file.digest, packed.file.length, packed.segments, table_digest, table_length);
  if (same.step()) return;
  database_.execute(
      "UPDATE object SET file_digest = ?, file_length = ?, segments = ?, table_digest = ?, table_length = ? WHERE number = ?",
      packed.file.digest, packed.file.length, packed.segments, table_digest, table_length, object);
  if (database_.query("SELECT 1 FROM image WHERE object = ? AND deleted = 0 AND is_private = 0", object).step()) content_ = true;
}

std::int64_t Recording::put_object(const ImageRow& row, const Packed& packed) {
  Statement found = database_.query("SELECT number FROM object WHERE digest = ?", row.digest);
  if (found.step()) {
    const auto number = found.next<std::int64_t>();
    repack(number, packed);
    return number;
  }
  const Digest* const table_digest = packed.table ? &packed.table->digest : nullptr;
  const std::uint64_t* const table_length = packed.table ? &packed.table->length : nullptr;
  return database_.insert(
      "INSERT INTO object (digest, size, kind, file_digest, file_length, segments, table_digest, table_length)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
      row.digest, row.size, row.kind, packed.file.digest, packed.file.length, packed.segments, table_digest, table_length);
}

void Recording::put(const PutBytes& effect) {
  Statement found = database_.query("SELECT number FROM object WHERE digest = ?", effect.digest);
  if (!found.step()) throw Error(Fault::internal, fmt::format("no image here ever was {}", effect.digest.text()));
  repack(found.next<std::int64_t>(), effect.packed);
  changed_ = true;
}

void Recording::put(const PutSourceStamp& effect) {
  const auto image = load_image(database_, effect.key);
  if (!image || image->row.deleted || image->row.copy || image->row.source_stamp == effect.stamp) return;
  database_.execute("UPDATE image SET source_stamp = ? WHERE key = ?", effect.stamp, effect.key);
  changed_ = true;
}

/// R18: the same name, bits, kind and type as a deleted own image: it is that image.
std::optional<ImageKey> Recording::find_tombstone(const ImageRow& row, std::int64_t object) {
  if (row.copy) return std::nullopt;
  Statement found = database_.query(
      "SELECT key FROM image WHERE name = ? AND copy = 0 AND deleted = 1 AND object = ? AND kind = ? AND type = ? ORDER BY key "
      "DESC",
      row.name, object, row.kind, row.type);
  if (!found.step()) return std::nullopt;
  return found.next<ImageKey>();
}

void Recording::revive(ImageKey key, const ImageRow& row) {
  auto old = load_image(database_, key);
  if (!old) throw_damaged(database_.place(), "a tombstone cannot be found by its number");
  if (old->row.was_public && row.is_private) throw_already_published(row.name);
  old->row = with_facts_of(std::move(old->row), row);
  old->shown.change_to(shown_state(old->row));
  update_image(database_, *old);
  ImageRow reborn = row;
  reborn.key = key;
  revive_image(database_, reborn);
  count(key, 1);
  keys_.push_back(key);
}

void Recording::put(const PutImage& effect) {
  ImageRow row = effect.row;
  require_free(row.name, std::nullopt);
  require_type(row.type);
  if (row.copy && !row.identity) throw Error(Fault::internal, fmt::format("the copy \"{}\" has no identity", row.name.text()));
  changed_ = true;
  if (is_public(row)) content_ = true;
  const auto object = put_object(row, effect.packed);
  if (const auto tombstone = find_tombstone(row, object)) return revive(*tombstone, row);
  std::optional<std::int64_t> subscription;
  if (row.copy) {
    touch(row.identity->origin);
    Statement found =
        database_.query("SELECT number FROM subscription WHERE peer = ? AND rule = ?", row.identity->origin, row.rule);
    if (found.step()) subscription = found.next<std::int64_t>();
  } else {
    row.identity = ImageIdentity{self_, row.name, 0};
  }
  keys_.push_back(insert_image(database_, row, object, subscription));
  count(keys_.back(), 1);
}

void Recording::put(const ChangeImage& effect) {
  auto image = live_image(effect.row.key);
  const ImageRow old = image.row;
  if (!old.copy && effect.row.name != old.name) {
    throw Error(Fault::internal, fmt::format("the image \"{}\" is this server's own and keeps its name", old.name.text()));
  }
  if (old.was_public && effect.row.is_private) throw_already_published(old.name);
  image.row = with_facts_of(std::move(image.row), effect.row);
  if (image.row == old) return;
  image.shown.change_to(shown_state(image.row));
  if (image.row.name != old.name) {
    require_free(image.row.name, old.key);
    // A name is free again: an image of any peer may want it.
    touch_all();
  }
  update_image(database_, image);
  changed_ = true;
  if (old.copy) touch(old.identity->origin);
  if ((is_public(old) || is_public(image.row)) && !look_the_same(old, image.row)) content_ = true;
}

void Recording::put(const AdoptImage& effect) {
  auto image = live_image(effect.row.key);
  const ImageRow old = image.row;
  if (!old.copy) throw Error(Fault::internal, fmt::format("the image \"{}\" is this server's own already", old.name.text()));
  count(old.key, -1);
  image.row = with_facts_of(std::move(image.row), effect.row);
  image.row.copy = false;
  image.row.origin_name = effect.row.origin_name;
  image.row.rule = effect.row.rule;
  image.shown = {.past = {}, .now = shown_state(image.row), .since = {}};
  update_image(database_, image);
  adopt_image(database_, image.row, self_);
  count(old.key, 1);
  touch(old.identity->origin);
  touch_all();
  changed_ = true;
  content_ = true;
}

void Recording::put(const DropImage& effect) {
  const auto image = live_image(effect.key);
  database_.execute("DELETE FROM series_member WHERE image = ?", effect.key);
  database_.execute("UPDATE image SET deleted = 1, unwanted_since = NULL WHERE key = ?", effect.key);
  count(effect.key, -1);
  if (image.row.copy) touch(image.row.identity->origin);
  // An image of any peer that was adopted in its place (R14) is not here any more.
  touch_all();
  if (is_public(image.row)) content_ = true;
}

void Recording::put(const MarkWanted& effect) {
  // Bookkeeping comes after the actions: the same run may have removed the copy.
  const auto image = load_image(database_, effect.key);
  if (!image || image->row.deleted || image->row.unwanted_since == effect.unwanted_since) return;
  database_.execute("UPDATE image SET unwanted_since = ? WHERE key = ?", effect.unwanted_since, effect.key);
  changed_ = true;
  if (image->row.copy) touch(image->row.identity->origin);
}

}  // namespace ingot::state
