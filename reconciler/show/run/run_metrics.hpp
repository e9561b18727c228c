// What one run has to tell monitoring, as values. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/plan/observed.hpp"
#include "reconciler/plan/plan.hpp"

namespace ingot::show {

/// A peer as a run saw it.
struct PeerMetrics {
  ServerName peer;
  bool up = false;             ///< false: unknown
  std::optional<Time> issued;  ///< of the newest head that was accepted; nullopt: none ever was
  std::optional<Time> expires;
};

/// How many images a subscription to a series wants that are not here.
struct SeriesMetrics {
  ServerName peer;
  SeriesName series;
  std::uint64_t behind = 0;
};

/// What is left of a plan when its run is over.
struct PlanMetrics {
  Time made;
  bool whole = true;                           ///< false: of a plan of a part, which tells of the peers and the damage alone
  std::map<Verb, std::uint64_t> pending = {};  ///< actions not done and not deferred
  std::uint64_t deferred = 0;                  ///< by the plan or by the run
  std::uint64_t deferred_bytes = 0;            ///< to fetch
  std::uint64_t blocked = 0;
  std::uint64_t held = 0;
  std::uint64_t damaged = 0;               ///< images here
  std::vector<PeerMetrics> peers = {};     ///< this server itself is not among them
  std::vector<SeriesMetrics> series = {};  ///< of the peers that are up
};

struct RunMetrics {
  std::string command;        ///< "apply", "publish"
  std::string manifest = {};  ///< its path, absolute
  std::string server = {};    ///< its name; "": the manifest could not be read
  Time ended = {};
  std::chrono::milliseconds duration = {};
  int exit_code = 0;
  std::uint64_t copied = 0;                 ///< bytes fetched from peers
  std::uint64_t saved = 0;                  ///< bytes of images that came and that this run need not fetch
  std::optional<PlanMetrics> plan = {};     ///< nullopt: the run made none
  std::optional<plan::DiskView> disk = {};  ///< of the store's file system
  std::optional<Time> head_expires = {};    ///< of the head that this server publishes
};

/// `account`: what the run did of the plan; nullptr: nothing.
PlanMetrics metrics_of(const Manifest& manifest, const plan::Observed& observed, const plan::Plan& plan,
                       const apply::Account* account);
/// Adds what the run's actions fetched, and what they need not fetch.
void add_bytes(const apply::Account& account, RunMetrics& run);

}  // namespace ingot::show
