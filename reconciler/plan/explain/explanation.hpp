// What explain has to tell, while it is gathered: each subject once, each with the evidence behind it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/explain/explain.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

class Explanation {
 public:
  /// All outlive it.
  Explanation(const Situation& situation, const Plan& plan, const LastSeenOf& last_seen);

  const Situation& situation() const { return situation_; }
  const Plan& plan() const { return plan_; }
  const Desired& desired() const { return desired_; }
  const Change* planned(const std::string& address) const;
  /// nullptr: nothing was kept of it, or it can be had now.
  const LastSeen* last_seen(const PeerCase& peer) const;

  /// Once per address, verdict and code; adds the evidence of the peer that the address names.
  void add(Subject subject);
  bool told(const std::string& address) const { return addresses_.contains(address); }
  std::vector<Subject> finish() { return std::move(subjects_); }

 private:
  const Situation& situation_;
  const Plan& plan_;
  const LastSeenOf& last_seen_;
  Desired desired_;
  std::unordered_map<std::string, const Change*> planned_;
  std::set<std::string> told_;
  std::set<std::string> addresses_;
  std::vector<Subject> subjects_;
};

/// What the plan does with the things that bear the name, and what is here of them already.
void tell_of_here(const std::string& what, Explanation& explanation);
/// What the peers have of that name, and what every rule says of it.
void tell_of_peers(const std::string& what, Explanation& explanation);

}  // namespace ingot::plan
