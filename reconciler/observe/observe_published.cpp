#include "reconciler/observe/observe_published.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/observe/observe_server.hpp"
#include "reconciler/plan/stated_snapshot.hpp"
#include "schema/error.hpp"
#include "schema/text/url.hpp"

namespace ingot::observe {

namespace {

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

}  // namespace

PeerEntry entry_of(const Card& card, const std::string& url) {
  return {.name = card.name,
          .card_path = "server.card.toml",
          .card = card,
          .urls = {with_slash(url)},
          .allow_http = is_open_http(card.url)};
}

KnownPeer known_elsewhere(const PeerEntry& peer, const state::Snapshot& snapshot, io::PeerMemory& memory) {
  const auto& all = snapshot.registrations;
  const auto registered =
      std::find_if(all.begin(), all.end(), [&](const state::Registration& one) { return one.name == peer.name; });
  return {.floor = memory.floor(peer.card.id),
          .registered_id = registered == all.end() ? std::nullopt : std::optional(registered->id),
          .rules = Digest{}};
}

std::vector<plan::PeerView> ask_peers_of(const plan::PeerCatalog& server, const Manifest& manifest,
                                         const state::Snapshot& snapshot, Time now, io::PeerMemory& memory,
                                         io::Transport& transport, const console::Session& session) {
  PeerQuestions questions{
      .manifest = &manifest, .self = server.head.id, .known = {}, .now = now, .read_settled = true, .only = {}};
  for (const auto& peer : manifest.peers) questions.known.push_back(known_elsewhere(peer, snapshot, memory));
  return ask_peers(questions, memory, transport, session);
}

plan::PeerCatalog ask_published(const std::string& url, const Card& card, Time now, io::PeerMemory& memory,
                                io::Transport& transport, const console::Session& session) {
  Manifest asking{.server = {.name = ServerName::of("against")}};
  asking.peers.push_back(entry_of(card, url));
  const PeerQuestions questions{.manifest = &asking,
                                .self = ServerId{},
                                .known = {{.floor = memory.floor(card.id), .registered_id = std::nullopt, .rules = Digest{}}},
                                .now = now,
                                .read_settled = true,
                                .only = {},
                                .read_stated = true};
  plan::PeerView view = ask_peers(questions, memory, transport, session).front();
  if (auto* const unknown = std::get_if<plan::Unknown>(&view)) {
    const bool untrusted = unknown->code == Code::untrusted;
    throw Error(untrusted ? Fault::untrusted : Fault::incomplete,
                fmt::format("there is nothing to plan against, the server is {}: {}", text_of(unknown->code), unknown->why), "")
        .with_code(unknown->detail_code == Code::none ? unknown->code : unknown->detail_code)
        .about(url);
  }
  plan::PeerCatalog seen = std::get<plan::PeerCatalog>(std::move(view));
  if (!seen.stated) {
    throw Error(Fault::refused,
                fmt::format("server \"{}\" does not publish its state, which --against needs", seen.head.own_name.text()),
                "set publish_state = true in its [server] section, and apply there")
        .with_code(Code::no_state)
        .about(url);
  }
  return seen;
}

plan::Observed observe_published(const plan::PeerCatalog& server, const Manifest& manifest, const state::Snapshot& snapshot,
                                 Time now, std::vector<plan::PeerView> peers) {
  return {.now = now,
          .self = server.head.id,
          .peers = std::move(peers),
          .sources = sources_elsewhere(manifest),
          .disk = {},
          .objects = bytes_of(snapshot),
          .root_expires = server.head.root_expires,
          .unreleased = {},
          .damaged = {},
          .elsewhere = true,
          .publish_again = plan::why_publish_again(server, manifest.server)};
}

}  // namespace ingot::observe
