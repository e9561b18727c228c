// What the commands about many servers read: manifests with the cards beside them, and what servers publish.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/fleet/check_fleet.hpp"
#include "reconciler/fleet/fleet_report.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::command {

/// A manifest among many, with the card beside it.
struct FleetSite {
  options::GlobalOptions flags;  ///< of a command that is about this manifest alone
  fleet::FleetMember member;
};
/// Whether the guard of this host counts, as it does for plans.
enum class HostGuard { counts, is_unread };
/// `paths`: files, or folders with an ingot.toml; on the disk or, with --rev and --repo, in a commit. A manifest that is refused
/// adds its problems and is left out.
std::vector<FleetSite> read_sites(const std::vector<std::string>& paths, HostGuard guard, const console::Session& session,
                                  Problems& problems);
/// The same for commands that need no more than the manifests. nullopt: one is refused, and its problems were told.
std::optional<std::vector<fleet::FleetMember>> read_members(const std::vector<std::string>& paths,
                                                            const console::Session& session);

/// Error{usage}: two manifests are of one server, whose cards say it.
void require_different_servers(const std::vector<fleet::FleetMember>& members);

/// The servers' cards in a folder, each root once, by name. A card that is wrong adds its problems. Error{usage}: there is no
/// card, or no such folder.
std::vector<Card> read_cards(const std::string& folder, io::Files& files, Problems& problems);

/// Two servers may bear one name: then their roots tell them apart.
template <class Server>
void make_names_unique(std::vector<Server>& servers) {
  std::map<std::string, std::size_t> bearers;
  for (const auto& server : servers) ++bearers[server.name];
  for (auto& server : servers) {
    if (bearers[server.name] > 1) server.name += " (" + server.id.text().substr(7, 8) + ")";
  }
}

struct AskedFleet {
  std::vector<fleet::FleetWord> servers;  ///< by name; names are unique
  std::vector<fleet::HeadTimes> heads;    ///< by server: this head and those that were seen earlier
};
/// Asks every server whose card is in `folder`. nullopt: cards are wrong, and the problems were shown. Error{usage}: no card.
std::optional<AskedFleet> ask_fleet(const std::string& folder, const console::Session& session);

}  // namespace ingot::command
