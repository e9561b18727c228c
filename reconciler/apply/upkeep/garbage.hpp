// What of the store no image needs any more, and since when: the marks, the fate of every file, and the collection itself
// (decisions/0005). A file that is needed no more is condemned when gc first sees it; a later gc takes it after the grace.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reconciler/store/store.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// Whose bytes a next run may want: never taken, also in part.
struct WantedBytes {
  std::unordered_set<Digest> digests;  ///< of images
  /// false: there may be others, of a peer of which nothing is remembered; so all partial copies and all bytes of copies
  /// stay.
  bool complete = true;
  bool operator==(const WantedBytes&) const = default;
};

struct GarbageRules {
  Seconds grace{0};  ///< 0: what is not needed is taken at once
  bool dry_run = false;
  WantedBytes wanted = {};
};

/// A file with what became of it, or is going to.
struct GarbageFile {
  std::string path;  ///< in the store
  std::string what;  ///< "bytes of image db19_23, deleted", "page of an old catalog" …
  std::uint64_t bytes = 0;
  Time since;  ///< when gc first saw that nothing needs it
  Time until;  ///< waiting: when it may go
  bool operator==(const GarbageFile&) const = default;
};

struct Garbage {
  std::vector<GarbageFile> taken;
  std::vector<GarbageFile> unserved;  ///< moved out of the public tree: the image is here, but its bytes are not to be served
  std::vector<GarbageFile> waiting;
  std::vector<std::string> notes;  ///< why something stays that might go
  bool fault = false;              ///< one of these tells of a local fault: something cannot be read, or not be noted
  std::uint64_t freed() const;
};

/// What the files of a store are needed for. Pure values, so that their fate is a pure question.
struct Needs {
  std::unordered_set<Digest> objects;       ///< of images here and wanted ones: never taken
  std::unordered_set<Digest> to_be_served;  ///< of these: those that the next head offers
  std::unordered_set<Digest> missing;       ///< of `objects`: those that are not in the store, or not with their length
  /// By heads: until when readers of the last of those that name it need it; for_ever: the published one does.
  std::unordered_map<Digest, Time> named_objects;
  std::unordered_map<Digest, Time> named_pieces;
  std::set<Serial> heads;       ///< the published one, the newest, and those that are good still
  bool heads_are_known = true;  ///< false: one of these could not be read to its end, so nothing public goes
  WantedBytes wanted = {};
  bool operator==(const Needs&) const = default;
};

inline constexpr Time for_ever = Time::max();
/// So long after a head's end stays what it named: for readers whose clocks are behind, and for downloads that began in time.
inline constexpr Seconds reading_time = trust::clock_slack + std::chrono::hours(24);

enum class Fate { stays, taken_at_once, taken, unserved };
struct Verdict {
  Fate fate = Fate::stays;
  Time not_before;  ///< taken, unserved: when the grace is over, and not before this
  bool operator==(const Verdict&) const = default;
};
Verdict fate_of(const store::StoredFile& file, const Needs& needs);

/// Only under the run lock, with a state that is whole. Works on a full disk: what goes, goes before anything is written.
/// With `dry_run` nothing is written, and `taken` is what would be taken now. Error{local}: the clock is behind what this
/// server has signed ("clock-behind"), or the state is older than the store ("old-state"); nothing was changed.
Garbage collect_garbage(const state::State& state, store::Store& store, const ServerSection& server, const GarbageRules& rules,
                        Time now);

}  // namespace ingot::apply
