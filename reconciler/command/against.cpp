#include "reconciler/command/against.hpp"

#include <algorithm>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/visit.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/plan/stated_snapshot.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/site/cache_folder.hpp"
#include "schema/url.hpp"

namespace ingot::command {

namespace {

/// Asked like a peer, by a server that has no other.
plan::PeerCatalog ask_server(const std::string& url, const Card& card, Time now, io::PeerMemory& memory, io::Transport& transport,
                             const console::Session& session) {
  Manifest asking{.server = {.name = ServerName::of("against")}};
  asking.peers.push_back({.name = card.name,
                          .card_path = "server.card.toml",
                          .card = card,
                          .urls = {with_slash(url)},
                          .allow_http = is_open_http(card.url)});
  const observe::PeerQuestions questions{
      .manifest = &asking,
      .self = ServerId{},
      .known = {{.floor = memory.floor(card.id), .registered_id = std::nullopt, .rules = Digest{}}},
      .now = now,
      .read_settled = true,
      .only = {},
      .read_stated = true};
  plan::PeerView view = ask_peers(questions, memory, transport, session).front();
  if (auto* const unknown = std::get_if<plan::Unknown>(&view)) {
    const bool untrusted = unknown->code == "untrusted";
    throw Error(untrusted ? Fault::untrusted : Fault::incomplete,
                fmt::format("there is nothing to plan against, the server is {}: {}", unknown->code, unknown->why), "")
        .with_code(unknown->detail_code.empty() ? unknown->code : unknown->detail_code)
        .about(url);
  }
  plan::PeerCatalog seen = std::get<plan::PeerCatalog>(std::move(view));
  if (!seen.stated) {
    throw Error(Fault::refused,
                fmt::format("server \"{}\" says nothing of its state, so that nobody can plan for it elsewhere",
                            seen.head.own_name.text()),
                "set publish_state = true in its [server] section and apply there")
        .with_code("no-state")
        .about(url);
  }
  return seen;
}

Error do_not_fit(const std::string& why, const plan::PeerCatalog& server) {
  return Error(Fault::untrusted,
               fmt::format("{}: what the server publishes of its state does not fit its catalog: {}",
                           io::printable(server.head.url), io::printable(why)),
               "ask the server's owner")
      .with_code("malformed")
      .about(server.head.url);
}

/// What hour it is where the server is nobody knows elsewhere: no window bounds this plan.
Manifest at_any_hour(const Manifest& manifest) {
  Manifest unbounded = manifest;
  unbounded.limits.windows.clear();
  return unbounded;
}

std::map<ImageName, plan::SourceView> sources_elsewhere(const Manifest& manifest) {
  std::map<ImageName, plan::SourceView> sources;
  for (const auto& image : manifest.images) {
    if (image.source) sources.emplace(image.name, plan::SourceElsewhere{});
  }
  return sources;
}

/// The bytes of what is listed are taken to be whole.
std::set<Digest> bytes_of(const state::Snapshot& snapshot) {
  std::set<Digest> digests;
  for (const auto& row : snapshot.images) {
    if (!row.is_private) digests.insert(row.digest);
  }
  return digests;
}

void note_unshown(const plan::StatedSnapshot& made, plan::Plan& plan) {
  std::vector<std::string> parts;
  if (made.assumed_types > 0) parts.push_back(plan::counted(made.assumed_types, "image type"));
  if (made.assumed_series > 0) parts.push_back(fmt::format("{} series", made.assumed_series));
  if (parts.empty()) return;
  plan.notes.push_back({.code = "unshown",
                        .address = "",
                        .text = fmt::format("of {} of the manifest the server publishes nothing, as no public image is in what "
                                            "is so declared: taken to be there as the manifest has it",
                                            fmt::join(parts, " and "))});
}

void note_footing(const plan::PeerCatalog& server, const plan::StatedSnapshot& made, plan::Plan& plan) {
  const plan::SeenHead& head = server.head;
  plan.notes.push_back({.code = "against",
                        .address = "",
                        .text = fmt::format("planned against what \"{}\" publishes, serial {} of {}; its sources, its disk, its "
                                            "hour (`window`) and the host's guard there were not looked at",
                                            head.own_name.text(), head.serial, time_text(head.issued))});
  note_unshown(made, plan);
  if (const std::uint64_t assumed = made.assumed; assumed > 0) {
    plan.notes.push_back(
        {.code = "private-unseen",
         .address = "",
         .text = fmt::format("{} of the manifest {} private: the server publishes nothing of {}, so {} taken to be there as the "
                             "manifest has {}, and what is to be done for {} is not in this plan",
                             plan::counted(assumed, "image"), assumed == 1 ? "is" : "are", assumed == 1 ? "it" : "them",
                             assumed == 1 ? "it is" : "they are", assumed == 1 ? "it" : "them", assumed == 1 ? "it" : "them")});
  }
  std::stable_sort(plan.notes.begin(), plan.notes.end(),
                   [](const Note& one, const Note& other) { return one.code < other.code; });
}

}  // namespace

PublishedServer::PublishedServer(const std::string& url, const Card& card, io::Transport& transport,
                                 const console::Session& session)
    : transport_(transport),
      session_(session),
      now_(session.clock.now()),
      memory_(session.files, site::cache_folder("against")),
      server_(ask_server(url, card, now_, memory_, transport, session)) {}

std::vector<plan::PeerView> PublishedServer::ask(const Manifest& manifest, const state::Snapshot& snapshot) {
  observe::PeerQuestions questions{
      .manifest = &manifest, .self = server_.head.id, .known = {}, .now = now_, .read_settled = true, .only = {}};
  for (const auto& peer : manifest.peers) {
    const auto& all = snapshot.registrations;
    const auto registered =
        std::find_if(all.begin(), all.end(), [&](const state::Registration& one) { return one.name == peer.name; });
    questions.known.push_back({.floor = memory_.floor(peer.card.id),
                               .registered_id = registered == all.end() ? std::nullopt : std::optional(registered->id),
                               .rules = Digest{}});
  }
  return ask_peers(questions, memory_, transport_, session_);
}

Observation PublishedServer::look(const Manifest& manifest, const plan::PlanOptions& options) {
  auto made = plan::stated_snapshot(server_, manifest);
  if (const auto* const why = std::get_if<std::string>(&made)) throw do_not_fit(*why, server_);
  auto& stated = std::get<plan::StatedSnapshot>(made);
  state::Snapshot& snapshot = stated.snapshot;
  plan::Observed observed{.now = now_,
                          .self = server_.head.id,
                          .peers = ask(manifest, snapshot),
                          .sources = sources_elsewhere(manifest),
                          .disk = {},
                          .objects = bytes_of(snapshot),
                          .root_expires = server_.head.root_expires,
                          .unreleased = {},
                          .damaged = {},
                          .elsewhere = true,
                          .publish_again = plan::why_publish_again(server_, manifest.server)};
  plan::Plan plan = plan_or_refuse(plan::make_plan(at_any_hour(manifest), snapshot, observed, options), manifest);
  note_footing(server_, stated, plan);
  note_trouble(memory_, plan);
  const Digest id = io::sha256(plan::plan_id_text(plan));
  return {std::move(snapshot), std::move(observed), std::move(plan), id};
}

}  // namespace ingot::command
