// One small text with all that a plan is made of: the manifest, the state, what peers publish, and the plan expected
// (tests/plan/cases/README.md says how it is written).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "reconciler/plan/make_plan.hpp"

namespace ingot::testing_support {

/// What is wrong with a case file, with its line.
struct BadCase : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A manifest of this text, as in a case file; throws BadCase.
Manifest case_manifest(std::string_view toml);

struct PlanCase {
  Manifest manifest = case_manifest("");
  state::Snapshot snapshot;
  plan::Observed observed;
  plan::PlanOptions options;
  std::string what;         ///< the text before the first part: what the case shows
  std::string before_plan;  ///< everything up to and with the line "== plan"
  std::string expected;     ///< the lines after it
};

/// Throws BadCase.
PlanCase read_case(std::string_view text);

/// The servers of cases are named by a word: their identity is the digest of it.
ServerId case_server(std::string_view word);
/// The clock of all cases.
Time case_now();

}  // namespace ingot::testing_support
