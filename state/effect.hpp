// The changes that a finished action makes to the state: plain values, written by State in one transaction with the
// action's outcome. The state knows no plan; whoever acts says what came of it in these words.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/catalog/catalog.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// Registers a peer, or updates it (same id: name and URLs; `replaces`: the identity that it had).
struct PutRegistration {
  Registration registration;
  std::optional<ServerId> replaces;  ///< its subscriptions are dropped, its copies stay
};
struct DropRegistration {
  ServerId id;
};
/// A newer head of a registered peer was accepted; of another peer: changes nothing.
struct SeenPeer {
  ServerId id;
  Serial serial = 0;
  Digest head;
  Time seen;
};

/// Instantiates or updates a subscription (key: peer, selector); clears `stopped`.
struct PutSubscription {
  SubscriptionRow row;
};
struct StopSubscription {
  ServerId peer;
  Selector selector;
  Serial stopped = 0;
};

struct PutType {
  TypeName name;
  TypeName base;
  bool managed = false;
};
struct DropType {
  TypeName name;
};  ///< Error{internal} while live images are of it

/// An image came: own or copy. `row.key`, `row.created`, and an own image's `identity` are given by the state.
/// Brings a deleted own image of the same name, digest, kind and type back under its old key, with its old parent and
/// created serial, but not into its series (R18). A copy counts for the subscription of its origin whose rule is `row.rule`.
/// `packed` is what was made durable last; it replaces what was known of these bytes.
struct PutImage {
  ImageRow row;
  Packed packed;
};
/// The bytes of images here were made durable anew, in this form, which replaces what was known of them. Error{internal}: no
/// image ever had them.
struct PutBytes {
  Digest digest;
  Packed packed;
};
/// What the source of an own image looks like that gave its bits; "": not known. Of a deleted image: changes nothing.
struct PutSourceStamp {
  ImageKey key = 0;
  std::string stamp;
};
/// Replaces the describing facts of an image: name (copies), version, platform, description, labels, state, reason,
/// withdrawn_by_origin, is_private, protect, managed. Nothing else is touched. Once a head has shown it, it cannot become
/// private (Error{internal}).
struct ChangeImage {
  ImageRow row;
};
/// A copy becomes an image of this server's own, under its key, name, papers and places in series: no head has shown it yet.
/// Its describing facts, origin_name and rule are `row`'s. Error{internal}: it is no live copy.
struct AdoptImage {
  ImageRow row;
};
/// The image becomes a tombstone: it leaves series and catalog; its bytes stay until gc.
struct DropImage {
  ImageKey key = 0;
};
/// Since when no rule wants a copy; nullopt: one does again. Of a deleted image: changes nothing.
struct MarkWanted {
  ImageKey key = 0;
  std::optional<Time> unwanted_since;
};

/// Creates or changes a series; members that stay keep the serial at which they were added (R10).
struct PutSeries {
  SeriesRow row;
};
struct DropSeries {
  SeriesName name;
};

/// What became of an [[export]] in one folder (key: name, folder).
struct PutExport {
  ExportRow row;
};
/// Forgets it. What is exported there stays remembered.
struct DropExport {
  ExportName name;
  std::string folder;
};
/// An image is exported (key: name, folder, image).
struct PutExported {
  ExportedRow row;
};
/// It is not any more.
struct DropExported {
  ExportName name;
  std::string folder;
  ImageName image;
};

/// What came of making a delta (key: image, base).
struct PutDelta {
  DeltaRow row;
};
/// Forgets it. Its file stays until gc.
struct DropDelta {
  Digest image;
  Digest base;
};

/// The head that was put to a place last (key: place). `unfinished` counts for nothing.
struct PutUpload {
  UploadRow row;
};
/// An object of a place (key: place, path), whose PutUpload came before. Ends an upload in parts, but one of the same bytes whose
/// object is still to come.
struct PutUploaded {
  std::string place;
  UploadedRow row;
};
/// Forgets it.
struct DropUploaded {
  std::string place;
  std::string path;
};
/// Since when no reader needs an object; nullopt: one does.
struct MarkUploaded {
  std::string place;
  std::string path;
  std::optional<Time> unneeded_since;
};
/// An object that is known is put in parts now; forgets the parts of an earlier upload. "": none is under way.
struct PutUploadParts {
  std::string place;
  std::string path;
  std::string id;
};
struct PutUploadPart {
  std::string place;
  std::string path;
  int number = 1;
  std::string etag;
};

/// The manifest manages these (R16: only what it once managed and dropped is ever deleted).
using Effect = std::variant<PutRegistration, DropRegistration, SeenPeer, PutSubscription, StopSubscription, PutType, DropType,
                            PutImage, PutBytes, PutSourceStamp, ChangeImage, AdoptImage, DropImage, MarkWanted, PutSeries,
                            DropSeries, PutExport, DropExport, PutExported, DropExported, PutDelta, DropDelta, PutUpload,
                            PutUploaded, DropUploaded, MarkUploaded, PutUploadParts, PutUploadPart>;
using Effects = std::vector<Effect>;

}  // namespace ingot::state
