// Why something is planned, or why it is not. Pure, beside the planner, with the same questions.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/plan/plan.hpp"

namespace ingot::plan {

enum class SubjectVerdict { planned, done, held, blocked, not_wanted, unknown };

/// As in JSON: "planned", "not-wanted" …
std::string_view text_of(SubjectVerdict verdict);

/// What stands behind a verdict about a peer's image.
struct Evidence {
  ServerName peer;
  std::string url;
  Digest head;
  Serial serial = 0;
  std::optional<Time> seen;
};

struct Subject {
  std::string address;
  SubjectVerdict verdict = SubjectVerdict::unknown;
  Code code =
      Code::none;  ///< for not-wanted: before-baseline, not-origin, no-match, state, excluded, where, beyond-latest, not-kept …
  std::string text;
  std::vector<Reason> because;
  std::optional<Evidence> evidence;
};

/// A peer's catalog as it was read last, for peers that cannot be had now.
struct LastSeen {
  SeenHead head;
  Time seen;
  std::shared_ptr<const Catalog> catalog;
};
using LastSeenOf = std::map<ServerId, LastSeen>;

/// What is seen of the peers for explain: of a settled one that was asked about images, what its pages about them have.
Observed with_what_settled_peers_have(Observed observed);

/// `what` is an address or a plain name, which is searched everywhere (images here, peers' images, series, types,
/// peers, subscriptions). Each address once. Empty if nothing bears it; `known_names` gives the words for "did you mean".
/// Of settled peers only what with_what_settled_peers_have() gives is known.
std::vector<Subject> explain(const std::string& what, const Manifest& manifest, const state::Snapshot& snapshot,
                             const Observed& observed, const Plan& plan, const LastSeenOf& last_seen = {});
/// The name of an image in an address of one, or the plain name itself.
std::string image_name_in(const std::string& what);
std::vector<std::string> known_names(const Manifest& manifest, const state::Snapshot& snapshot, const Observed& observed,
                                     const LastSeenOf& last_seen = {});

}  // namespace ingot::plan
