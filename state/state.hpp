// The state file: opening it, reading a snapshot, and recording what a run does, one transaction each. SQLite is hidden
// in engine/. The store and the signed heads are the truth; this is an index, intentions and floors of trust.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/address.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/floor.hpp"
#include "schema/catalog/stated.hpp"
#include "schema/manifest/manifest_commit.hpp"
#include "schema/outcome.hpp"
#include "state/effect.hpp"
#include "state/engine/place.hpp"
#include "state/engine/run_fence.hpp"
#include "state/restoration.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// How a run begins, for the history.
struct RunStart {
  std::string id;  ///< sortable: 20261123T020000Z-1a2b3c
  Time started;
  std::string command;  ///< "apply", "publish"
  std::string actor;    ///< user@host
  std::string manifest_path;
  Digest manifest_digest;
  std::optional<ManifestCommit> git;  ///< the commit that the manifest is from
  std::string plan_id;
  std::uint64_t planned = 0;  ///< number of actions
};

/// An action that was planned and not begun, for the history.
struct UnbegunAction {
  Address address;
  Verb verb;
  std::string arguments;  ///< one line for people
  Skipped why;
};

/// What the history says of an action.
enum class ActionEnd { done, failed, skipped, unfinished };

/// An action that is about to be done, for the history.
struct BegunAction {
  std::int64_t number = 0;
  Address address;
  Verb verb;
  std::string arguments;  ///< one line for people
  Time started;
};

/// An action that was begun, and what came of it.
struct FinishedAction {
  std::int64_t number = 0;
  Outcome outcome;
  Effects effects;
};

/// "done" …
std::string_view text_of(ActionEnd end);
std::optional<ActionEnd> parse_action_end(std::string_view text);

struct ActionRecord {
  std::int64_t sequence = 0;
  Address address;
  Verb verb;
  std::string arguments;  ///< one line for people
  ActionEnd outcome = ActionEnd::unfinished;
  Code code = Code::none;  ///< of a failure; "deferred": skipped, as it was past a limit
  std::string text;        ///< of what was done: how it came; else why not
  Time started;
  std::optional<Time> finished;
};

struct RunRecord {
  RunStart start;
  std::optional<Time> finished;  ///< nullopt: it died
  std::optional<int> exit_code;
  std::uint64_t done = 0, failed = 0, skipped = 0, deferred = 0;  ///< skipped: for other reasons than that it was deferred
  std::vector<ActionRecord> actions;                              ///< only from State::run()
};

/// Where the packed bytes of an image's digest are.
struct ObjectRow {
  Digest digest;  ///< of the canonical bytes
  std::uint64_t size = 0;
  Packed packed;
};

/// What a state with damaged rows still tells of what is known nowhere else.
struct Salvage {
  Serial reserved = 0;
  std::vector<Registration> registrations;     ///< those of known peers
  std::vector<SubscriptionRow> subscriptions;  ///< likewise
  std::vector<ImageRow> images;
  std::vector<ExportRow> exports;
  std::vector<ExportedRow> exported;
  std::vector<Floor> floors;
  std::uint64_t left_out = 0;  ///< rows that cannot be read
};

/// Where a state is now, and since when.
struct MovedState {
  std::string place;
  Time at;
  bool finished = false;  ///< false: the move was cut off, and the state there has no name yet; move_to finishes it
};

/// That the state `from` was moved, where to and when; and what to do about it.
std::string move_text(const std::string& from, const MovedState& moved);
std::string move_mend(const MovedState& moved);

/// What one machine learnt of a peer and the others must know. The envelopes are as they were served.
struct KnownToAll {
  ServerId id = {};
  std::string head = {};      ///< the last one whose whole catalog was verified; "": none
  std::string url = {};       ///< that served it
  Time fetched = {};          ///< when it was first seen
  std::string evidence = {};  ///< two heads that contradict each other, as PeerMemory::evidence gives them; "": none
  bool operator==(const KnownToAll&) const = default;
};

enum class Access { read_only, read_write };
enum class OpenMode;

