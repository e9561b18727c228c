// A plan for people: what will be done, grouped by peer, each line with its size and reason; then all that will not be
// done and why, with how to mend it; the limits; one line that sums it up. Pure.
#pragma once

#include <string>
#include <string_view>

#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"
#include "reconciler/show/plan/shown_plan.hpp"

namespace ingot::show {

/// `verbose` shows every reason and every note.
void show_plan(const ShownPlan& plan, bool verbose, const Style& style, Output& out);

/// " (ingot.toml:41)", or the rule where no line remains; "" if there is neither, as of the catalog. Who wrote it, if known.
/// `folder`: of the manifest, if the reader has several ("sites/paris/").
std::string place_of(const plan::Reason& reason, std::string_view folder = "");

/// "origin/main (4be1f2a, where it branched off)"
std::string base_text(const plan::PlanBase& base);

/// "Plan: 3 to copy (1.2 GB to fetch), 1 to add; 1 blocked." or "No changes. …".
std::string plan_summary(const ShownPlan& plan);
/// The same, with `base` for the revision of its base: Markdown writes it as code.
std::string plan_summary(const ShownPlan& plan, std::string_view base);

/// How many actions of each verb are not deferred, {{copy, 3}, …}, what moves bytes first.
std::vector<std::pair<Verb, std::size_t>> verb_counts(const ShownPlan& plan);

/// The symbol of a verb in a plan's lines ("+" …) and its colour.
struct Symbol {
  char symbol;
  Ink ink;
};
Symbol symbol_of(Verb verb);
/// The same; an export that only gets other settings is a change.
Symbol symbol_of(const ShownAction& action);

/// Whether a verb ends or removes something: a reader must see it first.
bool ends_something(Verb verb);

}  // namespace ingot::show
