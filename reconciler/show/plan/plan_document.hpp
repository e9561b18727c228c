// A plan as a document: what `plan --json` prints, and what `plan --out` keeps so that it can be applied later. Read strictly:
// a document may come from anywhere. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "reconciler/plan/check_plan_fits.hpp"
#include "reconciler/show/plan/shown_plan.hpp"

namespace ingot::show {

struct PlanDocument {
  ShownPlan plan;                             ///< with its intents
  std::optional<plan::PlanBasis> basis = {};  ///< nullopt: it was only printed, and cannot be applied
};

/// Why bytes are no plan, as a clause: "is not valid JSON".
struct NotAPlan {
  std::string why;
};

/// The largest document, bytes.
inline constexpr std::size_t largest_plan_document = std::size_t{256} * 1024 * 1024;
/// What every plan document begins with.
inline constexpr std::string_view plan_document_begin = "{\"format\":\"ingot.plan/";

/// With the digest of all that stands before it in its last line.
std::string write_plan_document(const ShownPlan& plan, const plan::PlanBasis& basis);

/// The intents must be those that the id names; of a document that was kept the digest must be right, too.
std::variant<PlanDocument, NotAPlan> parse_plan_document(std::string_view bytes);

/// What is checked of a plan that was saved.
plan::SavedPlan saved_plan(const ShownPlan& plan, const plan::PlanBasis& basis);

}  // namespace ingot::show
