// What earlier runs recorded, as plain values: registrations, subscriptions, images, series. Made by State::snapshot().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schema/address.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/serial.hpp"
#include "schema/image.hpp"
#include "schema/manifest/manifest.hpp"
#include "schema/manifest/subscription.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::state {

/// A registered peer.
struct Registration {
  ServerName name;      ///< this server's name for it
  ServerName own_name;  ///< what its card calls it
  ServerId id;
  std::vector<std::string> urls;
  Serial serial = 0;  ///< of the newest head accepted from it by an apply
  Digest head;        ///< digest of that head
  Time registered;
  Time seen;  ///< when that head was accepted
  bool operator==(const Registration&) const = default;
};

/// A subscription that was instantiated; `stopped` ones are remembered for R11.
struct SubscriptionRow {
  ServerId peer;
  ServerName peer_name;  ///< when it was instantiated or last updated
  Selector selector;
  Serial baseline = 0;  ///< only what happens after it counts
  std::string since;    ///< as asked for: since_text()
  std::string options;  ///< options_text_without_since() as applied
  std::string rule;     ///< its address as applied, "subscription.fpps-2.all"
  Time instantiated;
  std::optional<Serial> stopped;  ///< the peer's serial when it was uninstantiated
  std::uint64_t copies = 0;       ///< copies here that it brought
  bool operator==(const SubscriptionRow&) const = default;
};

struct TypeRow {
  TypeName name;
  TypeName base;
  bool managed = false;  ///< the manifest declares it; false: it came with a copy
  std::uint64_t images = 0;
  bool operator==(const TypeRow&) const = default;
};

/// Numbers an image of this state; never used again.
using ImageKey = std::int64_t;

/// Where and why an image came here (R27); kept in the state and beside the image.
struct Provenance {
  Time time;
  std::string run;
  std::string actor;  ///< user@host
  std::optional<std::string> commit;
  std::string rule;                 ///< address of the rule that wanted it
  std::optional<std::string> peer;  ///< nullopt: made here
  std::optional<Digest> head;       ///< the signed head that authorised it
  bool operator==(const Provenance&) const = default;
};

/// An image here: own or copied, live or deleted.
struct ImageRow {
  ImageKey key = 0;
  ImageName name;  ///< here
  bool copy = false;
  std::optional<ImageIdentity> identity;  ///< nullopt: own and not published yet
  ServerName origin_name;
  std::optional<ServerName> copied_from;  ///< a copy: the peer's name then
  Digest digest;
  std::uint64_t size = 0;
  ImageKind kind = ImageKind::file;
  TypeName type = default_type();
  std::string version;
  std::string platform;
  std::string description;
  Labels labels;
  ImageState state = ImageState::published;
  std::string reason;
  bool withdrawn_by_origin = false;  ///< R21: the origin's word, whatever `state` was before
  bool is_private = false;
  bool was_public = false;  ///< a head has shown it (R15: never private again)
  bool protect = false;
  bool managed = false;                          ///< own: the manifest once named it
  std::string parent_name;                       ///< the parent's name here when this one came; "" = none
  std::optional<ImageKey> parent;                ///< a parent that is or was here
  std::optional<ImageIdentity> parent_identity;  ///< a copy's parent, as its origin says
  std::string source_stamp;                      ///< own: names, sizes and mtimes of the source, as a digest text; "" = unknown
  std::optional<Time> unwanted_since;            ///< a copy that no rule wants any more (prune)
  std::string rule;                              ///< the rule that brought it
  bool deleted = false;                          ///< a tombstone: only name, identity, digest, type, parent count
  std::optional<Serial> created;                 ///< own: identity's serial; copies: when our catalog listed it
  Provenance papers;
  bool operator==(const ImageRow&) const = default;
};

struct SeriesMemberRow {
  ImageKey image = 0;
  ImageName name;
  bool operator==(const SeriesMemberRow&) const = default;
};

struct SeriesRow {
  SeriesName name;
  bool managed = false;
  std::vector<SeriesMemberRow> members;  ///< in order, live images only
  std::optional<Follow> follow;
  std::vector<std::string> wanted;  ///< the manifest's list as applied ("" if follow), for drift and waiting
  bool operator==(const SeriesRow&) const = default;
};

