// What a server publishes, as values: head, index, pages and their entries. Readers in parse_catalog, writers in write_catalog.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/catalog/serial.hpp"
#include "schema/catalog/signature.hpp"
#include "schema/digest.hpp"
#include "schema/image.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

/// Names a piece of the published tree by its bytes.
struct Piece {
  Digest digest;
  std::uint64_t length = 0;
  bool operator==(const Piece&) const = default;
};

/// The signed head: the one mutable file. Payload type "application/vnd.ingot.head.v1+json".
struct Head {
  ServerId id;  ///< whose head this is
  ServerName name;
  std::uint64_t epoch = 1;
  Serial serial = 0;
  Time issued;
  Time expires;
  std::uint64_t root_version = 1;  ///< the newest root that there is
  Piece index;
  std::optional<Digest> previous;   ///< of the payload of the head before this one
  std::optional<Piece> state = {};  ///< what the server says of its state (stated.hpp); nullopt: nothing
  std::string commit = {};          ///< a note for people: what the publisher's manifest was from; "": not said
  bool operator==(const Head&) const = default;
};

/// How the bytes of an image are packed: independent zstd frames in one file (transfer/README.md).
struct Packed {
  Piece file;
  std::uint64_t segments = 1;
  std::optional<Piece> table;  ///< nullopt iff segments == 1: then the file is the one segment
  bool operator==(const Packed&) const = default;
};

/// A file that makes an image of another one that the same catalog lists (schema/delta.md).
struct DeltaRef {
  Digest base;  ///< of the other image's canonical bytes
  std::uint64_t base_size = 0;
  Piece file;
  bool operator==(const DeltaRef&) const = default;
};

/// One image of a catalog. `name` and the copy's fields are the publishing server's, the identity the origin's.
struct ImageEntry {
  ImageName name;
  ImageIdentity identity;
  ServerName origin_name;                 ///< what the origin called itself
  std::optional<ServerName> copied_from;  ///< a copy: the publishing server's name for the peer that it came from
  Serial listed = 0;                      ///< the serial of this catalog's first head that shows it; = identity.created if own
  Digest digest;                          ///< of the canonical bytes
  std::uint64_t size = 0;                 ///< of the canonical bytes
  ImageKind kind = ImageKind::file;
  TypeName type = default_type();
  std::string version;
  std::string platform;
  std::string description;
  Labels labels;
  std::vector<StateSince> states;       ///< never empty; the last one is the state now
  std::string reason;                   ///< of a withdrawal
  std::optional<ImageIdentity> parent;  ///< the nearest public ancestor
  std::optional<Packed> packed;         ///< nullopt: its bytes are not served here
  std::vector<DeltaRef> deltas = {};    ///< at most most_deltas
  std::vector<Signature> release = {};  ///< by release keys, over release_of this entry; not looked at by readers of pages

  bool operator==(const ImageEntry&) const = default;
  ImageState state() const { return states.back().state; }
};

/// A deleted image of the publishing server's own; lineage survives in it.
struct ImageTombstone {
  ImageIdentity identity;
  Serial deleted = 0;
  Digest digest;
  TypeName type = default_type();
  std::optional<ImageIdentity> parent;
  bool operator==(const ImageTombstone&) const = default;
};

struct SeriesMember {
  ImageIdentity image;
  Serial added = 0;  ///< when it came into the series
  bool operator==(const SeriesMember&) const = default;
};

struct SeriesEntry {
  SeriesName name;
  Serial created = 0;
  std::vector<SeriesMember> members;  ///< in order; the last is the latest
  bool operator==(const SeriesEntry&) const = default;
};

struct SeriesTombstone {
  SeriesName name;
  Serial created = 0;
  Serial deleted = 0;
  bool operator==(const SeriesTombstone&) const = default;
};

struct TypeEntry {
  TypeName name;
  TypeName base;
  bool operator==(const TypeEntry&) const = default;
};

/// A whole catalog in memory. Every list is sorted by name (images also by created), each at most once.
struct Catalog {
  std::vector<ImageEntry> images;
  std::vector<ImageTombstone> deleted;
  std::vector<SeriesEntry> series;
  std::vector<SeriesTombstone> deleted_series;
  std::vector<TypeEntry> types;
  bool operator==(const Catalog&) const = default;
};

enum class PageKind { images, series, types };

/// One page as the index names it.
struct PageRef {
  PageKind kind = PageKind::images;
  std::string first;  ///< the name of its first entry
  std::uint64_t entries = 0;
  Piece piece;
  bool operator==(const PageRef&) const = default;
};

/// The index: all pages in order (images, then series, then types; sorted by name).
struct Index {
  std::vector<PageRef> pages;
  bool operator==(const Index&) const = default;
};

// Bounds (each tested at the limit and one past it).
inline constexpr std::uint64_t largest_head = 64 * 1024;
inline constexpr std::uint64_t largest_root = 64 * 1024;
inline constexpr std::uint64_t largest_index = 8 * 1024 * 1024;
inline constexpr std::uint64_t largest_page = 8 * 1024 * 1024;
inline constexpr std::uint64_t most_page_entries = 512;
inline constexpr std::uint64_t largest_table = 64 * 1024 * 1024;
inline constexpr std::uint64_t largest_stated = 64 * 1024 * 1024;
inline constexpr std::uint64_t largest_image = std::uint64_t{1} << 46;  ///< 64 TiB
inline constexpr std::uint64_t largest_metadata = 512 * 1024 * 1024;    ///< all pages of one peer together
inline constexpr std::size_t longest_text = 4096;                       ///< description, reason, a label's value … in bytes
inline constexpr std::size_t most_labels = 64;
inline constexpr std::size_t most_deltas = 8;

}  // namespace ingot
