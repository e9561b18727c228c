// fleet plan: the plans of many servers, each made here from the state that the server publishes, as plan --against makes one.
#include <algorithm>

#include "reconciler/command/against.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/fleet_inputs.hpp"
#include "reconciler/command/look_beyond_base.hpp"
#include "reconciler/fleet/fleet_plans.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/shared_peers.hpp"
#include "reconciler/show/fleet/show_fleet_plans.hpp"
#include "reconciler/site/cache_folder.hpp"
#include "reconciler/source/fetch_manifests.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/manifest_source.hpp"
#include "reconciler/source/name_authors.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot::command {

namespace {

/// A manifest of the fleet with its server's card.
struct PlannedSite {
  options::GlobalOptions flags;  ///< of a command that is about this manifest alone
  Manifest manifest;
  Card card;
};

console::Session session_for(const options::GlobalOptions& flags, const console::Session& session) {
  return {
      .flags = flags, .terminal = session.terminal, .files = session.files, .clock = session.clock, .connect = session.connect};
}

/// One beside the manifest says who the server is; a card of the folder with this root says where it is. Without one beside the
/// manifest the only card of the server's name counts.
std::optional<Card> card_for(const ServerName& name, const std::optional<Card>& beside, const std::vector<Card>& cards) {
  const auto fits = [&](const Card& card) { return beside ? card.id == beside->id : card.name == name; };
  const auto found = std::find_if(cards.begin(), cards.end(), fits);
  if (found == cards.end()) return beside;
  return beside || std::count_if(cards.begin(), cards.end(), fits) == 1 ? std::optional(*found) : std::nullopt;
}

void add(Problems& to, Problems more) { std::move(more.begin(), more.end(), std::back_inserter(to)); }

Error no_card(const std::vector<std::string>& manifests) {
  std::vector<std::string> shown;
  for (const auto& one : manifests) shown.push_back(fmt::format("\"{}\"", io::printable(one)));
  return Error(
             Fault::usage, fmt::format("the servers of these manifests have no card: {}", fmt::join(shown, ", ")),
             "commit server.card.toml beside each manifest, where \"ingot init\" wrote it, or give --cards DIR with exactly one "
             "card of the server's name")
      .with_code(Code::no_card)
      .about(manifests.front());
}

/// Error{usage} "no-card".
std::vector<PlannedSite> read_sites(const options::PlanFleet& arguments, const console::Session& session, Problems& problems) {
  const std::vector<Card> cards = arguments.cards ? read_cards(*arguments.cards, session.files, problems) : std::vector<Card>{};
  std::vector<PlannedSite> sites;
  std::vector<std::string> without;
  for (const auto& given : arguments.manifests) {
    options::GlobalOptions flags = session.flags;
    flags.manifest = given;
    auto read = source::fetched_manifest(flags);
    auto beside = source::card_beside(flags);
    if (auto* const wrong = std::get_if<Problems>(&beside)) add(problems, std::move(*wrong));
    if (auto* const wrong = std::get_if<Problems>(&read)) {
      add(problems, std::move(*wrong));
      continue;
    }
    auto& manifest = std::get<Manifest>(read);
    const auto* const own = std::get_if<Card>(&beside);
    auto card = card_for(manifest.server.name, own ? std::optional(*own) : std::nullopt, cards);
    if (card)
      sites.push_back({.flags = std::move(flags), .manifest = std::move(manifest), .card = *std::move(card)});
    else
      without.push_back(manifest.path);
  }
  if (problems.empty() && !without.empty()) throw no_card(without);
  return sites;
}

const plan::PeerCatalog* with_state(const plan::PeerView& view) {
  const auto* const seen = std::get_if<plan::PeerCatalog>(&view);
  return seen != nullptr && seen->stated ? seen : nullptr;
}

/// What of the run all servers share.
struct FleetRun {
  const options::PlanFleet& arguments;
  const console::Session& session;
  Time now;
  observe::SharedPeers& peers;
};

Observation look_at(const PlannedSite& site, const plan::PeerCatalog& server, const FleetRun& run) {
  const console::Session its_session = session_for(site.flags, run.session);
  Observation observation = look_beyond_base(
      run.arguments.base, {}, site.manifest, its_session, [&](const Manifest& one, const plan::PlanOptions& options) {
        return look_at_published(server, one, options, run.now,
                                 [&](const state::Snapshot& snapshot) { return run.peers.views(one, server.head.id, snapshot); });
      });
  source::note_objections(site.manifest, source::AppliedLast{}, site.flags, observation.plan);
  source::name_authors(observation.plan, std::nullopt, site.flags);
  return observation;
}

void add_plan(const PlannedSite& site, const plan::PeerCatalog& seen, const FleetRun& run, fleet::PlannedServer& server) {
  try {
    Observation observation = look_at(site, seen, run);
    server.exit_code = exit_code_of(observation.plan, false);
    server.plan = std::move(observation.plan);
    server.plan_id = observation.plan_id;
  } catch (const Error& error) {
    // One server's state or manifest does not hide the plans of the others.
    if (error.fault() != Fault::untrusted && error.fault() != Fault::refused) throw;
    server.trouble = error.code();  // both kinds have one
    server.why = error.text();
    server.exit_code = exit_code_of(error.fault());
  }
}

fleet::PlannedServer planned(const PlannedSite& site, const plan::PeerView& view, const FleetRun& run) {
  fleet::PlannedServer server{.name = site.manifest.server.name.text(), .id = site.card.id, .manifest = site.manifest.path};
  if (const auto* const unknown = std::get_if<plan::Unknown>(&view)) {
    server.trouble = unknown->code;
    server.why = unknown->why;
    server.head = unknown->last;
    server.exit_code = unknown->code == Code::untrusted ? exit_untrusted : exit_incomplete;
    return server;
  }
  if (const auto* const seen = std::get_if<plan::PeerCatalog>(&view)) server.head = seen->head;
  if (const auto* const seen = with_state(view)) {
    add_plan(site, *seen, run, server);
  } else {
    server.trouble = Code::no_state;
    server.why = "it does not publish its state: set publish_state = true in its [server] section, and apply there";
  }
  return server;
}

std::vector<fleet::PlannedServer> plan_all(const std::vector<PlannedSite>& sites, const FleetRun& run) {
  std::vector<Card> cards;
  for (const auto& site : sites) cards.push_back(site.card);
  const auto views = run.peers.ask_servers(cards);
  std::vector<const Manifest*> asking;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (with_state(views[i])) asking.push_back(&sites[i].manifest);
  }
  run.peers.ask_peers(asking);
  std::vector<fleet::PlannedServer> servers;
  for (std::size_t i = 0; i < sites.size(); ++i) servers.push_back(planned(sites[i], views[i], run));
  make_names_unique(servers);
  return servers;
}

void show(const std::vector<fleet::PlannedServer>& servers, const console::Session& session) {
  if (session.flags.format == options::Format::markdown)
    return session.put([&](show::Output& out) { out.put(show::fleet_plans_markdown(servers)); });
  session.show(
      [&](const show::Style& style, show::Output& out) { show::show_fleet_plans(servers, session.flags.verbose, style, out); },
      [&](show::Output& out) { show::show_fleet_plans_json(servers, out); });
}

}  // namespace

int run_command(const options::PlanFleet& arguments, const console::Session& session) {
  if (session.flags.repo) source::fetch_manifests(session);
  Problems problems;
  const auto sites = read_sites(arguments, session, problems);
  if (!problems.empty()) {
    console::show_problems_of(problems, session);
    return exit_manifest;
  }
  io::PeerMemory memory(session.files, site::cache_folder("fleet"));
  const auto transport = session.connect();
  const Time now = session.clock.now();
  observe::SharedPeers peers(now, memory, *transport, session);
  const auto servers = plan_all(sites, {.arguments = arguments, .session = session, .now = now, .peers = peers});
  if (const auto trouble = memory.trouble()) session.warn(*trouble);
  show(servers, session);
  return fleet::exit_code_of(servers);
}

}  // namespace ingot::command
