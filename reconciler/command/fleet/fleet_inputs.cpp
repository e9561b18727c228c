#include "reconciler/command/fleet/fleet_inputs.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "reconciler/io/disk/manifest_files.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/cached_catalog.hpp"
#include "reconciler/observe/shared_peers.hpp"
#include "reconciler/site/cache_folder.hpp"
#include "reconciler/site/head_times.hpp"
#include "reconciler/source/fetch_manifests.hpp"
#include "reconciler/source/manifest_source.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/overloaded.hpp"

namespace ingot::command {

namespace {

void add(Problems& to, Problems more) { std::move(more.begin(), more.end(), std::back_inserter(to)); }

/// A card that cannot be read is none; one that is wrong adds its problems.
std::optional<Card> card_at(const std::string& path, const ManifestFiles& files, Problems& problems) {
  const auto text = files.read(path);
  if (!std::holds_alternative<std::string>(text)) return std::nullopt;
  auto card = parse_card(std::get<std::string>(text), path);
  if (auto* const good = std::get_if<Card>(&card)) return std::move(*good);
  add(problems, std::get<Problems>(std::move(card)));
  return std::nullopt;
}

fleet::FleetWord word_of(const Card& card, const plan::PeerView& view, io::PeerMemory& memory) {
  fleet::FleetWord word{
      .name = card.name.text(), .id = card.id, .trouble = Code::none, .why = "", .head = std::nullopt, .catalog = nullptr};
  std::visit(Overloaded{[&](const plan::PeerCatalog& seen) {
                          word.head = seen.head;
                          word.catalog = seen.catalog;
                          word.stated = seen.stated;
                        },
                        [&](const plan::Unknown& unknown) {
                          word.trouble = unknown.code;
                          word.why = unknown.why;
                          word.head = unknown.last;
                          if (auto cached = observe::cached_catalog(memory, card.id))
                            word.head = cached->head, word.catalog = std::move(cached->catalog),
                            word.stated = std::move(cached->stated);
                        },
                        [](const plan::Settled&) {}, [](const plan::OwnPeer&) {}, [](const plan::RetiredPeer&) {}},
             view);
  return word;
}

}  // namespace

std::vector<Card> read_cards(const std::string& folder, io::Files& files, Problems& problems) {
  if (!files.status(folder + "/."))  // also through a link
    throw Error(Fault::usage, fmt::format("--cards \"{}\": there is no such folder", io::printable(folder)),
                "name the folder with the cards of the servers")
        .about(folder);
  const ManifestFiles manifest_files = io::disk_manifest_files();
  std::vector<Card> cards;
  for (const auto& name : files.list(folder)) {
    if (!name.ends_with(".toml")) continue;
    auto card = card_at(folder + (folder.ends_with('/') ? "" : "/") + name, manifest_files, problems);
    if (!card || std::any_of(cards.begin(), cards.end(), [&](const Card& one) { return one.id == card->id; })) continue;
    cards.push_back(*std::move(card));
  }
  std::stable_sort(cards.begin(), cards.end(), [](const Card& one, const Card& other) { return one.name < other.name; });
  if (cards.empty() && problems.empty())
    throw Error(Fault::usage, fmt::format("there are no cards in \"{}\"", io::printable(folder)),
                "a card is a file *.toml; \"ingot card --out FILE\" writes it")
        .about(folder);
  return cards;
}

std::vector<FleetSite> read_sites(const std::vector<std::string>& paths, HostGuard guard, const console::Session& session,
                                  Problems& problems) {
  if (session.flags.repo) source::fetch_manifests(session);
  std::vector<FleetSite> sites;
  for (const auto& given : paths) {
    options::GlobalOptions flags = session.flags;
    flags.manifest = given;
    auto read = guard == HostGuard::counts ? source::fetched_manifest(flags) : source::manifest_of(flags);
    auto beside = source::card_beside(flags);
    if (auto* const wrong = std::get_if<Problems>(&beside)) add(problems, std::move(*wrong));
    if (auto* const wrong = std::get_if<Problems>(&read)) {
      add(problems, std::move(*wrong));
      continue;
    }
    const auto* const card = std::get_if<Card>(&beside);
    sites.push_back(
        {.flags = std::move(flags), .member = {std::get<Manifest>(std::move(read)), card ? std::optional(*card) : std::nullopt}});
  }
  return sites;
}

std::optional<std::vector<fleet::FleetMember>> read_members(const std::vector<std::string>& paths,
                                                            const console::Session& session) {
  Problems problems;
  std::vector<fleet::FleetMember> members;
  for (auto& site : read_sites(paths, HostGuard::is_unread, session, problems)) members.push_back(std::move(site.member));
  if (problems.empty()) return members;
  console::show_problems_of(problems, session);
  return std::nullopt;
}

void require_different_servers(const std::vector<fleet::FleetMember>& members) {
  std::map<ServerId, std::string> paths;
  for (const auto& member : members) {
    if (!member.card) continue;
    const auto [first, is_new] = paths.emplace(member.card->id, member.manifest.path);
    if (is_new) continue;
    throw Error(Fault::usage,
                fmt::format("\"{}\" and \"{}\" are manifests of one server: their cards have the same root",
                            io::printable(first->second), io::printable(member.manifest.path)),
                "name each server once")
        .about(member.manifest.path);
  }
}

std::optional<AskedFleet> ask_fleet(const std::string& folder, const console::Session& session) {
  Problems problems;
  const auto cards = read_cards(folder, session.files, problems);
  if (!problems.empty()) {
    console::show_problems_of(problems, session);
    return std::nullopt;
  }
  const std::string cache = site::cache_folder("fleet");
  io::PeerMemory memory(session.files, cache);
  const auto transport = session.connect();
  observe::SharedPeers peers(session.clock.now(), memory, *transport, session);
  const auto views = peers.ask_servers(cards);
  AskedFleet asked;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    asked.servers.push_back(word_of(cards[i], views[i], memory));
    const auto& head = asked.servers.back().head;
    asked.heads.push_back(head ? site::note_head_time(session.files, cache, cards[i].id, head->serial, head->issued)
                               : site::head_times(session.files, cache, cards[i].id));
  }
  make_names_unique(asked.servers);
  if (const auto trouble = memory.trouble()) session.warn(*trouble);
  return asked;
}

}  // namespace ingot::command