/// Calls may come from several threads: they are served one after the other. A visitor may read from the same State.
/// Whatever a damaged file holds, calls give a value or throw Error{local}; Error{internal} if a change contradicts what
/// the state holds.
class State {
 public:
  /// Makes a new, empty state at `path` with a fresh lineage; never overwrites. Error{local} if it exists or cannot be.
  static State create(const std::string& path, const std::string& lineage, const ServerId& self, const ServerName& name);
  /// Opens an existing one; `read_write` upgrades an older schema after a backup, `read_only` a copy of it in memory.
  /// Error{local}: missing, damaged ("damaged-state"); Error{manifest}: not a state of ingot, of a newer ingot (then untouched).
  static State open(const std::string& path, Access access);
  /// The same wherever it is.
  static State create(const Place& place, const std::string& lineage, const ServerId& self, const ServerName& name);
  static State open(const Place& place, Access access);
  /// Whether this server has a state in that database. Error{local}.
  static bool is_in_database(const Place& place);
  /// Makes a state of what a lost one left, with the run that did it; whole and durable before it gets its name, never
  /// overwrites. `before_its_name`: moves aside what bears it; until the name is given, whatever fails, the new one is there
  /// as `path` + ".new".
  static void restore(const std::string& path, const Restoration& what, const RunRecord& by,
                      const std::function<void()>& before_its_name);
  State(State&&) noexcept;
  State& operator=(State&&) noexcept;
  ~State();

  /// Each write from now on is refused if another run took the lock since, or the session that holds it is gone. Error{local}.
  void hold_to(const RunFence& fence);

  /// Carries this state over to where none is: every row is copied and compared, then this one is marked as moved. Gives how many
  /// rows there were; 0 if a move that was cut off was finished. Error{local}. `known`: make_known_to_all
  /// there, at once.
  std::uint64_t move_to(const Place& to, Time now, const std::vector<KnownToAll>& known = {});
  /// nullopt: it was not moved.
  std::optional<MovedState> moved() const;

  /// Whether several machines use this state, each with a folder of its own.
  bool is_shared() const;
  /// What the machines of this server know of its peers. A file is of one machine, which has all that in its folder: empty.
  std::vector<KnownToAll> known_to_all() const;
  /// The same of these peers, and no more: nothing else of theirs is kept. Does nothing for a file.
  void make_known_to_all(const std::vector<KnownToAll>& peers);

  const std::string& lineage() const;
  ServerId self() const;
  std::uint64_t generation() const;    ///< Snapshot::generation
  Serial reserved_serial() const;      ///< Snapshot::reserved_serial
  std::uint64_t images_total() const;  ///< Snapshot::images_total
  /// It was made of what a lost one left, and no apply has done since all that there was to do: it may not know yet what is
  /// needed.
  bool made_anew() const;
  void note_caught_up();  ///< ends that

  std::vector<Registration> registrations() const;
  /// Grows whenever a subscription, copy or registration of this peer changes: part of what makes a peer settled.
  std::uint64_t revision_of(const ServerId& peer) const;
  Snapshot snapshot(const SnapshotScope& scope = {}) const;
  /// The live image that bears exactly this name.
  std::optional<ImageRow> live_image(const ImageName& name) const;
  std::optional<ExportRow> export_in(const ExportName& name, const std::string& folder) const;
  std::optional<ExportedRow> exported(const ExportName& name, const std::string& folder, const ImageName& image) const;

  // Recording a run. Each call is one durable transaction.
  void begin_run(const RunStart& start);
  /// What was not begun goes into the history as skipped.
  void finish_run(const std::string& run, Time finished, int exit_code, const std::vector<UnbegunAction>& not_begun = {});
  /// Gives the number to finish it with.
  std::int64_t begin_action(const std::string& run, const Address& address, Verb verb, const std::string& arguments,
                            Time started);
  /// The same for several whose numbers are given already: above newest_action(), and rising.
  void begin_actions(const std::string& run, const std::vector<BegunAction>& actions);
  /// Outcome and effects together; gives the keys of the images that PutImage made, in order.
  std::vector<ImageKey> finish_action(std::int64_t action, const Outcome& outcome, const Effects& effects, Time finished);
  /// Begins `begun` and finishes `actions`, in this order: all or none of them. Gives the keys for each of `actions`.
  std::vector<std::vector<ImageKey>> finish_actions(const std::string& run, const std::vector<BegunAction>& begun,
                                                    const std::vector<FinishedAction>& actions, Time finished);
  /// Effects outside an action: bookkeeping such as MarkWanted and SeenPeer.
  void record(const Effects& effects);

