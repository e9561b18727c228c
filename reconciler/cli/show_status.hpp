// One screen: the published catalog, the peers, the last run, what is pending, the disk. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/cli/own_url.hpp"
#include "reconciler/cli/show_lists.hpp"
#include "reconciler/plan/plan.hpp"
#include "state/state.hpp"

namespace ingot {

struct Status {
  ServerName server;
  ServerId id;
  std::uint64_t images = 0;        ///< live ones here
  Serial serial = 0;               ///< of the published head; 0 = none
  std::optional<Time> expires;     ///< of the published head
  std::optional<OwnUrl> own = {};  ///< how it is served
  Time now;
  std::vector<ShownPeer> peers;
  std::optional<RunRecord> last_run;
  std::optional<std::string> running;      ///< who holds the lock
  std::optional<Plan> plan;                ///< nullopt: none could be made …
  std::string no_plan;                     ///< … and why
  std::vector<DamagedImage> damaged = {};  ///< images here whose bytes are not as they were recorded
  DiskView disk;
};

void show_status(const Status& status, const Style& style, Output& out);
void show_status_json(const Status& status, Output& out);

}  // namespace ingot
