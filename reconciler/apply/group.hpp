// Actions that are recorded together. A group is the actions that were done and wait: what they brought becomes durable, gets
// its names and is recorded in one step, so that they share the waits for the disk. This is the one place that knows what a
// group is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "reconciler/apply/image_names.hpp"
#include "reconciler/apply/journal.hpp"
#include "reconciler/io/clock.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/store/store.hpp"
#include "schema/error.hpp"
#include "schema/outcome.hpp"

namespace ingot::apply {

/// What an action did: files that shall get their names, and then effects that the state shall record with its outcome.
struct ActionEffects {
  state::Effects effects = {};
  std::uint64_t fetched = 0;    ///< bytes from a peer
  std::string how = {};         ///< as in Done
  std::set<Digest> spent = {};  ///< partial files that nothing needs once the effects are recorded
  store::Staged staged = {};
};
using Result = std::variant<ActionEffects, Failed>;

/// An action that is over and waits to be recorded.
struct Waiting {
  std::size_t action;  ///< its place in the plan
  const plan::Change& change;
  std::int64_t number;  ///< in the journal
  std::variant<ActionEffects, Outcome> result;
};

/// Who is told, by whichever thread ends the group.
struct GroupEnd {
  /// What became of an action, once that is recorded. Must not throw, and must not wait for another action.
  std::function<void(const Waiting& member, const Outcome& outcome)> recorded;
  /// Not even the failure of an action can be recorded. Must not throw.
  std::function<void(const Error&)> cannot_record;
};

/// Thread-safe. A group ends when it is full or has waited for long, with the first action that was not done, and before and
/// after an action that needs it (`joins`).
class Group {
 public:
  /// A group has at most so many actions, and staged bytes up to those of the last one; the first one waits for so long at most,
  /// if somebody asks (`end_if_waited_long`).
  static constexpr std::size_t most_actions = 64;
  static constexpr std::uint64_t most_bytes = 64U << 20U;
  static constexpr std::chrono::milliseconds longest_wait{1000};

  Group(store::Store& store, Journal& journal, ImageNames& names, io::Clock& clock, GroupEnd end);

  /// Whether an action only brings files and effects. Any other acts by itself or reads what is recorded: it is alone in a group.
  static bool joins(const plan::Action& action);

  /// Gives the number to finish an action with. What joins is noted in the state before anything of it has a name. Error{local}.
  std::int64_t begin(const plan::Change& change);
  void add(Waiting waiting);
  /// Records all that wait, and which others are under way. Throws only std::bad_alloc.
  void end();
  void end_if_waited_long();

  // Before somebody reads it, what waits is recorded.
  void settle(const std::vector<Address>& addresses);
  void settle(const Digest& bytes);
  void settle(const ImageName& image);

 private:
  /// What the waiting actions bring.
  struct Brings {
    std::set<Address> addresses;
    std::set<Digest> bytes;
    std::set<ImageName> images;
    bool drops_images = false;  ///< whose names are not known here
  };
  using Members = std::vector<Waiting>;

  void end_if(const std::function<bool(const Brings&)>& brings_it);
  /// In a thread of its own, so that the next group is filled meanwhile; waits for the group before.
  void end_beside();
  Members take();
  void end_these(Members& members);
  void name_files(Members& members);
  void record_begun();
  void record(Members& members);
  void record_one(Waiting& member);
  void cannot_record(const std::exception& error);

  store::Store& store_;
  Journal& journal_;
  ImageNames& names_;
  io::Clock& clock_;
  GroupEnd end_;
  std::mutex ending_;  ///< one group ends after the other; taken before the other mutex
  std::mutex mutex_;   ///< guards what follows
  Members members_;
  Brings brought_;      ///< by them
  Brings being_ended_;  ///< by those of the group that ends now
  std::uint64_t bytes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> since_;  ///< when the first began that the state does not know
  io::Threads beside_;  ///< guarded by ending_; last: the rest is there as long as it runs
};

}  // namespace ingot::apply
