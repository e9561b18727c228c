// The image store on disk. Layout (store/README.md): LINEAGE, public/ (served), private/b (bytes of copies and private
// images), papers/, heads/, quarantine/, staging/. Durable in the order: bytes, folder, and only then the caller's row.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/store/plain_reader.hpp"
#include "reconciler/store/staged.hpp"
#include "reconciler/store/staged_image.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "reconciler/transfer/source.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/error.hpp"
#include "schema/image.hpp"

namespace ingot::store {

/// What bytes came in: enough for the state's rows.
struct Ingested {
  Digest digest;
  std::uint64_t size = 0;
  ImageKind kind = ImageKind::file;
  Packed packed;
  std::string source_stamp;
  std::vector<std::string> remarks = {};  ///< what a person should know of the source (SourceRemarks::texts)
};

/// A source whose bytes are in staging/.
struct TakenIn {
  Ingested bytes;
  transfer::PackedResult result;
  std::unique_ptr<StagedImage> image;
};

/// A file that gc may have to do with: its path relative to the store, and what its name says that it is.
struct StoredFile {
  enum class Kind {
    public_object,   ///< packed bytes or a table of segments, served
    private_object,  ///< the same, not served
    piece,           ///< of the catalog: an index or a page
    partial,         ///< of a copy
    head,            ///< one that was published, kept in heads/
    quarantined,     ///< an object or a piece that was damaged, set aside
    left_over,       ///< half made by a process that is gone
  };
  Kind kind = Kind::left_over;
  std::string path;
  Digest digest;      ///< objects and pieces: of its bytes as they should be; partial: of the image
  Serial serial = 0;  ///< of a head
  std::uint64_t size = 0;
  bool operator==(const StoredFile&) const = default;
};

/// Since when gc knows that no image needs a file, by its path.
using Condemned = std::map<std::string, Time>;

/// A fault that verify found. `path` is relative to the store.
struct Damage {
  std::string path;
  std::string why;
  bool only_mode = false;  ///< the bytes are whole, but those who should cannot read them
};

/// A copy that was interrupted.
struct PartialFileHere {
  Digest digest;              ///< of the image
  std::uint64_t written = 0;  ///< bytes that came
  std::uint64_t on_disk = 0;  ///< bytes that it takes on the disk
};

class Store {
 public:
  /// Makes the folders of a new store for a state's lineage; adds what is missing to an existing one. Error{manifest}:
  /// of another lineage.
  static void create(io::Files& files, const std::string& folder, const std::string& lineage);
  /// Error{manifest}: of another lineage than `lineage`. Error{local}: not there, not a store, links inside it, folders on
  /// different file systems.
  static Store open(io::Files& files, const std::string& folder, const std::string& lineage);
  /// The lineage a folder's store belongs to; nullopt if there is no store.
  static std::optional<std::string> lineage_of(io::Files& files, const std::string& folder);

  /// Throws away what dead runs left half made. Only under the run lock.
  void clear_left_overs();
  /// Makes durable whatever a run that died has renamed and not synced: what is here may then count as durable again.
  void sync_all();

  const std::string& folder() const { return folder_; }
  const std::string& lineage() const { return lineage_; }
  std::string public_folder() const { return folder_ + "/public"; }

