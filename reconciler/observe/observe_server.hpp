// This server and its peers at one moment, for every command that makes a plan here: the one maker of its Observed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/plan/observed.hpp"
#include "reconciler/site/site.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

enum class Pages { when_news, always };  ///< always: also of settled peers; and the files of all images are looked at

/// When asking peers ends, by the session's clock; nullopt: no sooner than the longest visit does.
using AskUntil = std::optional<std::chrono::steady_clock::time_point>;

struct LookOptions {
  Pages pages = Pages::when_news;
  std::optional<AboutImages> about = {};  ///< a question names these images: the pages about them are read of settled peers, too
  AskUntil until = {};
  SourceLook sources = SourceLook::top;
};

/// What a plan is made of beside the manifest.
struct SeenServer {
  state::Snapshot snapshot;
  plan::Observed observed;
};

/// Asks the peers, then looks at the state, the store, the sources and the disk. `known`: of known_peers(); `damaged`: of
/// known_damage().
SeenServer observe_server(site::Site& site, const std::vector<KnownPeer>& known, const std::vector<plan::DamagedImage>& damaged,
                          const LookOptions& how, io::Transport& transport, const console::Session& session);

/// What gc may take, sooner or later, in bytes; nullopt: it cannot tell.
std::optional<std::uint64_t> garbage_bytes(site::Site& site, Time now);

/// What is damaged, before any peer is asked. On a large server that is what the last publication found, or all once anything
/// was set aside.
std::vector<plan::DamagedImage> known_damage(const site::Site& site, Pages pages);

/// A publication looks at the file of every public image, so that costs its plan nothing beside it. True: there was more.
bool add_public_damage(const site::Site& site, std::vector<plan::DamagedImage>& damaged);

/// What is known of each of the manifest's peers before it is asked. No peer is settled while something here is damaged: any of
/// them may have the bytes.
std::vector<KnownPeer> known_peers(site::Site& site, const std::vector<plan::DamagedImage>& damaged = {});

/// Asks the peers of `questions` and shows the progress on the terminal of `session`. One view per peer of the manifest, in its
/// order. A peer that does not answer is Unknown; no error is thrown for it.
std::vector<plan::PeerView> ask_peers(const PeerQuestions& questions, io::PeerMemory& memory, io::Transport& transport,
                                      const console::Session& session);

/// Asks only the peer at the place `peer` of the manifest. Reads its catalog, also if it is settled: the whole, or with `about`
/// only the pages of pages_about().
plan::PeerView ask_one(site::Site& site, std::size_t peer, const std::optional<AboutImages>& about, io::Transport& transport,
                       const console::Session& session);

/// The heads that were accepted.
std::vector<plan::SeenHead> accepted_heads(const plan::Observed& observed);

}  // namespace ingot::observe
