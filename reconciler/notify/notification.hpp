// What a run has to tell those whom the manifest's [[notify]] names: a value, collected as the run goes on and told once, when
// it is over and its lock is free.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/show/format/output.hpp"
#include "schema/error.hpp"
#include "schema/manifest/notify.hpp"
#include "state/state.hpp"

namespace ingot::notify {

/// A series here and its members, in their order.
using SeriesMembers = std::map<SeriesName, std::vector<ImageName>>;
SeriesMembers members_of(const std::vector<state::SeriesRow>& rows);

/// The latest image of each series: its last member that is not withdrawn; nullopt: it has none.
using SeriesLatest = std::map<SeriesName, std::optional<state::SeriesMemberRow>>;
SeriesLatest latest_of(const state::Snapshot& snapshot);

/// A series whose latest image became another one; nullopt: none.
struct LatestChange {
  SeriesName series;
  std::optional<ImageName> before;
  std::optional<ImageName> now;
};

struct Notification {
  ServerName server;
  std::optional<ServerId> id_of_server = {};  ///< nullopt: the run ended before the state was read
  std::string run;
  std::string command;
  Time started;
  Time finished;
  std::string manifest_path;
  Digest manifest_digest;
  std::optional<ManifestCommit> git = {};  ///< the commit that the manifest is from
  int exit_code = 0;
  std::optional<int> last_failure = {};  ///< what the newest run that failed exited with; nullopt: one has gone well since
  apply::Account account = {};
  std::vector<plan::Held> held = {};
  std::vector<plan::Blocked> blocked = {};
  std::vector<plan::UnknownPeer> unknown = {};
  std::optional<Error> error = {};  ///< what ended it before its first action
  SeriesMembers series_before = {};
  SeriesMembers series_after = {};
  SeriesLatest latest_before = {};
  SeriesLatest latest_after = {};
};

/// What the run was. An interrupt, a busy lock and a plan that was not approved are no failure: whoever caused them knows.
std::set<Occasion> occasions_of(const Notification& news);
/// The members that came to a series, in its order; series without new ones are left out.
SeriesMembers new_members(const Notification& news);
/// Of the series that the entry names, or of all if it names none, those whose latest image is another one now; none unless it
/// asks for that.
std::vector<LatestChange> latest_changes(const Notification& news, const NotifyEntry& entry);
/// Whether this entry wants to hear of it.
bool is_due(const NotifyEntry& entry, const Notification& news);
/// The message for one entry: a CloudEvents 1.0 envelope around ingot.notification/1, in one line. An entry that names series
/// hears of the new members of these alone.
std::string news_json(const Notification& news, const NotifyEntry& entry, const std::string& id);

}  // namespace ingot::notify