  /// Takes a source in as far as staging/, for whoever stages or keeps it: canonical bytes, packed on so many threads.
  /// `expected`: refuses other bits. `progress` gets bytes of the source's regular files.
  /// Error{incomplete}: the source; Error{local}: this disk.
  TakenIn take_in(const transfer::Source& source, const std::optional<Digest>& expected, int threads,
                  const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

  /// A new image, whose plain bytes the caller writes.
  std::unique_ptr<StagedImage> new_image(int threads);
  /// Gives a finished one its name, durably.
  Packed keep(StagedImage& image, const transfer::PackedResult& result, Place place);

  // What many actions bring, named together.
  /// A finished image, with its table.
  void stage_image(StagedImage& image, const transfer::PackedResult& result, Place place, Staged& into);
  /// Packed bytes at a partial path, whole and verified; `file` is open for them since before the first byte came.
  void stage_partial(const Digest& digest, const Packed& packed, const SegmentTable& table, Place place,
                     std::unique_ptr<io::File> file, Staged& into);
  /// The papers beside an image, so that they outlive the state: what `text` says, under a path of our own making.
  void stage_papers(const Digest& digest, std::int64_t key, std::string_view text, Staged& into);
  /// Makes all bytes durable, calls `before_names`, gives the names and makes them durable. Gives, in order, why a set of
  /// files is not in the store; nullopt: it is, durably. What fails in one set does not concern the others; if `before_names`
  /// throws an Error, no set gets a name.
  std::vector<std::optional<Error>> name_all(std::vector<Staged>& sets, const std::function<void()>& before_names = {});
  /// The same for one. Error{local}: it is not in the store.
  void name(Staged staged);

  /// Keeps the file that `write` writes, durably; what it throws ends it, and nothing stays.
  Piece keep_file(const std::function<void(const std::function<void(std::string_view)>& out)>& write, Place place);

  /// Whether the packed file and table of these bytes are here with the right lengths, in either place. Error{local}: it
  /// cannot be told.
  bool has(const Packed& packed) const;
  /// What of these bytes is not in the store with the right length, or cannot be looked at; nothing is hashed.
  std::vector<Damage> lacks(const Packed& packed) const;
  /// The file of packed bytes or of a table, in either place, if it is there with its length. Error{local}: it cannot be told.
  std::optional<std::string> path_of(const Piece& object) const;
  /// Where an interrupted copy of `digest` goes on.
  std::string partial_path(const Digest& digest) const;
  /// nullopt: there is none. Error{local}: it cannot be looked at.
  std::optional<PartialFileHere> partial(const Digest& digest) const;
  /// The interrupted copies in the store, so far as they can be looked at.
  std::vector<PartialFileHere> partials() const;
  /// Gives up an interrupted copy; not there = fine.
  void drop_partial(const Digest& digest);
  /// Moves bytes between the public and the private tree; durable; done already = fine. Error{local}: they are in neither.
  void move_to(const Packed& packed, Place place);

  /// The highest key of papers here; 0: there are none.
  std::int64_t newest_papers() const;
  /// All papers here, those with the highest key first. Error{local}: the disk does not give one.
  void each_papers(const std::function<void(std::int64_t key, std::string_view text)>& visit) const;

  /// Puts `edit(text)` in the place of each of the papers of these bytes that it changes, durably. What cannot be read stays.
  void edit_papers(const Digest& digest, const std::function<std::string(std::string_view text)>& edit);

  /// What the release keys have signed of an image, by the digest of the payload; durable.
  void keep_release(const Digest& payload, std::string_view envelope);
  /// nullopt: nothing is kept. The bytes as they are: whoever asks verifies them.
  std::optional<std::string> release(const Digest& payload) const;

  /// The plain canonical bytes, each segment verified, in order. Error{local} if damaged or not here; what `out` got is
  /// verified as a whole only when this returns.
  void read_plain(const Digest& digest, std::uint64_t size, const Packed& packed,
                  const std::function<void(std::string_view)>& out, const std::function<void(std::uint64_t)>& progress) const;
  /// Any range of the plain bytes; the Store must outlive it. Error{local}: they are not here.
  PlainReader plain_reader(const Digest& digest, std::uint64_t size, const Packed& packed) const;
  /// Re-hashes the packed file, its table and the plain bytes, wherever they lie; everything that is wrong (of segments the
  /// first ten).
  std::vector<Damage> check_object(const Digest& digest, std::uint64_t size, const Packed& packed,
                                   const std::function<void(std::uint64_t)>& progress) const;

  /// What is wrong with one file below public/b, re-hashed; nullopt: nothing.
  std::optional<Damage> check_file(const Piece& file) const;

  /// Re-hashes whatever lies where these bytes should be, and moves what is not them into quarantine/, durably: nothing that is
  /// damaged is thrown away, and what is whole in the other place serves from now on. Gives what was moved, relative to the
  /// store. Error{local}: something cannot be opened, which is no proof that it is damaged, or not be moved.
  std::vector<std::string> set_aside_damaged(const Packed& packed);
  /// The same for a piece of the catalog.
  std::vector<std::string> set_aside_damaged(const Piece& piece);
  /// Of these bytes, what is not in the store but was set aside and is whole all the same (a disk may report errors for a while
  /// only) gets its name again, durably. Whether there was any. Error{local}: something cannot be opened or moved.
  bool bring_back(const Packed& packed, Place place);
  /// Files of these bytes, and head, roots and pieces, that lack the permissions that readers need.
  std::vector<Damage> unreadable(const Packed& packed) const;
  std::vector<Damage> unreadable_published() const;
  /// Gives a file of the store, by its path in it, the mode of its place.
  void make_readable(const std::string& path);
  /// Whether anything was set aside that gc has not taken yet.
  bool has_set_aside() const;

  // The published tree (R25: pieces first, then the head).
  std::optional<std::string> published_head() const;
  std::optional<std::string> published_root(std::uint64_t version) const;
  /// Error{local}: this version is there with other bytes.
  void publish_root(std::uint64_t version, std::string_view envelope);
  /// An immutable piece under public/c, durable but for its folder; already there with these bytes = fine, and damaged
  /// bytes are replaced.
  void publish_piece(const Piece& piece, std::string_view bytes);
  /// nullopt: not there. The bytes as they are: whoever asks compares digests.
  std::optional<std::string> published_piece(const Piece& piece) const;
  /// Whether it is there with its length; nothing is read.
  bool has_piece(const Piece& piece) const;
  /// Syncs the folders of the pieces written, then replaces the head; its mtime is `now`, or strictly later than the
  /// last one's if that is not (some servers take a file of the same second and length for unchanged).
  void publish_head(std::string_view envelope, Time now);
  /// What has the place of the catalog page: the file's bytes; "" if it is no regular file, or longer than `at_most`; nullopt:
  /// nothing is there. Error{local}: it cannot be read.
  std::optional<std::string> published_page(std::uint64_t at_most) const;
  /// Replaces it in one rename, durably.
  void publish_page(std::string_view bytes);
  void remove_page();
  /// Keeps a head beside the published tree, durably, before readers may see it: what it names lives as long as it does,
  /// and its serial is never given again, even if the state is lost.
  void keep_head(Serial serial, std::string_view envelope);
  /// Serials and envelopes of the heads that were kept and not yet taken, by serial. One that cannot be read is "".
  std::map<Serial, std::string> kept_heads() const;
  /// The highest serial of a kept head, by the files' names alone: none is opened. 0: none is kept.
  Serial highest_kept_head() const;

  /// Images' digests whose bytes the published catalog leaves out, because they were not whole when it was made: what was
  /// noted last, durably. Only a hint that saves a look at every file: a note that cannot be read says nothing, and of more
  /// than a note may hold the first are kept.
  std::set<Digest> left_out() const;
  void note_left_out(const std::set<Digest>& digests);

  // What gc works with; only under the run lock.
  /// What lies in the store, by path. Provenance, roots and the published head are not in it, nor is what nobody here made.
  std::vector<StoredFile> contents() const;
  /// Error{local}: the note is damaged.
  Condemned condemned() const;
  void note_condemned(const Condemned& condemned);
  /// An image with these bytes comes, or comes back: what gc has condemned of them, or of their partial copy, is needed again.
  /// The note is read once; one that cannot be read goes, for without it gc only waits anew.
  void spare(const Digest& digest, const Packed& packed);
  /// Removes files for ever; durable when it returns.
  void take(const std::vector<StoredFile>& files);
  /// Takes an object out of the public tree and keeps it in the private one, unless what is there is better; durable.
  void stop_serving(const StoredFile& object);

 private:
  Store(io::Files& files, std::string folder, std::string lineage);
  std::string object_in(const Digest& digest, Place place) const;
  /// Where an object is with its length; or what is there instead. Error{local}: one place cannot be looked at, and it is
  /// not in the other.
  std::variant<Place, Damage> look_for(const Piece& object) const;
  /// Of bytes that are in both trees, the one that is not looked at first.
  void check_second_copies(const Packed& packed, std::vector<Damage>& found) const;
  std::optional<Place> place_of(const Piece& object) const;
  void load_condemned();
  /// What is left to do once files have their names.
  struct AfterNames {
    std::set<std::string> folders;  ///< to sync
    std::vector<Digest> published;  ///< objects of the public tree: once their names are durable, they need no private copy
  };
  void keep_object(const std::string& staged, const Piece& object, Place place);
  /// The same up to the names; the rest is added to `after`.
  void name_object(const std::string& staged, const Piece& object, Place place, AfterNames& after);
  void name_file(Staged::One& one, AfterNames& after);
  void remove_second_copies(const AfterNames& after);
  /// Makes a folder if it is not there, and adds the one that has it to `folders`.
  void need_folder(const std::string& folder, mode_t mode, std::set<std::string>& folders);
  void stage_table(const SegmentTable& table, const Piece& piece, Place place, Staged& into);
  void stage_file(std::unique_ptr<StagedFile> file, const Piece& piece, Place place, Staged& into);
  void set_aside(const std::string& path, const Digest& digest);
  /// `staged` takes the name of the damaged `path`, which is set aside; at no instant is nothing there, but on file systems
  /// where a file has one name only.
  void replace_damaged(const std::string& staged, const std::string& path, const Digest& digest);
  std::optional<std::string> whole_one_set_aside(const Digest& digest) const;
  bool set_aside_unless_whole(const std::string& path, const Digest& digest);
  /// Beside, in staging/, so that nothing half written is ever in public/: the reader sees the old bytes or the new, also
  /// after a power cut.
  void replace(const std::string& path, std::string_view bytes, mode_t mode, std::optional<Time> mtime = {});
  SegmentTable read_table(const Digest& digest, std::uint64_t size, const Packed& packed) const;

  io::Files* files_;
  std::string folder_;
  std::string lineage_;
  std::optional<Condemned> condemned_;  ///< as noted; nullopt: not read yet
};

}  // namespace ingot::store
