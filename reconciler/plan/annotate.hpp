// What is found out beside the planning and stands in a plan for its readers. Nothing
// of it changes an action, an exit code or the plan's id. Only this file and beyond_base change a plan after make_plan.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reconciler/plan/plan.hpp"

namespace ingot::plan {

/// Who last changed the entries of the manifest; a commit may be null: it is not known.
struct Authors {
  std::map<std::string, std::map<int, std::shared_ptr<const CommitLine>>> entries = {};  ///< by file and line of the header
  std::map<std::string, std::shared_ptr<const CommitLine>> gone = {};                    ///< by address: who took it out
};

struct Annotations {
  std::vector<Note> notes = {};
  Authors authors = {};
};

/// Whether a reason names an entry of the manifest that is new or changed. Not what came of another's change under a rule that
/// stands as it was.
bool is_changed_entry(const Change& change, const Reason& reason);
/// Whether a reason names an entry that the manifest no longer has.
bool is_gone_entry(const Reason& reason);

/// Adds the notes, and names the authors of new, changed and gone entries.
void annotate(Plan& plan, const Annotations& found);

}  // namespace ingot::plan
