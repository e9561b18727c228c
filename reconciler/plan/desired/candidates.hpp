// Which images of a peer a subscription wants, and why not the others (R4, R7-R10, R12, R15, R21). The planner acts on
// these answers and explain tells them: one set of questions for both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/plan/desired/catalog_index.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

enum class Verdict { wanted, not_origin, no_match, excluded, where, not_kept, state, before_baseline, beyond_latest };

/// None if wanted; "not-origin", "no-match", "excluded", "where" …
Code code_of(Verdict verdict);

/// What a subscription counts from, and whose it is.
struct Terms {
  const PeerCase* peer = nullptr;
  const SubscriptionEntry* rule = nullptr;
  std::uint32_t order = 0;  ///< place of the rule in the manifest
  Serial baseline = 0;
  bool fresh = false;  ///< instantiated, or its `since` set, by this plan
};

/// What a subscription says of one image that its selector names.
struct EvaluatedRule {
  std::uint32_t entry = 0;  ///< place in Catalog::images
  std::uint32_t rule = 0;   ///< place in Manifest::subscriptions
  Verdict verdict = Verdict::no_match;
  bool keeps = false;  ///< a copy that is here already is still wanted: its state and the baseline don't matter (R16)
  Serial came = 0;     ///< when it was created or added to the series
  Serial event = 0;    ///< when it counts: also in one of the states; 0 if it is not in them now
};

/// One answer per own entry that the selector names; sorted by entry.
std::vector<EvaluatedRule> judge(const Terms& terms, CatalogIndex& index);

/// A key of `where` that an image does not match. Borrows from both.
struct Mismatch {
  std::string key;  ///< "platform", "labels.arch" …
  std::string_view glob;
  std::optional<std::string_view> value;  ///< what the image has; nullopt: no such label
};
/// Empty if `where` holds for the image.
std::vector<Mismatch> mismatches(const Where& where, const ImageEntry& image);

/// From which serial on the image has been in one of `states` without a break until now; nullopt if it is not.
std::optional<Serial> in_states_since(const ImageEntry& image, const std::vector<ImageState>& states);

/// How an image came to count, as a clause: "created it at serial 17".
std::string event_text(const EvaluatedRule& evaluated, const SubscriptionEntry& rule, const ImageEntry& entry);

}  // namespace ingot::plan