  // Publishing (R25). A reserved serial is burnt: it never names other bytes.
  /// max(published, reserved, at_least) + 1, durably; gives it to every event that no head has shown yet.
  Serial reserve_serial(Serial at_least);
  /// The public content in the index's order; each callback gets values ready to write. With `publish_copies` the
  /// copies' `packed` are given, else they are nullopt. Private images are in nothing (R15). Events that have no serial
  /// yet are left out: they belong to the head after the next reserve_serial. A series is public once it has had a
  /// public member, a custom type while a public image is of it.
  struct PublicContent {
    std::function<void(const ImageEntry&)> image;
    std::function<void(const ImageTombstone&)> deleted_image;
    std::function<void(const SeriesEntry&)> series;
    std::function<void(const SeriesTombstone&)> deleted_series;
    std::function<void(const TypeEntry&)> type;
  };
  void each_public(bool publish_copies, const PublicContent& visit) const;
  /// The bytes that must be under the published tree before the next head, each once: of own public images, and of
  /// copies if `publish_copies`.
  void each_public_object(bool publish_copies, const std::function<void(const ObjectRow&)>& visit) const;
  /// What is said of this state beside the public content: nothing private (R15), and nothing that changes with the serials of
  /// peers alone. `copies_published` is left as it is.
  Stated stated() const;
  struct Published {
    Serial serial = 0;
    Digest head;
    Digest index;
    Time expires;
    bool copies_published = false;
  };
  /// `put_head` puts the head with the serial that was reserved last in its place, while nobody else can write here. What
  /// changed since it was reserved stays pending. Error{local}: another program has written meanwhile; nothing was put.
  void finish_publish(const Published& published, const std::function<void()>& put_head = {});
  std::optional<Published> published() const;
  /// Whether the public content, or `publish_copies`, is other than what the last finished head showed.
  bool content_pending(bool publish_copies) const;

  // Bytes.
  std::optional<ObjectRow> object(const Digest& digest) const;
  /// Whether these bytes are here for private images alone, also for deleted ones: to name their digest gives nobody the bytes.
  bool is_secret(const Digest& digest) const;
  std::vector<ImageRow> live_images_of(const Digest& digest) const;
  std::vector<DeltaRow> deltas() const;  ///< Snapshot::deltas
  // Uploads, by place_of(UploadEntry).
  std::optional<UploadRow> upload(const std::string& place) const;
  std::vector<UploadedRow> uploaded(const std::string& place) const;  ///< sorted by path
  std::optional<UploadParts> upload_parts(const std::string& place, const std::string& path) const;
  /// Paths of the uploads in parts that are under way.
  std::vector<std::string> uploads_in_parts(const std::string& place) const;
  /// Sorted by digest; of deleted images too.
  void each_object(const std::function<void(const ObjectRow&)>& visit) const;

  // Floors of trust.
  std::optional<Floor> floor(const ServerId& id) const;
  std::vector<Floor> floors() const;  ///< sorted by id
  /// (epoch, serial), root_version and issued each only rise; a lower one changes nothing.
  void raise_floor(const Floor& floor);

  // History, newest first.
  std::vector<RunRecord> runs(std::size_t most) const;
  std::optional<RunRecord> run(const std::string& id) const;  ///< a unique prefix is enough
  /// All runs in the order in which they began, one at a time, without their actions.
  void each_run(const std::function<void(const RunRecord&)>& visit) const;
  /// All actions of all runs in the order in which they began, one at a time; `run`: the id of its run.
  void each_action(const std::function<void(const std::string& run, const ActionRecord&)>& visit) const;
  std::optional<RunRecord> last_run() const;           ///< without its actions
  std::optional<ManifestCommit> applied_last() const;  ///< the commit of the newest apply that knew its own
  /// The runs that had something to do with this address, newest first, each with just those actions.
  std::vector<RunRecord> runs_of(const Address& address) const;
  std::int64_t newest_action() const;  ///< the number that an action got last; 0: none yet

  /// Reads the whole file and all references in it; Error{local} if damaged.
  void check() const;
  /// Reads every row as all do who read it; Error{local} if one of them finds it damaged.
  void check_rows() const;
  /// Whether the file is put together as it should be, whatever its rows hold. Error{local} if it cannot be read.
  bool is_well_formed() const;
  /// What can be read of a well-formed one.
  Salvage salvage() const;

 private:
  struct Impl;
  explicit State(std::unique_ptr<Impl> impl);
  static std::unique_ptr<Impl> open_file(const std::string& path, OpenMode mode);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::state
