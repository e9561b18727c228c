// A run's news as it is gathered: begun with a manifest that no guard refuses, as it names whom to tell, and told when the lock
// is free again.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/notify/notification.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::notify {

class Notifications {
 public:
  struct OfRun {
    std::string id, command;
    Time started;
  };
  /// The guards have been asked about the commit of `manifest`: its programs are going to be run.
  Notifications(const Manifest& manifest, const OfRun& run);

  /// What there is to do, before any of it is done.
  void begin(const state::Snapshot& before, const plan::Plan& plan, const site::Site& site);
  /// `exit_code`: with what came of its reports.
  void end(const apply::Account& account, int exit_code, const site::Site& site);

  /// To each that is due, once. Never throws: what cannot be told is warned of.
  void tell(const console::Session& session) noexcept;
  /// The same of a run that an error ended early.
  void tell_end(const Error& error, const console::Session& session) noexcept;

 private:
  bool wants_latest() const;
  void tell_each(const console::Session& session);
  void remember(io::Files& files) const;
  void forget(io::Files& files) const;

  Notification news_;
  std::vector<NotifyEntry> to_;     ///< empty: nothing is gathered
  std::set<std::string> withheld_;  ///< variables that no program is given
  /// The file that remembers a failure until a run goes well. Not the history: some runs fail before they are in it, and one that
  /// was interrupted says nothing of either.
  std::string failure_;
};

}  // namespace ingot::notify
