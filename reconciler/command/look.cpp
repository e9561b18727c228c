#include "reconciler/command/look.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "reconciler/apply/damaged_images.hpp"
#include "reconciler/apply/own_keys.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/console/asking_line.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/known_releases.hpp"
#include "reconciler/observe/visit.hpp"
#include "reconciler/observe/wanted_bytes.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/site/last_plan.hpp"
#include "schema/overloaded.hpp"

namespace ingot::command {

namespace {

/// Whether a copy is named on the command line: whether there is such a one, only the catalogs say, also of settled peers.
bool names_copies(const plan::PlanOptions& options) {
  const auto is_copy = [](const std::string& address) { return address.starts_with("copy."); };
  return std::any_of(options.targets.begin(), options.targets.end(), is_copy) ||
         std::any_of(options.excluded.begin(), options.excluded.end(), is_copy);
}

std::vector<plan::PeerView> ask(site::Site& site, const std::vector<observe::KnownPeer>& known, Time now, Pages pages,
                                std::set<ServerName> only, io::Transport& transport, const console::Session& session,
                                AskUntil until = {}) {
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

plan::DiskView disk_of(site::Site& site) {
  const std::string& folder = site.store.folder();
  return {.total = site.files.space_total(folder), .available = site.files.space_available(folder)};
}

std::map<Digest, plan::PartialCopy> partial_copies(const site::Site& site) {
  std::map<Digest, plan::PartialCopy> partials;
  for (const auto& one : site.store.partials())
    partials.emplace(one.digest, plan::PartialCopy{.fetched = one.written, .on_disk = one.on_disk});
  return partials;
}

/// What gc may take, sooner or later; nullopt: it cannot tell.
std::optional<std::uint64_t> garbage_bytes(site::Site& site, Time now) {
  try {
    const apply::GarbageRules rules{.grace = Seconds(0), .dry_run = true, .wanted = observe::wanted_bytes(site, now)};
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
bool is_of_one_head(const Note& note, const plan::PeerCatalog& view) {
  return note.code == "root-ends" || std::any_of(view.remarks.begin(), view.remarks.end(),
                                                 [&](const plan::PeerRemark& remark) { return remark.code == note.code; });
}

/// So that the next plan need not read the pages of a peer for which there is nothing to do.
void remember_settled(site::Site& site, const std::vector<observe::KnownPeer>& known, const Observation& looked) {
  for (std::size_t i = 0; i < site.manifest.peers.size(); ++i) {
    const ServerName& peer = site.manifest.peers[i].name;
    const auto* const view = std::get_if<plan::PeerCatalog>(&looked.observed.peers[i]);
    if (view == nullptr || std::find(looked.plan.settled.begin(), looked.plan.settled.end(), peer) == looked.plan.settled.end())
      continue;
    io::SettledMark mark{
        .fingerprint = observe::settled_fingerprint(view->head, known[i]), .until = looked.plan.settled_until, .notes = {}};
    std::copy_if(looked.plan.notes.begin(), looked.plan.notes.end(), std::back_inserter(mark.notes),
                 [&](const Note& note) { return is_about(note, peer) && !is_of_one_head(note, *view); });
    site.memory.keep_settled(view->head.id, mark);
  }
}

/// With more images than these, to look at the files of all takes longer than the rest of a plan that finds nothing to do.
constexpr std::uint64_t most_to_look_at = 10'000;

/// What is damaged, before any peer is asked. On a large server that is what the last publication found, or all once anything
/// was set aside.
std::vector<plan::DamagedImage> known_damage(const site::Site& site, Pages pages) {
  const bool all = pages == Pages::always || site.state.images_total() <= most_to_look_at || site.store.has_set_aside();
  return all ? apply::all_damaged_images(site.state, site.store)
             : apply::damaged_left_out(site.state, site.store, site.manifest.server.publish_copies);
}

/// A publication looks at the file of every public image, so that costs its plan nothing beside it. True: there was more.
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

bool publishes(const plan::Plan& plan) {
  return std::any_of(plan.actions.begin(), plan.actions.end(),
                     [](const plan::Change& change) { return change.verb == Verb::publish; });
}

Observation look_once(site::Site& site, const plan::PlanOptions& options, Pages pages,
                      const std::vector<observe::KnownPeer>& known, const std::vector<plan::DamagedImage>& damaged,
                      io::Transport& transport, const console::Session& session, AskUntil until, observe::SourceLook sources) {
  const Time now = session.clock.now();
  const Pages read = names_copies(options) ? Pages::always : pages;
  std::vector<plan::PeerView> views = ask(site, known, now, read, {}, transport, session, until);
  state::Snapshot snapshot = site.state.snapshot(plan::scope_for(site.manifest, views));
  std::set<Digest> objects = bytes_here(site, bytes_of_use(site, views, snapshot), snapshot.images_total);
  const Root root = apply::newest_own_root(site.store, site.state.self());
  plan::Observed observed{.now = now,
                          .local_minute = session.clock.local_minute(now),
                          .self = site.state.self(),
                          .peers = std::move(views),
                          .sources = observe::observe_sources(site.manifest, snapshot.images, damaged, sources),
                          .disk = disk_of(site),
                          .partials = partial_copies(site),
                          .objects = std::move(objects),
                          .root_expires = root.expires,
                          .unreleased = observe::known_unreleased(site),
                          .damaged = damaged,
                          .no_catalog_key = apply::why_no_catalog_key(site.files, site.manifest.server.keys, root),
                          .publish_again = apply::why_publish_again(site.state, site.store, site.manifest.server)};
  plan::Plan plan = plan_or_refuse(plan::make_plan(site.manifest, snapshot, observed, options), site.manifest);
  if (plan.short_of_room) {  // only now it matters whether there will ever be room
    observed.disk.garbage = garbage_bytes(site, now);
    plan = plan_or_refuse(plan::make_plan(site.manifest, snapshot, observed, options), site.manifest);
  }
  const Digest id = io::sha256(plan::plan_id_text(plan));
  return {std::move(snapshot), std::move(observed), std::move(plan), id};
}

}  // namespace

std::vector<plan::PeerView> ask_peers(const observe::PeerQuestions& questions, io::PeerMemory& memory, io::Transport& transport,
                                      const console::Session& session) {
  console::AskingLine line(session);
  return observe::observe_peers(questions, transport, memory, session.clock,
                                [&](const ServerName& peer, const std::string& what) { line.tell(peer, what); });
}

plan::Plan plan_or_refuse(std::variant<plan::Plan, plan::RefusedEmpty, plan::WrongAddress> made, const Manifest& manifest) {
  if (auto* plan = std::get_if<plan::Plan>(&made)) return std::move(*plan);
  if (const auto* wrong = std::get_if<plan::WrongAddress>(&made))
    throw Error(Fault::usage, io::printable(wrong->text), io::printable(wrong->mend))
        .with_code("unknown-address")
        .about(wrong->address);
  const auto& refused = std::get<plan::RefusedEmpty>(made);
  throw Error(Fault::refused, refused.text, refused.mend).with_code("empty").about(manifest.path);
}

void note_trouble(const io::PeerMemory& memory, plan::Plan& plan) {
  if (const auto trouble = memory.trouble()) {
    plan.notes.push_back({.code = "not-remembered", .address = "", .text = *trouble});
    std::stable_sort(plan.notes.begin(), plan.notes.end(),
                     [](const Note& one, const Note& other) { return one.code < other.code; });
  }
}

std::vector<observe::KnownPeer> known_peers(site::Site& site, const std::vector<plan::DamagedImage>& damaged) {
  const std::string damage = damaged.empty() ? "" : "damaged\n";
  const auto registrations = site.state.registrations();
  std::vector<observe::KnownPeer> known;
  for (const auto& peer : site.manifest.peers) {
    const ServerId& id = peer.card.id;
    const auto registered = std::find_if(registrations.begin(), registrations.end(),
                                         [&](const state::Registration& one) { return one.name == peer.name; });
    const std::string rules = damage + plan::rules_text(site.manifest, peer) + "\n" + site.state.lineage() + "\n" +
                              std::to_string(site.state.revision_of(id)) + "\n" INGOT_VERSION "\n";
    known.push_back({.floor = observe::higher(site.state.floor(id), site.memory.floor(id)),
                     .registered_id = registered == registrations.end() ? std::nullopt : std::optional(registered->id),
                     .rules = io::sha256(rules)});
  }
  return known;
}

Observation look(site::Site& site, const plan::PlanOptions& options, Pages pages, io::Transport& transport,
                 const console::Session& session, AskUntil until, observe::SourceLook sources) {
  apply::refuse_an_old_state(site.state, site.store);
  std::vector<plan::DamagedImage> damaged = known_damage(site, pages);
  std::vector<observe::KnownPeer> known = known_peers(site, damaged);
  Observation looked = look_once(site, options, pages, known, damaged, transport, session, until, sources);
  if (publishes(looked.plan) && add_public_damage(site, damaged)) {
    known = known_peers(site, damaged);
    looked = look_once(site, options, pages, known, damaged, transport, session, until, sources);
  }
  remember_settled(site, known, looked);
  site::keep_last_plan(site, looked.observed, looked.plan);
  note_trouble(site.memory, looked.plan);
  return looked;
}

plan::PeerView ask_one(site::Site& site, std::size_t peer, io::Transport& transport, const console::Session& session) {
  return ask(site, known_peers(site), session.clock.now(), Pages::always, {site.manifest.peers[peer].name}, transport, session)
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

}  // namespace ingot::command
