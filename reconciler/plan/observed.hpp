// What this run saw: of peers, of its own sources and disk. Values: `observe` fills them, planning only reads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "schema/address.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/catalog/stated.hpp"
#include "schema/code.hpp"
#include "schema/manifest/manifest.hpp"
#include "schema/names.hpp"
#include "schema/note.hpp"
#include "schema/text/quantity.hpp"
#include "state/snapshot.hpp"

namespace ingot::plan {

/// A head that verified, and what it names.
struct SeenHead {
  ServerId id;
  ServerName own_name;  ///< what the peer calls itself
  std::uint64_t epoch = 1;
  Serial serial = 0;
  Digest digest;  ///< of its payload
  Digest index;
  Time issued;
  Time expires;
  std::string url;                        ///< which of its URLs answered
  std::uint64_t root_version = 1;         ///< of the root that it was held against
  std::optional<Time> root_expires = {};  ///< when that root ends; nullopt: not known
  bool operator==(const SeenHead&) const = default;
};

/// What is worth saying of a peer whose catalog counts all the same.
struct PeerRemark {
  Code code = Code::none;   ///< "stale", "clock-was-ahead"
  std::string text;         ///< a sentence
  std::string mend = {};    ///< what to do about it
  bool incomplete = false;  ///< true: it is no mere note, the run ends with exit code 3
  bool operator==(const PeerRemark&) const = default;
};

/// The peer's catalog was read.
struct PeerCatalog {
  SeenHead head;
  std::shared_ptr<const Catalog> catalog;  ///< never null
  /// The peer's release keys, that must have signed each image that is to be copied; nullopt: its root names none. Their
  /// signatures are checked only for what would be copied: one costs some 0.1 ms, and a catalog may hold 100,000.
  std::optional<Role> release = {};
  std::shared_ptr<const Stated> stated = {};  ///< if it was asked for and the peer publishes it
  std::vector<PeerRemark> remarks = {};
};
/// Its index and its rules are what they were when the last plan found nothing to do for it; no page was read.
struct Settled {
  SeenHead head;
  std::vector<Note> notes;  ///< of that plan
  std::vector<PeerRemark> remarks = {};
  std::shared_ptr<const Catalog> about = {};  ///< the pages about the images that a question names; null: it named none
};
/// It is this server itself (R1).
struct OwnPeer {};
/// The manifest says that it is gone for ever; it was not asked.
struct RetiredPeer {};
/// Absent is not unknown (R19).
struct Unknown {
  Code code = Code::none;         ///< "unreachable", "expired", "untrusted"
  std::string why;                ///< a sentence: which URL, what was wrong, what to do
  Code detail_code = Code::none;  ///< "rollback", "equivocation", "identity-changed", "bad-signature" …; may be none
  std::optional<SeenHead> last;   ///< the last head accepted before, if any is known
  std::string mend = {};          ///< what to do if it is unreachable, and more than to run again; `why` says it too
};
using PeerView = std::variant<PeerCatalog, Settled, OwnPeer, RetiredPeer, Unknown>;

/// A source on this disk, looked at by names, sizes and mtimes only.
struct SourceMissing {
  std::string why = "does not exist";  ///< a clause: or why this user cannot look at it
};
/// It is on another machine.
struct SourceElsewhere {};
struct SourceStamp {
  std::string stamp;                        ///< compares with ImageRow::source_stamp; "" if it could not be surveyed
  std::optional<std::uint64_t> bytes = {};  ///< of its regular files
  std::uint64_t files = 0;                  ///< regular files
  std::vector<std::string> mounts = {};     ///< members that will be left out, since something is mounted there
};
using SourceView = std::variant<SourceMissing, SourceElsewhere, SourceStamp>;

/// An image here whose bytes are not in the store as the state recorded them.
struct DamagedImage {
  Address address;  ///< "image.I", "copy.P.I"
  ImageName name;   ///< here
  bool copy = false;
  std::string path;  ///< of the file, in the store
  std::string why;   ///< "is gone", "has 3 bytes, not 40"
  state::ImageKey key = 0;
  Digest digest;
  bool left_out = false;  ///< the published catalog shows the image without its bytes
};

struct DiskView {
  std::uint64_t total = 0;      ///< bytes of the store's file system
  std::uint64_t available = 0;  ///< bytes that this user may still write
  /// Bytes that gc may take, now or once their grace is over, without partial copies; nullopt: nobody has counted them.
  std::optional<std::uint64_t> garbage = {};
};

/// What an interrupted copy left in the store.
struct PartialCopy {
  std::uint64_t fetched = 0;  ///< bytes that are here
  std::uint64_t on_disk = 0;  ///< bytes that it takes on the disk; more than `fetched` where space was reserved
};

/// What became of an image that was exported.
enum class ExportSight {
  whole,       ///< it looks as ingot left it
  half_given,  ///< a run ended while it gave owner and mode
  changed,     ///< somebody changed it
  gone,        ///< it is not there any more
  left_over,   ///< it is not there, but something of an export or a removal that was cut short is
};
struct ExportedView {
  ExportSight sight = ExportSight::whole;
  std::string why = {};      ///< of a changed one, as a clause
  std::string used_by = {};  ///< a process that uses it, as a clause; "": none is known
  bool is_close = false;     ///< all members and /proc were looked at; false: the top alone
};
/// What bears the name of a link.
struct LinkSight {
  bool is_link = false;     ///< false: something else is there
  std::string target = {};  ///< as the link says it
};
/// What this run may not do for an export, and why.
struct ExportRefusal {
  Code code = Code::none;
  std::string text;
  std::string mend;
};
/// The folder of an export, of the manifest or of an earlier run.
struct ExportView {
  std::set<std::string> entries = {};               ///< names in it that some image here bears
  std::map<ImageName, ExportedView> exported = {};  ///< of the images that the state remembers there
  std::map<std::string, LinkSight> links = {};      ///< by name, those that are there
  std::optional<ExportRefusal> refusal = {};
  std::string unwritable = {};  ///< why nothing can be made or removed in it, as a sentence; "": nothing against it
};

/// What the place of an [[upload]] showed.
struct UploadView {
  enum class Sight {
    as_recorded,  ///< the head that was put there last
    other,        ///< an older head of this server, or one that this state knows nothing of
    nothing,      ///< no head
    refused,      ///< it is not this server's, or cannot be asked; `code` and the texts say why
  };
  Sight sight = Sight::refused;
  Serial serial = 0;  ///< of that head
  Code code = Code::none;
  std::string why = {};  ///< a sentence
  std::string mend = {};
};

struct Observed {
  Time now;                       ///< read once, at the start of the run
  MinuteOfWeek local_minute = 0;  ///< the same, as this server's local time
  ServerId self;
  std::vector<PeerView> peers;              ///< one per manifest.peers, in that order
  std::map<ImageName, SourceView> sources;  ///< of the manifest's images that have a source
  DiskView disk;
  std::map<Digest, PartialCopy> partials = {};  ///< by the image's digest
  std::set<Digest> objects;  ///< digests of candidates, and of deleted images that may come back, whose bytes are whole here
  std::optional<Time> root_expires = {};                  ///< when this server's own newest root ends
  std::vector<ImageName> unreleased = {};                 ///< this server's public images that its release keys have not signed
  std::vector<DamagedImage> damaged = {};                 ///< images here whose bytes are known not to be whole, by name
  std::map<ExportName, std::string> export_folders = {};  ///< of the manifest's exports: `to`, as an absolute path
  std::map<std::pair<ExportName, std::string>, ExportView> exports = {};  ///< by name and folder, remembered ones too
  std::map<UploadName, UploadView> uploads = {};                          ///< of the manifest's, unless this is elsewhere
  bool elsewhere = false;           ///< this is not the server: its sources, disk and keys were not looked at
  std::string no_catalog_key = {};  ///< why no head can be signed here, as a sentence; "": nothing is known against it
  std::string no_page =
      {};  ///< why there is no catalog page, though the manifest wants one, as a sentence; "": nothing against it
  std::string publish_again;  ///< why what is published must be published again, whatever the state says; "": it need not
};

}  // namespace ingot::plan
