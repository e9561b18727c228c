// fleet check: the manifests of many servers; fleet status: what they publish. Neither needs a server of its own.
#include <algorithm>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/look.hpp"
#include "reconciler/console/manifest_path.hpp"
#include "reconciler/io/disk/manifest_files.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/cached_catalog.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/show/fleet/show_fleet.hpp"
#include "reconciler/show/fleet/show_fleet_status.hpp"
#include "reconciler/site/cache_folder.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/source/host_guard.hpp"
#include "reconciler/source/manifest_source.hpp"
#include "schema/exit_code.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "schema/overloaded.hpp"
#include "schema/text/text_rules.hpp"

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

void show(const fleet::Fleet& fleet, const console::Session& session) {
  switch (session.flags.format) {
    case options::Format::text: return session.put([&](show::Output& out) { show::show_fleet(fleet, session.out_style(), out); });
    case options::Format::json: return session.put([&](show::Output& out) { show::show_fleet_json(fleet, out); });
    case options::Format::dot: return session.put([&](show::Output& out) { show::show_fleet_dot(fleet, out); });
    case options::Format::mermaid: return session.put([&](show::Output& out) { show::show_fleet_mermaid(fleet, out); });
    case options::Format::markdown:
    case options::Format::github:
    case options::Format::terraform:
    case options::Format::codequality:
    case options::Format::sarif:
    case options::Format::junit: break;  // of other commands: the command line has refused them
  }
}

int run_fleet(const options::CheckFleet& arguments, const console::Session& session) {
  Problems problems;
  const auto members = read_members(arguments.manifests, problems);
  if (!problems.empty()) {
    console::show_problems_of(problems, session);
    return exit_manifest;
  }
  const fleet::Fleet fleet = fleet::check_fleet(members);
  show(fleet, session);
  const bool wrong = !fleet.findings.empty() && fleet.findings.front().level == fleet::Level::error;
  if (wrong && (session.flags.format == options::Format::dot || session.flags.format == options::Format::mermaid))
    session.warn("the manifests do not fit together: \"ingot fleet check\" without --format says why");
  return wrong ? exit_manifest : exit_done;
}

/// The servers' cards, each root once.
std::vector<Card> read_cards(const std::string& folder, io::Files& files, Problems& problems) {
  const ManifestFiles manifest_files = io::disk_manifest_files();
  std::vector<Card> cards;
  for (const auto& name : files.list(folder)) {
    if (!name.ends_with(".toml")) continue;
    auto card = card_at(folder + (folder.ends_with('/') ? "" : "/") + name, manifest_files, problems);
    if (!card || std::any_of(cards.begin(), cards.end(), [&](const Card& one) { return one.id == card->id; })) continue;
    cards.push_back(*std::move(card));
  }
  std::stable_sort(cards.begin(), cards.end(), [](const Card& one, const Card& other) { return one.name < other.name; });
  return cards;
}

/// Asked like peers of a server that has no manifest.
Manifest asking_manifest(const std::vector<Card>& cards) {
  Manifest manifest{.server = {.name = ServerName::of("fleet")}};
  for (const auto& card : cards) manifest.peers.push_back({.name = card.name, .card = card, .urls = {card.url}});
  return manifest;
}

std::vector<plan::PeerView> ask_all(const Manifest& manifest, io::PeerMemory& memory, const console::Session& session) {
  observe::PeerQuestions questions{
      .manifest = &manifest, .self = ServerId{}, .known = {}, .now = session.clock.now(), .read_settled = true, .only = {}};
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

/// Two servers may bear one name: then their roots tell them apart.
void make_names_unique(std::vector<fleet::FleetWord>& words) {
  std::vector<std::string> names;
  for (const auto& word : words) names.push_back(word.name);
  for (auto& word : words) {
    if (std::count(names.begin(), names.end(), word.name) > 1) word.name += " (" + word.id.text().substr(7, 8) + ")";
  }
}

fleet::FleetQuestion question_of(const options::AskFleet& arguments) {
  constexpr std::string_view series = "series:";
  if (!arguments.what) return {};
  if (arguments.what->starts_with(series)) return {.image = "", .series = arguments.what->substr(series.size())};
  return {.image = *arguments.what, .series = ""};
}

void warn_of_nothing(const fleet::FleetQuestion& question, const std::vector<fleet::FleetWord>& words,
                     const console::Session& session) {
  std::vector<std::string> names;
  for (const auto& word : words) {
    if (!word.catalog) continue;
    for (const auto& image : word.catalog->images) {
      if (question.series.empty()) names.push_back(image.name.text());
    }
    for (const auto& series : word.catalog->series) {
      if (!question.series.empty()) names.push_back(series.name.text());
    }
  }
  const std::string& name = question.series.empty() ? question.image : question.series;
  const std::string hint = site::nearest_hint(name, names);
  session.warn(fmt::format("none of these servers has {} \"{}\"{}{}", question.series.empty() ? "an image" : "a series",
                           io::printable(name), hint.empty() ? "" : "; ", hint));
}

int run_fleet(const options::AskFleet& arguments, const console::Session& session) {
  Problems problems;
  const auto cards = read_cards(arguments.cards, session.files, problems);
  if (!problems.empty()) {
    console::show_problems_of(problems, session);
    return exit_manifest;
  }
  if (cards.empty())
    throw Error(Fault::usage, fmt::format("there are no cards in \"{}\"", io::printable(arguments.cards)),
                "a card is a file *.toml; \"ingot card --out FILE\" writes it")
        .about(arguments.cards);
  io::PeerMemory memory(session.files, site::cache_folder("fleet"));
  const Manifest manifest = asking_manifest(cards);
  const auto views = ask_all(manifest, memory, session);
  std::vector<fleet::FleetWord> words;
  for (std::size_t i = 0; i < cards.size(); ++i) words.push_back(word_of(cards[i], views[i], memory));
  make_names_unique(words);
  if (const auto trouble = memory.trouble()) session.warn(*trouble);
  const fleet::FleetQuestion question = question_of(arguments);
  const auto images = fleet::fleet_status(words, question);
  session.show([&](const show::Style& style,
                   show::Output& out) { show::show_fleet_status(words, images, session.clock.now(), style, out); },
               [&](show::Output& out) { show::show_fleet_status_json(words, images, out); });
  const int exit = exit_code_of(words, images);
  if (!images.empty() || !arguments.what) return exit;
  warn_of_nothing(question, words, session);
  return worse_exit_code(exit, exit_incomplete);
}

}  // namespace

int run_command(const options::CheckFleet& arguments, const console::Session& session) { return run_fleet(arguments, session); }
int run_command(const options::AskFleet& arguments, const console::Session& session) { return run_fleet(arguments, session); }

}  // namespace ingot::command
