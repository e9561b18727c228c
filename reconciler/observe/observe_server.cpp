#include "reconciler/observe/observe_server.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "reconciler/apply/publish/catalog_page.hpp"
#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/apply/uploads/uploads.hpp"
#include "reconciler/console/asking_line.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/observe/known_releases.hpp"
#include "reconciler/observe/observe_exports.hpp"
#include "reconciler/observe/visit.hpp"
#include "reconciler/observe/wanted_bytes.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/site/shared_memory.hpp"
#include "schema/overloaded.hpp"

namespace ingot::observe {

namespace {

/// With more images than these, to look at the files of all takes longer than the rest of a plan that finds nothing to do.
constexpr std::uint64_t most_to_look_at = 10'000;

/// Bytes of private images are of no use to a peer's copy: it must give its own.
void leave_out_secrets(const site::Site& site, const state::Snapshot& snapshot, std::unordered_set<Digest>& digests) {
  for (const auto& row : snapshot.images) {
    if (row.is_private && digests.contains(row.digest) && site.state.is_secret(row.digest)) digests.erase(row.digest);
  }
}

/// Whose bytes this plan may do with if they are here: what peers offer and is no copy here yet, and deleted images that the
/// manifest names again (R18).
std::unordered_set<Digest> bytes_of_use(const site::Site& site, const std::vector<plan::PeerView>& views,
                                        const state::Snapshot& snapshot) {
  std::unordered_set<Digest> digests;
  std::unordered_set<ImageIdentity> copies;
  for (const auto& row : snapshot.images) {
    if (row.copy && !row.deleted && row.identity) copies.insert(*row.identity);
  }
  for (const auto& view : views) {
    const auto* const seen = std::get_if<plan::PeerCatalog>(&view);
    if (seen == nullptr) continue;
    for (const auto& image : seen->catalog->images) {
      if (image.identity.origin == seen->head.id && !copies.contains(image.identity)) digests.insert(image.digest);
    }
  }
  leave_out_secrets(site, snapshot, digests);
  std::unordered_set<std::string_view> named;
  for (const auto& image : site.manifest.images) named.insert(image.name.text());
  for (std::size_t i = 0; i < snapshot.images.size(); ++i) {
    const state::ImageRow& row = snapshot.images[i];
    const bool last = i + 1 == snapshot.images.size() || snapshot.images[i + 1].name != row.name;  // sorted by name, then key
    if (last && row.deleted && !row.copy && named.contains(row.name.text())) digests.insert(row.digest);
  }
  return digests;
}

/// Which of these bytes are whole here. Whichever is less work: asking the state for each, or reading what it has; the files
/// of these alone are looked at.
std::set<Digest> bytes_here(const site::Site& site, const std::unordered_set<Digest>& wanted, std::uint64_t images_here) {
  std::set<Digest> here;
  const auto look_at = [&](const state::ObjectRow& object) {
    if (site.store.lacks(object.packed).empty()) here.insert(object.digest);
  };
  if (wanted.size() < images_here / 4) {
    for (const auto& digest : wanted) {
      if (const auto object = site.state.object(digest)) look_at(*object);
    }
  } else if (!wanted.empty()) {
    site.state.each_object([&](const state::ObjectRow& object) {
      if (wanted.contains(object.digest)) look_at(object);
    });
  }
  return here;
}

std::map<Digest, plan::PartialCopy> partial_copies(const site::Site& site) {
  std::map<Digest, plan::PartialCopy> partials;
  for (const auto& one : site.store.partials())
    partials.emplace(one.digest, plan::PartialCopy{.fetched = one.written, .on_disk = one.on_disk});
  return partials;
}

}  // namespace

std::optional<std::uint64_t> garbage_bytes(site::Site& site, Time now) {
  try {
    const apply::GarbageRules rules{.grace = Seconds(0), .dry_run = true, .wanted = wanted_bytes(site, now)};
    const apply::Garbage garbage = apply::collect_garbage(site.state, site.store, site.manifest.server, rules, now);
    std::uint64_t bytes = 0;
    for (const auto* files : {&garbage.taken, &garbage.waiting}) {
      for (const apply::GarbageFile& file : *files) bytes += file.path.ends_with(".part") ? 0 : file.bytes;
    }
    return bytes;
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    return std::nullopt;
  }
}

std::vector<plan::DamagedImage> known_damage(const site::Site& site, Pages pages) {
  const bool all = pages == Pages::always || site.state.images_total() <= most_to_look_at || site.store.has_set_aside();
  return all ? apply::all_damaged_images(site.state, site.store)
             : apply::damaged_left_out(site.state, site.store, site.manifest.server.publish_copies);
}

bool add_public_damage(const site::Site& site, std::vector<plan::DamagedImage>& damaged) {
  std::set<std::pair<state::ImageKey, std::string>> known;
  for (const auto& image : damaged) known.emplace(image.key, image.path);
  bool more = false;
  for (auto& image : apply::damaged_public_images(site.state, site.store, site.manifest.server.publish_copies)) {
    if (!known.emplace(image.key, image.path).second) continue;
    damaged.push_back(std::move(image));
    more = true;
  }
  return more;
}

std::vector<plan::PeerView> ask_peers(const PeerQuestions& questions, io::PeerMemory& memory, io::Transport& transport,
                                      const console::Session& session) {
  console::AskingLine line(session);
  return observe_peers(questions, transport, memory, session.clock,
                       [&](const ServerName& peer, const std::string& what) { line.tell(peer, what); });
}

std::vector<KnownPeer> known_peers(site::Site& site, const std::vector<plan::DamagedImage>& damaged) {
  site::learn_of_peers(site.state, site.memory);
  const std::string shared = (damaged.empty() ? "" : "damaged\n") + io::sha256(plan::shared_rules_text(site.manifest)).text();
  const auto registrations = site.state.registrations();
  std::vector<KnownPeer> known;
  for (const auto& peer : site.manifest.peers) {
    const ServerId& id = peer.card.id;
    const auto registered = std::find_if(registrations.begin(), registrations.end(),
                                         [&](const state::Registration& one) { return one.name == peer.name; });
    const std::string rules = shared + "\n" + plan::rules_text(site.manifest, peer) + "\n" + site.state.lineage() + "\n" +
                              std::to_string(site.state.revision_of(id)) + "\n" INGOT_VERSION "\n";
    known.push_back({.floor = higher(site.state.floor(id), site.memory.floor(id)),
                     .registered_id = registered == registrations.end() ? std::nullopt : std::optional(registered->id),
                     .rules = io::sha256(rules)});
  }
  return known;
}

plan::PeerView ask_one(site::Site& site, std::size_t peer, const std::optional<AboutImages>& about, io::Transport& transport,
                       const console::Session& session) {
  return ask_peers({.manifest = &site.manifest,
                    .self = site.state.self(),
                    .known = known_peers(site),
                    .now = session.clock.now(),
                    .read_settled = true,
                    .only_about = about,
                    .only = {site.manifest.peers[peer].name}},
                   site.memory, transport, session)
      .at(peer);
}

std::vector<plan::SeenHead> accepted_heads(const plan::Observed& observed) {
  std::vector<plan::SeenHead> heads;
  for (const auto& view : observed.peers) {
    std::visit(Overloaded{[&](const plan::PeerCatalog& seen) { heads.push_back(seen.head); },
                          [&](const plan::Settled& seen) { heads.push_back(seen.head); }, [](const plan::OwnPeer&) {},
                          [](const plan::RetiredPeer&) {}, [](const plan::Unknown&) {}},
               view);
  }
  return heads;
}

SeenServer observe_server(site::Site& site, const std::vector<KnownPeer>& known, const std::vector<plan::DamagedImage>& damaged,
                          const LookOptions& how, io::Transport& transport, const console::Session& session) {
  const Time now = session.clock.now();
  std::vector<plan::PeerView> views = ask_peers({.manifest = &site.manifest,
                                                 .self = site.state.self(),
                                                 .known = known,
                                                 .now = now,
                                                 .read_settled = how.pages == Pages::always,
                                                 .about_settled = how.about,
                                                 .only = {},
                                                 .until = how.until},
                                                site.memory, transport, session);
  state::Snapshot snapshot = site.state.snapshot(plan::scope_for(site.manifest, views, how.about.value_or(AboutImages())));
  std::set<Digest> objects = bytes_here(site, bytes_of_use(site, views, snapshot), snapshot.images_total);
  const Root root = apply::newest_own_root(site.store, site.state.self());
  plan::Observed observed{.now = now,
                          .local_minute = session.clock.local_minute(now),
                          .self = site.state.self(),
                          .peers = std::move(views),
                          .sources = observe_sources(site.manifest, snapshot.images, damaged, how.sources),
                          .disk = site::disk_of(site),
                          .partials = partial_copies(site),
                          .objects = std::move(objects),
                          .root_expires = root.expires,
                          .unreleased = known_unreleased(site),
                          .damaged = damaged,
                          .no_catalog_key = apply::why_no_catalog_key(site.files, site.manifest.server.keys, root),
                          .no_page = apply::why_no_page(site.store, site.manifest.server),
                          .publish_again = apply::why_publish_again(site.state, site.store, site.manifest.server)};
  observe_exports(site.manifest, snapshot, observed);
  observed.uploads = apply::look_at_uploads(
      site.manifest.uploads, {.state = site.state, .store = site.store, .files = site.files, .clock = session.clock});
  return {std::move(snapshot), std::move(observed)};
}

}  // namespace ingot::observe
