#include "reconciler/command/fleet_inputs.hpp"

#include <algorithm>

#include "reconciler/command/look.hpp"
#include "reconciler/console/manifest_path.hpp"
#include "reconciler/io/disk/manifest_files.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/cached_catalog.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/observe/observe_published.hpp"
#include "reconciler/site/cache_folder.hpp"
#include "reconciler/site/head_times.hpp"
#include "reconciler/source/host_guard.hpp"
#include "reconciler/source/manifest_source.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "schema/overloaded.hpp"

namespace ingot::command {

namespace {

/// A card that cannot be read is none; one that is wrong adds its problems.
std::optional<Card> card_at(const std::string& path, const ManifestFiles& files, Problems& problems) {
  const auto text = files.read(path);
  if (!std::holds_alternative<std::string>(text)) return std::nullopt;
  auto card = parse_card(std::get<std::string>(text), path);
  if (auto* const good = std::get_if<Card>(&card)) return std::move(*good);
  const auto& wrong = std::get<Problems>(card);
  problems.insert(problems.end(), wrong.begin(), wrong.end());
  return std::nullopt;
}

std::string beside(const std::string& path, const std::string& name) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? name : path.substr(0, slash + 1) + name;
}

/// Asked like peers of a server that has no manifest.
Manifest asking_manifest(const std::vector<Card>& cards) {
  Manifest manifest{.server = {.name = ServerName::of("fleet")}};
  for (const auto& card : cards) manifest.peers.push_back(observe::entry_of(card, card.url));
  return manifest;
}

std::vector<plan::PeerView> ask_all(const Manifest& manifest, io::PeerMemory& memory, const console::Session& session) {
  observe::PeerQuestions questions{.manifest = &manifest,
                                   .self = ServerId{},
                                   .known = {},
                                   .now = session.clock.now(),
                                   .read_settled = true,
                                   .only = {},
                                   .read_stated = true};
  for (const auto& peer : manifest.peers)
    questions.known.push_back({.floor = memory.floor(peer.card.id), .registered_id = std::nullopt, .rules = Digest{}});
  const auto transport = session.connect();
  return observe::ask_peers(questions, memory, *transport, session);
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
                            word.head = cached->head, word.catalog = std::move(cached->catalog);
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

std::vector<fleet::FleetMember> read_members(const std::vector<std::string>& paths, Problems& problems) {
  std::vector<fleet::FleetMember> members;
  for (const auto& given : paths) {
    const std::string path = console::manifest_at(given);
    ManifestFiles files = source::checked_out_files(path);
    files.variables = source::allowed_variables();
    auto read = parse_manifest(path, files);
    if (auto* const wrong = std::get_if<Problems>(&read))
      problems.insert(problems.end(), wrong->begin(), wrong->end());
    else
      members.push_back({std::get<Manifest>(std::move(read)), card_at(beside(path, "server.card.toml"), files, problems)});
  }
  return members;
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
  const Manifest manifest = asking_manifest(cards);
  const auto views = ask_all(manifest, memory, session);
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
