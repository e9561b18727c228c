#include "reconciler/cli/look.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "reconciler/apply/damaged_images.hpp"
#include "reconciler/apply/own_keys.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/cli/asking_line.hpp"
#include "reconciler/cli/known_releases.hpp"
#include "reconciler/cli/last_plan.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/visit.hpp"
#include "reconciler/plan/intent.hpp"
#include "schema/overloaded.hpp"

namespace ingot {

namespace {

/// Whether a copy is named on the command line: whether there is such a one, only the catalogs say, also of settled peers.
bool names_copies(const PlanOptions& options) {
  const auto is_copy = [](const std::string& address) { return address.starts_with("copy."); };
  return std::any_of(options.targets.begin(), options.targets.end(), is_copy) ||
         std::any_of(options.excluded.begin(), options.excluded.end(), is_copy);
}

std::vector<PeerView> ask(Site& site, const std::vector<KnownPeer>& known, Time now, Pages pages, std::set<ServerName> only,
                          Transport& transport, const Session& session, AskUntil until = {}) {
  return ask_peers({.manifest = &site.manifest,
                    .self = site.state.self(),
                    .known = known,
                    .now = now,
                    .read_settled = pages == Pages::always,
                    .only = std::move(only),
                    .until = until},
                   site.memory, transport, session);
}

/// Bytes of private images are of no use to a peer's copy: it must give its own.
void leave_out_secrets(const Site& site, const Snapshot& snapshot, std::unordered_set<Digest>& digests) {
  for (const auto& row : snapshot.images) {
    if (row.is_private && digests.contains(row.digest) && site.state.is_secret(row.digest)) digests.erase(row.digest);
  }
}

/// Whose bytes this plan may do with if they are here: what peers offer and is no copy here yet, and deleted images that the
/// manifest names again (R18).
std::unordered_set<Digest> bytes_of_use(const Site& site, const std::vector<PeerView>& views, const Snapshot& snapshot) {
  std::unordered_set<Digest> digests;
  std::unordered_set<ImageIdentity> copies;
  for (const auto& row : snapshot.images) {
    if (row.copy && !row.deleted && row.identity) copies.insert(*row.identity);
  }
  for (const auto& view : views) {
    const auto* const seen = std::get_if<PeerCatalog>(&view);
    if (seen == nullptr) continue;
    for (const auto& image : seen->catalog->images) {
      if (image.identity.origin == seen->head.id && !copies.contains(image.identity)) digests.insert(image.digest);
    }
  }
  leave_out_secrets(site, snapshot, digests);
  std::unordered_set<std::string_view> named;
  for (const auto& image : site.manifest.images) named.insert(image.name.text());
  for (std::size_t i = 0; i < snapshot.images.size(); ++i) {
    const ImageRow& row = snapshot.images[i];
    const bool last = i + 1 == snapshot.images.size() || snapshot.images[i + 1].name != row.name;  // sorted by name, then key
    if (last && row.deleted && !row.copy && named.contains(row.name.text())) digests.insert(row.digest);
  }
  return digests;
}

/// Which of these bytes are whole here. Whichever is less work: asking the state for each, or reading what it has; the files
/// of these alone are looked at.
std::set<Digest> bytes_here(const Site& site, const std::unordered_set<Digest>& wanted, std::uint64_t images_here) {
  std::set<Digest> here;
  const auto look_at = [&](const ObjectRow& object) {
    if (site.store.lacks(object.packed).empty()) here.insert(object.digest);
  };
  if (wanted.size() < images_here / 4) {
    for (const auto& digest : wanted) {
      if (const auto object = site.state.object(digest)) look_at(*object);
    }
  } else if (!wanted.empty()) {
    site.state.each_object([&](const ObjectRow& object) {
      if (wanted.contains(object.digest)) look_at(object);
    });
  }
  return here;
}

DiskView disk_of(Site& site) {
  const std::string& folder = site.store.folder();
  return {.total = site.files.space_total(folder), .available = site.files.space_available(folder)};
}

/// Whether a note is about this peer: "peer.P", "copy.P.I", "subscription.P.…".
bool is_about(const Note& note, const ServerName& peer) {
  for (const std::string_view kind : {"peer.", "copy.", "subscription."}) {
    if (!note.address.starts_with(kind)) continue;
    const std::string_view rest = std::string_view(note.address).substr(kind.size());
    return rest == peer.text() || rest.starts_with(peer.text() + ".");
  }
  return false;
}

/// What is told of each head anew, and is not true of the next one.
bool is_of_one_head(const Note& note, const PeerCatalog& view) {
  return note.code == "root-ends" || std::any_of(view.remarks.begin(), view.remarks.end(),
                                                 [&](const PeerRemark& remark) { return remark.code == note.code; });
}

/// So that the next plan need not read the pages of a peer for which there is nothing to do.
void remember_settled(Site& site, const std::vector<KnownPeer>& known, const Looked& looked) {
  for (std::size_t i = 0; i < site.manifest.peers.size(); ++i) {
    const ServerName& peer = site.manifest.peers[i].name;
    const auto* const view = std::get_if<PeerCatalog>(&looked.observed.peers[i]);
    if (view == nullptr || std::find(looked.plan.settled.begin(), looked.plan.settled.end(), peer) == looked.plan.settled.end())
      continue;
    SettledMark mark{.fingerprint = settled_fingerprint(view->head, known[i]), .until = looked.plan.settled_until, .notes = {}};
    std::copy_if(looked.plan.notes.begin(), looked.plan.notes.end(), std::back_inserter(mark.notes),
                 [&](const Note& note) { return is_about(note, peer) && !is_of_one_head(note, *view); });
    site.memory.keep_settled(view->head.id, mark);
  }
}

/// With more images than these, to look at the files of all takes longer than the rest of a plan that finds nothing to do.
constexpr std::uint64_t most_to_look_at = 10'000;

/// What is damaged, before any peer is asked. On a large server that is what the last publication found, or all once anything
/// was set aside.
std::vector<DamagedImage> known_damage(const Site& site, Pages pages) {
  const bool all = pages == Pages::always || site.state.images_total() <= most_to_look_at || site.store.has_set_aside();
  return all ? all_damaged_images(site.state, site.store)
             : damaged_left_out(site.state, site.store, site.manifest.server.publish_copies);
}

/// A publication looks at the file of every public image, so that costs its plan nothing beside it. True: there was more.
bool add_public_damage(const Site& site, std::vector<DamagedImage>& damaged) {
  std::set<std::pair<ImageKey, std::string>> known;
  for (const auto& image : damaged) known.emplace(image.key, image.path);
  bool more = false;
  for (auto& image : damaged_public_images(site.state, site.store, site.manifest.server.publish_copies)) {
    if (!known.emplace(image.key, image.path).second) continue;
    damaged.push_back(std::move(image));
    more = true;
  }
  return more;
}

bool publishes(const Plan& plan) {
  return std::any_of(plan.actions.begin(), plan.actions.end(), [](const Change& change) { return change.verb == Verb::publish; });
}

Looked look_once(Site& site, const PlanOptions& options, Pages pages, const std::vector<KnownPeer>& known,
                 const std::vector<DamagedImage>& damaged, Transport& transport, const Session& session, AskUntil until,
                 SourceLook sources) {
  const Time now = session.clock.now();
  const Pages read = names_copies(options) ? Pages::always : pages;
  std::vector<PeerView> views = ask(site, known, now, read, {}, transport, session, until);
  Snapshot snapshot = site.state.snapshot(scope_for(site.manifest, views));
  std::set<Digest> objects = bytes_here(site, bytes_of_use(site, views, snapshot), snapshot.images_total);
  const Root root = newest_own_root(site.store, site.state.self());
  Observed observed{.now = now,
                    .local_minute = session.clock.local_minute(now),
                    .self = site.state.self(),
                    .peers = std::move(views),
                    .sources = observe_sources(site.manifest, snapshot.images, damaged, sources),
                    .disk = disk_of(site),
                    .objects = std::move(objects),
                    .root_expires = root.expires,
                    .unreleased = known_unreleased(site),
                    .damaged = damaged,
                    .no_catalog_key = why_no_catalog_key(site.files, site.manifest.server.keys, root),
                    .publish_again = why_publish_again(site.state, site.store, site.manifest.server)};
  Plan plan = plan_or_refuse(make_plan(site.manifest, snapshot, observed, options), site.manifest);
  const Digest id = sha256(plan_id_text(plan));
  return {std::move(snapshot), std::move(observed), std::move(plan), id};
}

}  // namespace

std::vector<PeerView> ask_peers(const PeerQuestions& questions, PeerMemory& memory, Transport& transport,
                                const Session& session) {
  AskingLine line(session);
  return observe_peers(questions, transport, memory, session.clock,
                       [&](const ServerName& peer, const std::string& what) { line.tell(peer, what); });
}

Plan plan_or_refuse(std::variant<Plan, RefusedEmpty, WrongAddress> made, const Manifest& manifest) {
  if (auto* plan = std::get_if<Plan>(&made)) return std::move(*plan);
  if (const auto* wrong = std::get_if<WrongAddress>(&made))
    throw Error(Fault::usage, printable(wrong->text), printable(wrong->mend)).with_code("unknown-address").about(wrong->address);
  const auto& refused = std::get<RefusedEmpty>(made);
  throw Error(Fault::refused, refused.text, refused.mend).with_code("empty").about(manifest.path);
}

void note_trouble(const PeerMemory& memory, Plan& plan) {
  if (const auto trouble = memory.trouble()) {
    plan.notes.push_back({.code = "not-remembered", .address = "", .text = *trouble});
    std::stable_sort(plan.notes.begin(), plan.notes.end(),
                     [](const Note& one, const Note& other) { return one.code < other.code; });
  }
}

std::vector<KnownPeer> known_peers(Site& site, const std::vector<DamagedImage>& damaged) {
  const std::string damage = damaged.empty() ? "" : "damaged\n";
  const auto registrations = site.state.registrations();
  std::vector<KnownPeer> known;
  for (const auto& peer : site.manifest.peers) {
    const ServerId& id = peer.card.id;
    const auto registered =
        std::find_if(registrations.begin(), registrations.end(), [&](const Registration& one) { return one.name == peer.name; });
    const std::string rules = damage + rules_text(site.manifest, peer) + "\n" + site.state.lineage() + "\n" +
                              std::to_string(site.state.revision_of(id)) + "\n" INGOT_VERSION "\n";
    known.push_back({.floor = higher(site.state.floor(id), site.memory.floor(id)),
                     .registered_id = registered == registrations.end() ? std::nullopt : std::optional(registered->id),
                     .rules = sha256(rules)});
  }
  return known;
}

Looked look(Site& site, const PlanOptions& options, Pages pages, Transport& transport, const Session& session, AskUntil until,
            SourceLook sources) {
  refuse_an_old_state(site.state, site.store);
  std::vector<DamagedImage> damaged = known_damage(site, pages);
  std::vector<KnownPeer> known = known_peers(site, damaged);
  Looked looked = look_once(site, options, pages, known, damaged, transport, session, until, sources);
  if (publishes(looked.plan) && add_public_damage(site, damaged)) {
    known = known_peers(site, damaged);
    looked = look_once(site, options, pages, known, damaged, transport, session, until, sources);
  }
  remember_settled(site, known, looked);
  keep_last_plan(site, looked.observed, looked.plan);
  note_trouble(site.memory, looked.plan);
  return looked;
}

PeerView ask_one(Site& site, std::size_t peer, Transport& transport, const Session& session) {
  return ask(site, known_peers(site), session.clock.now(), Pages::always, {site.manifest.peers[peer].name}, transport, session)
      .at(peer);
}

std::vector<SeenHead> accepted_heads(const Observed& observed) {
  std::vector<SeenHead> heads;
  for (const auto& view : observed.peers) {
    std::visit(Overloaded{[&](const PeerCatalog& seen) { heads.push_back(seen.head); },
                          [&](const Settled& seen) { heads.push_back(seen.head); }, [](const OwnPeer&) {}, [](const Unknown&) {}},
               view);
  }
  return heads;
}

}  // namespace ingot
