// Writes effects into the tables, inside one write transaction, and remembers which counters have to grow for them:
// the generation (what a plan looks at), the content (what the catalog shows), the revisions (what makes a peer settled).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/effect.hpp"
#include "state/engine/database.hpp"
#include "state/image_table.hpp"

namespace ingot::state {

/// Throws Error{local}: somebody else wrote to the state, though only one run at a time may.
[[noreturn]] void throw_changed_by_another(const Database& database);

class Recording {
 public:
  Recording(Database& database, const ServerId& self) : database_(database), self_(self) {}

  /// Error{internal}: the effect contradicts what the state holds; then the transaction must not be committed.
  void write(const Effect& effect);
  /// Something that a plan looks at changed, though no effect says so.
  void note_change() { changed_ = true; }
  /// Writes the counters. `generation` is what it was before; gives what it is now.
  std::uint64_t close(std::uint64_t generation);
  /// The bytes of an image; gives the number of their row.
  std::int64_t put_object(const ImageRow& row, const Packed& packed);
  /// Of the images that PutImage made, in order.
  const std::vector<ImageKey>& keys() const { return keys_; }

 private:
  void put(const PutRegistration& effect);
  void put(const DropRegistration& effect);
  void put(const SeenPeer& effect);
  void put(const PutSubscription& effect);
  void put(const StopSubscription& effect);
  void put(const PutType& effect);
  void put(const DropType& effect);
  void put(const PutImage& effect);
  void put(const PutBytes& effect);
  void put(const PutSourceStamp& effect);
  void put(const ChangeImage& effect);
  void put(const AdoptImage& effect);
  void put(const DropImage& effect);
  void put(const MarkWanted& effect);
  void put(const PutSeries& effect);
  void put(const DropSeries& effect);
  void put(const PutExport& effect);
  void put(const DropExport& effect);
  void put(const PutExported& effect);
  void put(const DropExported& effect);
  void put(const PutDelta& effect);
  void put(const DropDelta& effect);
  void put(const PutUpload& effect);
  void put(const PutUploaded& effect);
  void put(const DropUploaded& effect);
  void put(const MarkUploaded& effect);
  void put(const PutUploadParts& effect);
  void put(const PutUploadPart& effect);

  /// The packed form that was made durable last is the one that is known to be whole.
  void repack(std::int64_t object, const Packed& packed);
  std::optional<ImageKey> find_tombstone(const ImageRow& row, std::int64_t object);
  void revive(ImageKey key, const ImageRow& row);
  ImageRecord live_image(ImageKey key);
  void require_free(const ImageName& name, std::optional<ImageKey> except);
  void require_type(const TypeName& type);
  void count(ImageKey key, std::int64_t difference);

  std::vector<ImageKey> public_members(std::int64_t series);
  void put_members(std::int64_t series, const std::vector<SeriesMemberRow>& members);

  /// Something changed that may give this peer, or all peers, something to do.
  void touch(const ServerId& peer);
  void touch_all() { common_ = changed_ = true; }

  Database& database_;
  ServerId self_;
  std::vector<ImageKey> keys_;
  bool changed_ = false;
  bool content_ = false;
  bool common_ = false;
};

}  // namespace ingot::state
