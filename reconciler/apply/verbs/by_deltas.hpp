// An image out of one that is here, by one or more of a peer's deltas.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>

#include "reconciler/apply/run.hpp"

namespace ingot::apply {

struct ByDeltas {
  const ServerName& peer;
  const ImageEntry& entry;
  const plan::Transfer& transfer;  ///< Method::delta
  store::Place place;
};

/// It was made, and its bytes are the image that the catalog names: they are in the store, durably. The files of its deltas are
/// there still.
struct MadeByDeltas {
  Packed packed;
  std::uint64_t fetched = 0;
};
/// It could not be made so, through nobody's fault that a whole copy could not mend.
struct NoUse {
  std::string why;  ///< as a clause
  std::uint64_t fetched = 0;
};

/// The files of its deltas.
std::set<Digest> files_of(const plan::Transfer& transfer);

/// Throws Error{local}: this server's disk; Error{interrupted/terminated}, and what ends a run in time: what was fetched is kept.
std::variant<MadeByDeltas, NoUse> make_by_deltas(const ByDeltas& wanted, const Task& task, Run& run);

}  // namespace ingot::apply
