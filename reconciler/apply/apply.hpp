// Does what a plan says: begins, does, verifies and finishes each action, goes on with what does not depend on a failure,
// and accounts for every one. Decides nothing, observes nothing but what it did itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/io/clock.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/net/throttle.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/store/store.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// Everything an apply acts on; references outlive it.
struct ApplyContext {
  state::State& state;
  store::Store& store;
  io::Files& files;
  io::Transport& transport;
  io::PeerMemory& memory;
  io::Clock& clock;
  const CatalogKeys& catalog_keys;
  const Manifest& manifest;  ///< limits, server section, peers' access; no policy is read from it
  Events& events;
  std::uint32_t parallel = 8;
  std::string actor;  ///< user@host
  std::optional<std::string> commit;
  std::vector<plan::SeenHead> seen;  ///< the heads that this run's observation accepted: floors rise to them, also in the state
  std::optional<std::chrono::steady_clock::time_point> deadline =
      {};  ///< by the clock's steady(); what has not begun then is deferred
};

/// `run`: as in the history; a run that has nothing to do and nothing to tell is not recorded. Never throws for what one
/// action did; Error only for what ends the run before its first action. The account's exit code is that of the run so far
/// (schema/rules.md): of failures, blocked, held, unknown. What the state says is published at the end, also after
/// failures, but not after an interrupt; a head whose life is half over is renewed.
Account apply(const plan::Plan& plan, const state::RunStart& run, ApplyContext& context);

}  // namespace ingot::apply
