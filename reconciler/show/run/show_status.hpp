// One screen: the published catalog, the peers, the last run, what is pending, the disk. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/observe/own_url.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/show/catalog/show_lists.hpp"
#include "state/state.hpp"

namespace ingot::show {

struct Status {
  ServerName server;
  ServerId id;
  std::uint64_t images = 0;                 ///< live ones here
  Serial serial = 0;                        ///< of the published head; 0 = none
  std::optional<Time> expires;              ///< of the published head
  std::optional<observe::OwnUrl> own = {};  ///< how it is served
  Time now;
  std::vector<ShownPeer> peers;
  std::optional<state::RunRecord> last_run;
  std::optional<std::string> running;            ///< who holds the lock
  std::optional<plan::Plan> plan;                ///< nullopt: none could be made …
  std::string no_plan;                           ///< … and why
  std::vector<plan::DamagedImage> damaged = {};  ///< images here whose bytes are not as they were recorded
  plan::DiskView disk;
  std::optional<state::MovedState> moved = {};  ///< this state is of no use any more, but to look at
};

void show_status(const Status& status, const Style& style, Output& out);
void show_status_json(const Status& status, Output& out);

}  // namespace ingot::show
