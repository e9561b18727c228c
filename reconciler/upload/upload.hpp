// Makes a place in a store hold the published tree: what is missing, bytes before what names them, the head last. Goes on where a
// run was interrupted. Also looks whether all of it is there, and removes what no reader needs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/upload/records.hpp"

namespace ingot::upload {

/// How this server knows what is its own.
struct OwnTree {
  std::string first_root;  ///< the bytes of root/1.dsse
  /// The serial of a head that this server signed; nullopt: it did not.
  std::function<std::optional<Serial>(const std::string& envelope)> own_serial;
};

/// What the head of a place says.
struct HeadThere {
  enum class Kind {
    nothing,   ///< there is none, and nothing of another server
    as_known,  ///< the one that was put there last
    other,     ///< one of this server, but not that one
    foreign,   ///< of another server, or no head at all
  };
  Kind kind = Kind::nothing;
  Serial serial = 0;                  ///< as_known, other
  std::optional<Digest> digest = {};  ///< other: of its bytes
};
/// One request, or a second one if there is no head. Throws as Bucket does.
HeadThere look_at_head(Bucket& bucket, const RecordedHead& known, const OwnTree& own);

/// Error{incomplete} if the place is not this server's ("in-the-way"), or its head is newer than `published` ("old-state").
void refuse_foreign(const HeadThere& there, Serial published, const UploadEntry& place);

struct UploadOptions {
  std::uint32_t parallel = 8;                                             ///< requests at once, ≥ 1
  std::uint64_t part_size = 64 * 1024 * 1024;                             ///< larger files are put in parts
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  ///< bytes; from any thread
  std::function<void()> may_go_on;                                        ///< between objects; throws to end it
};

/// What one upload did.
struct UploadSums {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

/// `folder` holds the tree. Everything that came is recorded, also if it throws: as Bucket and refuse_foreign do; Error{local} if
/// a file cannot be read.
UploadSums upload(Bucket& bucket, Records& records, io::Files& files, const std::string& folder, const TreeFiles& tree,
                  const OwnTree& own, const UploadOptions& options);

/// An object that is missing or wrong in the store.
struct WrongObject {
  std::string path;
  std::string why;  ///< "is missing"
  bool operator==(const WrongObject&) const = default;
};
/// Looks at each object of the tree, and reads the whole catalog. By path. With `note`, those that are missing are recorded as
/// not there, and those that are wrong as having other bytes: the next upload puts both again, and does not look at the wrong
/// ones.
std::vector<WrongObject> verify(Bucket& bucket, Records& records, const TreeFiles& tree, const UploadOptions& options, bool note);

struct CollectedObject {
  std::string path;
  std::uint64_t bytes = 0;
  Time since;  ///< when gc first saw that no reader needs it
};
struct CollectedObjects {
  std::vector<CollectedObject> taken;
  std::vector<CollectedObject> waiting;
  bool refused = false;  ///< there is something to remove, and `may_remove` did not allow it
};
struct CollectRules {
  Time now;
  Seconds grace{0};
  bool dry_run = false;
  std::function<bool()> may_remove = {};  ///< asked once, before the first removal, if there is one; may throw
};
/// Removes what was put there, is in no tree that a reader may still use (`needed`: paths), and was not for the whole grace; also
/// parts of uploads that nothing will finish. Throws as Bucket does; what was removed until then is forgotten, and in `result`.
void collect(Bucket& bucket, Records& records, const std::set<std::string>& needed, const CollectRules& rules,
             CollectedObjects& result);

}  // namespace ingot::upload
