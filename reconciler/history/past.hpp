// What was here at an earlier moment: what is here now, without what came since then and with what went. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/options/arguments.hpp"
#include "state/state.hpp"

namespace ingot::history {

/// All runs of a state with their actions, in the order in which they got the lock.
using RunHistory = std::vector<state::RunRecord>;

/// After some run of the history, or in the middle of one.
struct Moment {
  std::size_t runs = 0;  ///< so many had begun
  std::optional<Time> until =
      {};  ///< of all runs what had ended by then, for one may have begun, and waited; nullopt: all that those did
  bool operator==(const Moment&) const = default;
};

/// `at`: a run or the beginning of its id, a commit that a run was of (or the beginning of one, or what `resolve` makes one of),
/// or a time. Error{usage}: it is none, or several.
Moment moment_of(const std::string& at, const RunHistory& history,
                 const std::function<std::optional<std::string>(const std::string&)>& resolve);

/// When and by which run something came.
struct PastArrival {
  Time time;
  std::string run;
  std::string actor;
  std::optional<std::string> commit;
};

struct PastThing {
  Address address;
  std::string name;                    ///< here; of a copy that was renamed since, on its peer
  std::optional<PastArrival> arrived;  ///< nullopt: before all that the history knows
  std::optional<state::ImageRow>
      image;  ///< what never changes of an image: identity, digest, size, kind, type. nullopt: no image, or not known
};

/// Sorted by address. Error{incomplete} "before-history": the history does not reach back so far, with since when it does.
std::vector<PastThing> things_at(options::Topic topic, const Moment& moment, const RunHistory& history,
                                 const state::Snapshot& now);

/// Where an image here, live or gone, stands in plans.
Address address_of(const state::ImageRow& image);

}  // namespace ingot::history