/// What earlier runs made of an [[export]] in one folder: the entry may be gone, or name another folder by now.
struct ExportRow {
  ExportName name;
  std::string folder;                ///< `to`, an absolute path
  std::string link;                  ///< the name of the link in it; "": there is none
  std::optional<ImageName> linked;   ///< the image that the link was moved to last
  std::optional<ImageName> run_for;  ///< the image for which `run` last succeeded
  bool operator==(const ExportRow&) const = default;
};

/// An image that ingot unpacked to folder/image, or was about to when the run died.
struct ExportedRow {
  ExportName name;
  std::string folder;
  ImageName image;
  Digest digest;
  ImageKind kind = ImageKind::tree;
  std::string top;                   ///< of the entry itself: exports::Facts::top, or exports::half_given_top
  Digest listing;                    ///< of all members: exports::Facts::listing
  std::vector<std::string> changes;  ///< what did not count in it
  std::string owner;                 ///< as the manifest said it; "": it said nothing
  std::string mode;                  ///< likewise
  std::string mount = {};            ///< where the file system of the folder was mounted; "": not known
  bool operator==(const ExportedRow&) const = default;
};

/// A delta of an own image. Both are known by their bytes, for that is what it changes.
struct DeltaRow {
  Digest image;  ///< what it makes
  Digest base;   ///< what it starts from
  std::uint64_t base_size = 0;
  std::optional<Piece> file;  ///< nullopt: it was too long to be of use, and was not kept
  bool operator==(const DeltaRow&) const = default;
};

/// Where an [[upload]] keeps the published tree.
struct UploadRow {
  std::string place;             ///< place_of(UploadEntry)
  Serial serial = 0;             ///< of the head that was put there last; 0: none yet
  std::string etag;              ///< of that head; "": not known
  std::uint64_t unfinished = 0;  ///< objects that were to be put there and are not known to be there
  bool operator==(const UploadRow&) const = default;
};

/// An object there.
struct UploadedRow {
  std::string path;  ///< below the prefix: "c/<64 hex>"
  Piece piece;
  std::optional<std::string> etag;          ///< as the store names it; nullopt: it is not known to be there
  std::optional<Time> unneeded_since = {};  ///< when gc first saw that no reader needs it
  bool operator==(const UploadedRow&) const = default;
};

/// An upload in parts that is under way.
struct UploadParts {
  std::string id;                    ///< the store's
  std::map<int, std::string> etags;  ///< of the parts that are there, by their numbers from 1 on
  bool operator==(const UploadParts&) const = default;
};

/// What to leave out of a snapshot, so that an idle plan does not grow with the peers' catalogs.
struct SnapshotScope {
  std::set<ServerId> without_copies_of{};  ///< settled peers: their copies are left out …
  bool publish_copies = false;             ///< the manifest's setting, for content_pending
  std::set<ImageName> but_names{};         ///< … except images (live or deleted) that bear one of these names here …
  std::set<SeriesName> but_members_of{};   ///< … and the members of these series here
  std::set<ImageName>
      but_copies_of{};  ///< … and live copies of images that bear one of these names on their origin; and all that was exported
  bool without_failures = false;  ///< nothing is to be copied
};

struct Snapshot {
  std::string lineage;           ///< of this state: 32 hex digits
  std::uint64_t generation = 0;  ///< grows with every transaction that changes anything a plan looks at
  Serial published_serial = 0;   ///< of the last head that was finished; 0 = none
  Serial reserved_serial = 0;    ///< ≥ published_serial; a larger one was burnt by a crash
  bool content_pending = false;  ///< what is published is not what should be
  std::optional<Time> head_expires;
  std::vector<Registration> registrations;     ///< sorted by name
  std::vector<SubscriptionRow> subscriptions;  ///< sorted by peer and selector, stopped ones too
  std::vector<TypeRow> types;                  ///< custom ones, sorted by name
  std::vector<ImageRow> images;                ///< sorted by name, then key; deleted ones too
  std::vector<SeriesRow> series;               ///< sorted by name
  std::vector<ExportRow> exports;              ///< sorted by name, folder
  std::vector<ExportedRow> exported;           ///< sorted by name, folder, image
  std::vector<DeltaRow> deltas;                ///< sorted by image, base
  std::vector<UploadRow> uploads;              ///< sorted by place
  std::set<Address> failing;                   ///< copies and repairs that failed, and have not succeeded since
  std::uint64_t images_total = 0;              ///< live images here, whatever the scope left out
  SnapshotScope scope;
};

}  // namespace ingot::state
