// A plan as a value: the ordered changes, each with its reasons, and all that will not be done and why.
// A closed sum of small structs: whoever handles actions is told by the compiler when one is added.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "reconciler/plan/observed.hpp"
#include "schema/address.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/code.hpp"
#include "schema/manifest/manifest.hpp"
#include "schema/manifest/problem.hpp"
#include "state/snapshot.hpp"

namespace ingot::plan {

struct RegisterPeer {
  ServerName peer;
  Card card;
  std::vector<std::string> urls;
  SeenHead head;
};
struct UpdatePeer {
  ServerName peer;
  ServerName previous_name;
  Card card;
  std::vector<std::string> urls;
  std::optional<ServerId> replaces;
  std::optional<SeenHead> head;
};
struct UnregisterPeer {
  ServerName peer;
  ServerId id;
};

struct CreateType {
  TypeName name;
  TypeName base;
  bool managed = true;
};
struct UpdateType {
  TypeName name;
  TypeName base;
  bool managed = true;
};
struct DeleteType {
  TypeName name;
};

struct Instantiate {
  state::SubscriptionRow row;
};
struct UpdateSubscription {
  state::SubscriptionRow row;
  std::vector<std::string> changes;
};  ///< changes: for people, "since: now → 4"
struct Uninstantiate {
  ServerName peer;
  ServerId id;
  Selector selector;
  Serial stopped = 0;
};

struct AddImage {
  LocalImage image;
  std::optional<state::ImageKey> parent;
  std::optional<std::uint64_t> source_bytes =
      {};                           ///< of the source's files as they were seen; the image's size is known once it is added
  std::string source_trouble = {};  ///< why there is no source to add it of, a clause; "": none was seen
};
struct UpdateImage {
  state::ImageRow row;
  std::vector<std::string> changes;
};  ///< the row as it shall be
struct DeleteImage {
  state::ImageKey key = 0;
  ImageName name;
};

struct CreateSeries {
  SeriesName name;
  std::vector<ImageName> members;
  std::optional<Follow> follow;
};
struct UpdateSeries {
  SeriesName name;
  std::vector<ImageName> members;
  std::optional<Follow> follow;
  std::vector<std::string> changes;
};
struct DeleteSeries {
  SeriesName name;
};

/// A file is made that makes one image here of another. Both are known by their names: this plan may add them.
struct MakeDelta {
  ImageName image;
  std::optional<Digest> image_digest = {};  ///< nullopt: this plan adds it
  ImageName base;
  std::optional<Digest> base_digest = {};  ///< likewise
  std::uint64_t reads = 0;                 ///< bytes of both images, as far as they are known
};

struct Publish {};

/// What is published is put into a store, which holds less of it or an older head.
struct UploadTree {
  UploadEntry upload;
};

enum class Method { whole, reuse, delta };
/// A file of the peer that makes one image of another.
struct DeltaStep {
  Digest base;
  std::uint64_t base_size = 0;
  Digest result;
  std::uint64_t result_size = 0;
  Piece file;
  bool operator==(const DeltaStep&) const = default;
};
/// So many deltas, one after the other, make an image at most.
inline constexpr std::size_t most_steps = 4;
struct Transfer {
  Method method = Method::whole;
  std::optional<ImageName> from;      ///< the image here that serves (reuse, delta)
  std::uint64_t bytes = 0;            ///< to fetch
  std::vector<DeltaStep> steps = {};  ///< delta: one after the other, 1-4; the first starts from `from`
  bool operator==(const Transfer&) const = default;
};
/// A plan may hold 100,000 of these: what they have in common, and what the catalog holds already, they share.
struct CopyImage {
  ServerName peer;
  std::shared_ptr<const SeenHead> head;     ///< the head that authorises it; never null
  std::shared_ptr<const ImageEntry> entry;  ///< as the origin's catalog says; never null
  ImageName name;                           ///< here
  ImageState state = ImageState::published;
  Transfer transfer;
  bool protect = false;
};
/// A peer's image with bytes that are wanted here. Also a copy that the peer holds and serves will do: the digest is the image.
struct Offer {
  ServerName peer;
  std::shared_ptr<const SeenHead> head;     ///< the head that authorises it; never null
  std::shared_ptr<const ImageEntry> entry;  ///< of the peer's catalog; never null
};
/// The bytes of an image here, damaged or gone, from peers that have them.
struct FetchAgain {
  std::vector<Offer> offers;  ///< asked in this order until one gives them; never empty
  ImageName name;             ///< here
  Transfer transfer;
};
/// The same from the image's source.
struct TakeInAgain {
  LocalImage image;
  Digest digest;
};
/// A copy becomes an image of this server's own.
struct AdoptCopy {
  ServerName peer;         ///< that it was copied from
  ImageIdentity identity;  ///< that it has as a copy
  state::ImageRow row;     ///< as it shall be
};
struct UpdateCopy {
  ServerName peer;
  state::ImageRow row;
  std::vector<std::string> changes;
};
struct WithdrawCopy {
  ServerName peer;
  state::ImageRow row;
};  ///< the row as it shall be
struct RemoveCopy {
  ServerName peer;
  state::ImageKey key = 0;
  ImageName name;
};

/// An image is unpacked for those who use it; or one that is gets another owner or mode, or other members may change.
struct ExportImage {
  ExportEntry rule;       ///< as the manifest says
  std::string folder;     ///< `to`, an absolute path
  ImageName image;        ///< here when it is done, and its place in the folder
  bool is_there = false;  ///< it is exported: only `rule` is other than what was applied
  std::string like = {};  ///< an image in the same folder whose blocks it may share; "": there is none
};
/// The link of an export moves, or goes.
struct SwitchLink {
  ExportName name;
  std::string folder;
  std::string link = {};                 ///< to make or to move; "": none
  std::string old_link = {};             ///< to remove; "": none
  std::optional<ImageName> image = {};   ///< where `link` shall point
  std::optional<ImageName> before = {};  ///< the image for which `run` last succeeded
  std::vector<std::string> run = {};     ///< afterwards; empty: nothing
};
/// An exported image is removed from its folder.
struct Unexport {
  state::ExportedRow row;
  std::set<std::string> links = {};       ///< in the same folder, which must not point to it
  std::vector<std::string> changes = {};  ///< what the manifest lets change by now
};

using Action = std::variant<RegisterPeer, UpdatePeer, UnregisterPeer, CreateType, UpdateType, DeleteType, Instantiate,
                            UpdateSubscription, Uninstantiate, AddImage, UpdateImage, DeleteImage, CreateSeries, UpdateSeries,
                            DeleteSeries, Publish, CopyImage, FetchAgain, TakeInAgain, AdoptCopy, UpdateCopy, WithdrawCopy,
                            RemoveCopy, ExportImage, SwitchLink, Unexport, MakeDelta, UploadTree>;

/// Why an action is planned (R26).
struct Reason {
  Code code = Code::none;  ///< "new", "changed", "dropped", "subscription", "backfill", "withdrawn" …
  std::string rule;        ///< the address of the rule that wants it, or that wanted it
  std::optional<At> at;    ///< where it is written; nullopt where no line remains
  std::string text;        ///< one sentence
  std::shared_ptr<const CommitLine> by =
      {};  ///< what last changed the entry at `at`, or took it out; null: not known, or the entry did not change
  bool operator==(const Reason& other) const;
};

struct Change {
  Address address;
  Verb verb;
  Action action;
  std::vector<Reason> because;  ///< never empty
  std::vector<Address> after;   ///< changes of this plan that must be done first; sorted
  std::uint64_t size = 0;       ///< of the image, bytes; 0 for others
  bool deferred = false;        ///< past a budget: not done by this run
  std::string deferred_why;
  Code foreseen = Code::none;  ///< why it will fail as things are: "source-missing"; none: nothing is known against it
};

struct Blocked {
  Address address;
  Verb verb;
  Code code = Code::none;
  std::string text;
  std::string mend;
  std::optional<At> at;
  std::optional<ServerName> waits_for = {};  ///< the peer that must be known first; nullopt: none, or the peer of `address`
  bool stops_images = false;                 ///< of an export: none of its images is changed either
};
/// The order of Plan::blocked and of Plan::held.
template <class Obstacle>
bool stands_before(const Obstacle& one, const Obstacle& other) {
  return std::tie(one.address, one.verb, one.code, one.text) < std::tie(other.address, other.verb, other.code, other.text);
}
/// `text` begins with why the action was to be done.
struct Held {
  Address address;
  Verb verb;
  Code code = Code::none;
  std::string text;
  std::string mend;
  std::vector<Reason> because = {};
  bool stops_images = false;  ///< of a dropped export: none of its images is removed either
};
/// Whether an obstacle is the reason why nothing is done at this address.
template <class Obstacle>
bool stops(const Obstacle& obstacle, std::string_view address) {
  return obstacle.address.text == address || (obstacle.stops_images && address.starts_with(obstacle.address.text + "."));
}
struct UnknownPeer {
  ServerName peer;
  Code code = Code::none;
  std::string text;
  std::optional<At> at;
};

/// A limit that bears on this plan: what it is, what is used of it, where it stands ("ingot.toml:17" or "default").
struct LimitLine {
  std::string name;
  std::string used;
  std::string limit;
  std::string where;
};

/// Bookkeeping that an apply records beside the actions; not part of the plan's id.
struct Wantedness {
  state::ImageKey key = 0;
  std::optional<Time> unwanted_since;
};

/// What limits a plan to some addresses.
enum class LeftOutBy { nothing, targets, exclusions, targets_and_exclusions, saved_plan };
std::string_view text_of(LeftOutBy by);  ///< "--target", "--exclude", "--target and --exclude", "the saved plan"; "" of nothing
std::optional<LeftOutBy> parse_left_out(std::string_view text);  ///< nullopt: no such word, as ""

/// An exported image that is not in its folder any more, and not wanted there: an apply forgets it.
struct ForgottenExport {
  ExportName name;
  std::string folder;
  ImageName image;
};

/// A delta that no rule wants any more: an apply forgets it.
struct UnwantedDelta {
  Digest image;
  Digest base;
};

/// The commit whose plan was taken out of another's: only what is beyond it is left.
struct PlanBase {
  std::string revision;        ///< as it was named
  std::string commit;          ///< 40 hex digits: where the manifest's commit branched off from it
  Digest whole = {};           ///< the id of the plan before anything was taken out
  std::uint64_t left_out = 0;  ///< actions that it would do as well
  std::string trouble = {};    ///< why nothing could be taken out; "": it could
  bool went_on = false;        ///< the revision has newer commits than that, which are left out of both plans
};

struct Plan {
  ServerName server;
  ServerId id_of_server;
  std::string manifest_path;
  Digest manifest_digest;
  std::optional<ManifestCommit> git = {};  ///< the commit that the manifest is from
  std::optional<PlanBase> base = {};       ///< nullopt: the plan is whole
  bool complete = true;                    ///< false if a peer is unknown
  std::vector<Change> actions = {};        ///< in the order of R23; an address occurs once
  std::vector<Blocked> blocked = {};       ///< by stands_before
  std::vector<Held> held = {};             ///< by stands_before
  std::vector<UnknownPeer> unknown = {};   ///< sorted by peer
  std::vector<Note> notes = {};            ///< sorted by code, address
  std::vector<LimitLine> limits = {};
  std::vector<Wantedness> wantedness = {};
  std::vector<ForgottenExport> forgotten = {};      ///< by name, folder, image; not part of the plan's id
  std::vector<UnwantedDelta> unwanted_deltas = {};  ///< by image, base; not part of the plan's id
  /// Partial copies, by the image's digest, that go before any copy begins: nothing wants them, or what comes first needs their
  /// room. Not part of the plan's id.
  std::vector<Digest> abandoned = {};
  bool short_of_room = false;            ///< a copy waits for room on the disk
  std::set<std::string> ignored = {};    ///< addresses whose trouble does not end a run with 3 now, by the manifest's [[ignore]]
  std::set<Digest> served_damaged = {};  ///< of images whose bytes the published catalog names, and that were damaged or gone
  std::vector<ServerName> settled =
      {};  ///< peers for which there is nothing to do, blocked or waiting: may be remembered as Settled
  std::optional<Time> settled_until = {};       ///< when time alone brings the next change (prune)
  bool whole = true;                            ///< false: the run was told to do a part of what there is to do
  std::set<UploadName> excluded_uploads = {};   ///< not even a head that is renewed goes there
  LeftOutBy left_out_by = LeftOutBy::nothing;   ///< what left actions out by their address
  std::map<Verb, std::uint64_t> left_out = {};  ///< how much of it, also of what is blocked or held

  /// Actions that an apply would do now.
  std::size_t pending() const;  ///< not deferred
};

/// The verb that an action is.
Verb verb_of(const Action& action);

/// Whether the manifest ignores this trouble: of an address, or of the peer that it waits for.
bool is_ignored(const Plan& plan, const Blocked& blocked);
bool is_ignored(const Plan& plan, const UnknownPeer& peer);

/// What Change::foreseen says, as a sentence; "" if it says nothing.
std::string foreseen_text(const Change& change);

/// How the bytes move of an action that fetches an image; nullptr: it fetches none.
const Transfer* transfer_of(const Action& action);

/// From whom an action fetches an image, of several who is asked first; nullptr: it fetches none.
const ServerName* source_of(const Action& action);

/// What `plan` exits with for what it foresees: 0, or 3 blocked, unknown or sure to fail, 4 untrusted, 6 damaged or no key to
/// sign with, 7 held; with `detailed`, 2 for changes. The first of 4, 6, 7, 3, 2 wins.
int exit_code_of(const Plan& plan, bool detailed);

}  // namespace ingot::plan
