// fleet plan: the plans of many servers, each made here from the state that the server publishes, as plan --against makes one.
#include <algorithm>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/fleet/fleet_inputs.hpp"
#include "reconciler/command/runs/against.hpp"
#include "reconciler/command/runs/look_beyond_base.hpp"
#include "reconciler/fleet/fleet_plans.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/shared_peers.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/show/fleet/show_fleet_plans.hpp"
#include "reconciler/site/cache_folder.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/name_authors.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot::command {

namespace {

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

/// Each with a card. Error{usage} "no-card".
std::vector<FleetSite> sites_with_cards(const options::PlanFleet& arguments, const console::Session& session,
                                        Problems& problems) {
  const std::vector<Card> cards = arguments.cards ? read_cards(*arguments.cards, session.files, problems) : std::vector<Card>{};
  std::vector<FleetSite> sites = read_sites(arguments.manifests, HostGuard::counts, session, problems);
  std::vector<std::string> without;
  std::vector<fleet::FleetMember> members;
  for (auto& site : sites) {
    site.member.card = card_for(site.member.manifest.server.name, site.member.card, cards);
    if (!site.member.card) without.push_back(site.member.manifest.path);
    members.push_back(site.member);
  }
  if (!problems.empty()) return sites;
  if (!without.empty()) throw no_card(without);
  require_different_servers(members);
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

Observation look_at(const FleetSite& site, const plan::PeerCatalog& server, const FleetRun& run) {
  const console::Session its_session = session_for(site.flags, run.session);
  Observation observation = look_beyond_base(
      run.arguments.base, {}, site.member.manifest, its_session, [&](const Manifest& one, const plan::PlanOptions& options) {
        return look_at_published(server, one, options, run.now,
                                 [&](const state::Snapshot& snapshot) { return run.peers.views(one, server.head.id, snapshot); });
      });
  source::note_objections(site.member.manifest, source::AppliedLast{}, site.flags, observation.plan);
  source::name_authors(observation.plan, std::nullopt, site.flags);
  return observation;
}

void add_plan(const FleetSite& site, const plan::PeerCatalog& seen, const FleetRun& run, fleet::PlannedServer& server) {
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
    server.mend = error.mend();
    server.exit_code = exit_code_of(error.fault());
  }
}

fleet::PlannedServer planned(const FleetSite& site, const plan::PeerView& view, const FleetRun& run) {
  fleet::PlannedServer server{
      .name = site.member.manifest.server.name.text(), .id = site.member.card->id, .manifest = site.member.manifest.path};
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
    server.why = "it does not publish its state";
    server.mend = "set publish_state = true in its [server] section, and apply there";
  }
  return server;
}

std::vector<fleet::PlannedServer> plan_all(const std::vector<FleetSite>& sites, const FleetRun& run) {
  std::vector<Card> cards;
  for (const auto& site : sites) cards.push_back(*site.member.card);
  const auto views = run.peers.ask_servers(cards);
  std::vector<const Manifest*> asking;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (with_state(views[i])) asking.push_back(&sites[i].member.manifest);
  }
  run.peers.ask_peers(asking);
  std::vector<fleet::PlannedServer> servers;
  for (std::size_t i = 0; i < sites.size(); ++i) servers.push_back(planned(sites[i], views[i], run));
  make_names_unique(servers);
  return servers;
}

/// They cost no exit code: a script that reads no more than the code and the log learns of them here.
void warn_of_unstated(const std::vector<fleet::PlannedServer>& servers, const console::Session& session) {
  constexpr std::size_t most = 6;
  std::vector<std::string> names;
  for (const auto& server : servers) {
    if (server.trouble == Code::no_state) names.push_back(io::printable(server.name));
  }
  if (names.empty()) return;
  session.warn(fmt::format("no plan for {}: the state is not published (publish_state = true in [server])",
                           plan::some_listed(names, most)));
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
  Problems problems;
  const auto sites = sites_with_cards(arguments, session, problems);
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
  warn_of_unstated(servers, session);
  show(servers, session);
  return fleet::exit_code_of(servers);
}

}  // namespace ingot::command
