#include "reconciler/apply/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/interrupt.hpp"
#include "schema/no_memory.hpp"

namespace ingot::apply {
namespace {

template <class Tell>
void tell(Tell&& event) {
  try {
    event();
  } catch (const std::exception&) {  // see ForwardingEvents: the work goes on
  }
}

void add_members(std::set<ImageName>& names, const std::vector<ImageName>& members) {
  names.insert(members.begin(), members.end());
}

/// The names here by which the plan's actions look images up.
std::set<ImageName> names_looked_up(const plan::Plan& plan) {
  std::set<ImageName> names;
  for (const plan::Change& change : plan.actions) {
    if (const auto* add = std::get_if<plan::AddImage>(&change.action)) {
      names.insert(add->image.name);
      if (add->image.parent) names.insert(*add->image.parent);
    }
    if (const auto* create = std::get_if<plan::CreateSeries>(&change.action)) add_members(names, create->members);
    if (const auto* update = std::get_if<plan::UpdateSeries>(&change.action)) add_members(names, update->members);
  }
  return names;
}

/// Only what is looked up, so that a run does not grow with the peers' catalogs.
std::vector<state::ImageRow> rows_looked_up(const plan::Plan& plan, state::State& state) {
  const std::set<ImageName> names = names_looked_up(plan);
  if (names.empty()) return {};
  state::SnapshotScope scope;
  for (const state::Registration& peer : state.registrations()) scope.without_copies_of.insert(peer.id);
  scope.but_names = names;
  std::vector<state::ImageRow> rows = state.snapshot(scope).images;
  std::erase_if(rows, [&names](const state::ImageRow& row) { return !names.contains(row.name); });
  return rows;
}

}  // namespace

FilesInUse::Lease::Lease(FilesInUse& files, std::set<Digest> wanted, const std::function<void()>& may_go_on)
    : files_(files), mine_(std::move(wanted)) {
  std::unique_lock lock(files_.mutex_);
  const auto is_free = [this] {
    return std::none_of(mine_.begin(), mine_.end(), [this](const Digest& file) { return files_.in_use_.contains(file); });
  };
  while (!files_.freed_.wait_for(lock, std::chrono::milliseconds(100), is_free)) {
    lock.unlock();
    may_go_on();
    lock.lock();
  }
  files_.in_use_.insert(mine_.begin(), mine_.end());
}

void FilesInUse::with_free(const std::set<Digest>& files, const std::function<void(const Digest&)>& use) {
  const std::lock_guard lock(mutex_);
  for (const Digest& file : files) {
    if (!in_use_.contains(file)) use(file);
  }
}

FilesInUse::Lease::~Lease() {
  {
    const std::lock_guard lock(files_.mutex_);
    for (const Digest& file : mine_) files_.in_use_.erase(file);
  }
  files_.freed_.notify_all();
}

const PeerEntry& Peers::entry_of(const ServerName& name) const {
  const auto entry = std::find_if(manifest_.peers.begin(), manifest_.peers.end(),
                                  [&name](const PeerEntry& candidate) { return candidate.name == name; });
  if (entry != manifest_.peers.end()) return *entry;
  throw Error(Fault::internal, fmt::format("the plan names peer \"{}\", which the manifest does not", name.text()));
}

io::PeerTransport& Peers::connect(const ServerName& name, const std::vector<std::string>& urls) {
  const PeerEntry& entry = entry_of(name);
  const std::lock_guard lock(mutex_);
  std::unique_ptr<io::PeerTransport>& peer = connected_[{name, urls}];
  if (!peer) {
    peer = transport_.peer(io::PeerAccess{.peer = entry.name,
                                          .urls = urls,
                                          .credentials = entry.credentials,
                                          .allow_http = entry.allow_http,
                                          .bandwidth = entry.bandwidth});
  }
  return *peer;
}

void LeftPeers::leave(const ServerName& peer) {
  const std::lock_guard lock(mutex_);
  left_.insert(peer);
}

std::optional<Skipped> LeftPeers::why_not(const std::vector<ServerName>& peers) const {
  const std::lock_guard lock(mutex_);
  const bool all_left = std::all_of(peers.begin(), peers.end(), [this](const ServerName& peer) { return left_.contains(peer); });
  if (peers.empty() || !all_left) return std::nullopt;
  return Skipped{fmt::format("peer-failing: peer \"{}\" failed too often in this run", peers.front().text())};
}

SpareBytes::SpareBytes(const plan::Plan& plan, const Limits& limits) : left_(limits.max_bytes.value_or(UINT64_MAX)) {
  if (!limits.max_bytes) return;
  for (const plan::Change& change : plan.actions) {
    const plan::Transfer* const transfer = plan::transfer_of(change.action);
    if (transfer != nullptr && !change.deferred) left_ -= std::min(left_, transfer->bytes);
  }
}

bool SpareBytes::take(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > left_) return false;
  left_ -= bytes;
  return true;
}

