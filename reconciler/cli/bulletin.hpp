// A run's news as it is gathered: begun with a manifest that no guard refuses, as it names whom to tell, and told when the lock
// is free again.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reconciler/cli/news.hpp"
#include "reconciler/cli/session.hpp"
#include "reconciler/cli/site.hpp"

namespace ingot {

class Bulletin {
 public:
  struct OfRun {
    std::string id, command;
    Time started;
  };
  /// The guards have been asked about the commit of `manifest`: its programs are going to be run.
  Bulletin(const Manifest& manifest, const OfRun& run);

  /// What there is to do, before any of it is done.
  void begin(const Snapshot& before, const Plan& plan);
  /// `exit_code`: with what came of its reports.
  void end(const Account& account, int exit_code, const Site& site);

  /// To each that is due, once. Never throws: what cannot be told is warned of.
  void tell(const Session& session) noexcept;
  /// The same of a run that an error ended early.
  void tell_end(const Error& error, const Session& session) noexcept;

 private:
  void tell_each(const Session& session);
  void remember(Files& files) const;
  void forget(Files& files) const;

  News news_;
  std::vector<NotifyEntry> to_;     ///< empty: nothing is gathered
  std::set<std::string> withheld_;  ///< variables that no program is given
  /// The file that remembers a failure until a run goes well. Not the history: some runs fail before they are in it, and one that
  /// was interrupted says nothing of either.
  std::string failure_;
};

}  // namespace ingot
