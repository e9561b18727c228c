// What a run has to say about lines of the manifest, worst first: the one value behind GitHub's annotations, GitLab's Code
// Quality, SARIF and JUnit. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/show/plan/shown_plan.hpp"
#include "schema/error.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::show {

enum class Severity { error, warning };

struct Annotation {
  Severity severity = Severity::error;
  std::string code;  ///< a stable word: of a problem, of what blocks or holds, of why a peer is unknown
  std::string text;  ///< printable, with how to mend it
  std::string file;  ///< relative to FileNaming::root if it lies below it; "": no file
  int line = 0;      ///< from 1; 0: the file as a whole
  int column = 0;    ///< in code points, from 1; 0: the line as a whole
  bool operator==(const Annotation&) const = default;
};

/// How files are named to the tools of a repository: relative to its root, wherever in it the command runs.
struct FileNaming {
  std::string root;  ///< absolute, without links; of the work tree, or the working directory outside of any
  std::string
      folder;  ///< the working directory, to which names on the command line are relative; "": they are relative to the root
  /// "../sites/a/ingot.toml" as "sites/a/ingot.toml"; printable. What is not below the root stays absolute.
  std::string name_of(const std::string& file) const;
};

std::vector<Annotation> annotations_of(const Problems& problems, const FileNaming& naming);
/// Untrusted peers and damaged images are errors; what is blocked, held or unknown for ordinary reasons are warnings.
std::vector<Annotation> annotations_of(const ShownPlan& plan, const FileNaming& naming);
/// What failed, which is an error, and what the plan said.
std::vector<Annotation> annotations_of(const ShownPlan& plan, const apply::Account& account, const FileNaming& naming);
/// `manifest`: its path, where the error is shown.
std::vector<Annotation> annotations_of(const Error& error, const std::string& manifest, const FileNaming& naming);

}  // namespace ingot::show
