// Why something is planned, or why it is not. Pure, beside the planner, with the same questions.
#pragma once

#include <string>
#include <vector>

#include "reconciler/plan/plan.hpp"

namespace ingot {

/// What stands behind a verdict about a peer's image.
struct Evidence { ServerName peer; std::string url; Digest head; Serial serial = 0; std::optional<Time> seen; };

struct Subject {
  std::string address;
  std::string verdict;  ///< planned, done, held, blocked, not-wanted, unknown
  std::string code;     ///< for not-wanted: before-baseline, not-origin, no-match, state, excluded, where, beyond-latest, not-kept …
  std::string text;
  std::vector<Reason> because;
  std::optional<Evidence> evidence;
};

/// `what` is an address or a plain name, which is searched everywhere (images here, peers' images, series, types,
/// peers, subscriptions). Empty if nothing bears it; `known_names` gives the words for "did you mean".
std::vector<Subject> explain(const std::string& what, const Manifest& manifest, const Snapshot& snapshot,
                             const Observed& observed, const Plan& plan);
std::vector<std::string> known_names(const Manifest& manifest, const Snapshot& snapshot, const Observed& observed);

}  // namespace ingot
