// The commit of a run's manifest, held against the guards: a plan is told, an apply refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/plan/guard/git_guards.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/manifest_source.hpp"

namespace ingot::source {

/// What is known of the commit that was applied last.
struct AppliedLast {
  std::optional<std::string> commit;
  bool forgotten = false;  ///< the state was made anew, and the published head does not name it either
};

/// As the state knows it; a state that was made anew knows none, but the published head names the commit that it is from.
AppliedLast commit_applied_last(const site::Site& site);

/// Looks at what the guards of the manifest ask for, and no more.
plan::GitView look_at_commit(const Manifest& manifest, const AppliedLast& applied, const options::GlobalOptions& flags);

/// Notes of a plan about what an apply would be refused for, or would warn of.
void note_objections(const Manifest& manifest, const AppliedLast& applied, const options::GlobalOptions& flags, plan::Plan& plan);

/// Error{refused} if a guard stands against it. Gives what to warn of: what going back takes back, if that is meant (`rewind`);
/// else that the commit is older than the one applied last, where no guard forbids that.
std::vector<std::string> require_commit(const Manifest& manifest, const AppliedLast& applied, const options::GlobalOptions& flags,
                                        bool rewind);

/// The same of any other command that changes or publishes something: what it does follows from the manifest's [server].
void require_commit(const site::Site& site, const options::GlobalOptions& flags);

}  // namespace ingot::source
