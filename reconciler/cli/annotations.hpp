// What a run has to say about lines of the manifest, worst first: the one value behind GitHub's annotations, GitLab's Code
// Quality, SARIF and JUnit. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/cli/shown_plan.hpp"
#include "schema/error.hpp"
#include "schema/problem.hpp"

namespace ingot {

enum class Severity { error, warning };

struct Annotation {
  Severity severity = Severity::error;
  std::string code;  ///< a stable word: of a problem, of what blocks or holds, of why a peer is unknown
  std::string text;  ///< printable, with how to mend it
  std::string file;  ///< relative to the working directory if it lies below it; "": no file
  int line = 0;      ///< from 1; 0: the file as a whole
  int column = 0;    ///< in code points, from 1; 0: the line as a whole
  bool operator==(const Annotation&) const = default;
};

/// `folder`: the working directory, absolute; file names below it become relative.
std::vector<Annotation> annotations_of(const Problems& problems, const std::string& folder);
/// Untrusted peers and damaged images are errors; what is blocked, held or unknown for ordinary reasons are warnings.
std::vector<Annotation> annotations_of(const ShownPlan& plan, const std::string& folder);
/// What failed, which is an error, and what the plan said.
std::vector<Annotation> annotations_of(const ShownPlan& plan, const Account& account, const std::string& folder);
/// `manifest`: its path, where the error is shown.
std::vector<Annotation> annotations_of(const Error& error, const std::string& manifest, const std::string& folder);

}  // namespace ingot