void ForwardingEvents::begin(const plan::Plan& plan) {
  tell([&] { events_.begin(plan); });
}
void ForwardingEvents::start(const plan::Change& change) {
  tell([&] { events_.start(change); });
}
void ForwardingEvents::progress(const ActionProgress& progress) {
  tell([&] { events_.progress(progress); });
}
void ForwardingEvents::end(const plan::Change& change, const ActionResult& result) {
  tell([&] { events_.end(change, result); });
}
void ForwardingEvents::note(const std::string& text) {
  tell([&] { events_.note(text); });
}

void begin_run(const state::RunStart& start, state::State& state, store::Store& store) {
  refuse_a_state_older_than_the_papers(state, store);
  const auto last = state.last_run();
  if (last && !last->finished) store.sync_all();
  state.begin_run(start);
}

Run::Run(const plan::Plan& the_plan, const std::string& id, ApplyContext& the_context, GroupEnd group_end)
    : plan(the_plan),
      context(the_context),
      events(the_context.events),
      journal(the_context.state, the_context.clock, id),
      throttle(the_context.clock, the_context.manifest.limits.bandwidth),
      bounds(the_plan, the_context.clock, the_context.manifest, the_context.deadline),
      peers(the_context.transport, the_context.manifest),
      spare_bytes(the_plan, the_context.manifest.limits),
      rows(rows_looked_up(the_plan, the_context.state)),
      names(rows, the_plan),
      group(the_context.store, journal, names, the_context.clock, std::move(group_end)) {}

void Run::may_go_on() {
  group.end_if_waited_long();
  io::throw_if_interrupted();
  bounds.throw_if_over();
}

state::Provenance Run::papers_of(const plan::Change& change) const {
  return state::Provenance{.time = context.clock.now(),
                           .run = journal.run(),
                           .actor = context.actor,
                           .commit = context.commit,
                           .rule = change.because.empty() ? change.address.text : change.because.front().rule,
                           .peer = std::nullopt,
                           .head = std::nullopt};
}

store::Place place_of_bytes(const Digest& digest, const state::State& state, bool publish_copies) {
  const auto rows = state.live_images_of(digest);
  const bool served = std::any_of(rows.begin(), rows.end(), [publish_copies](const state::ImageRow& row) {
    return !row.is_private && (publish_copies || !row.copy);
  });
  return served ? store::Place::public_tree : store::Place::private_tree;
}

store::Place place_of_bytes(const Digest& digest, Run& run) {
  return run.journal.with_state(
      [&](state::State& state) { return place_of_bytes(digest, state, run.context.manifest.server.publish_copies); });
}

Code local_code(const Error& error) {
  const bool full = io::is_no_space(error) || error.text().ends_with("the disk is full");  // of a file, or of the state
  return full ? Code::no_space : Code::io;
}

Outcome outcome_of(const Error& error) {
  if (auto deferred = deferral(error)) return *std::move(deferred);
  const std::string text = error.mend().empty() ? error.what() : fmt::format("{}; {}", error.what(), error.mend());
  switch (error.fault()) {
    case Fault::interrupted:
    case Fault::terminated: return Skipped{"interrupted"};
    case Fault::local: return Failed{local_code(error), text};
    case Fault::untrusted: return Failed{Code::untrusted, text};
    case Fault::internal: return Failed{Code::internal, text};
    case Fault::incomplete:
    case Fault::busy:
    case Fault::refused:
    case Fault::stale:
    case Fault::approval:
    case Fault::usage:
    case Fault::manifest: break;
  }
  return Failed{error.code() == Code::none ? Code::failed : error.code(), text};
}

Outcome outcome_of_any(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return outcome_of(*ours);
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return outcome_of(Error(Fault::local, no_memory, free_memory));
  return Failed{Code::internal, error.what()};
}

}  // namespace ingot::apply
