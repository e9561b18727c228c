#include "reconciler/apply/rebuild_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "reconciler/apply/papers.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/apply/set_aside.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/error.hpp"
#include "schema/parse_catalog.hpp"
#include "schema/root.hpp"
#include "schema/text_rules.hpp"

namespace ingot {
namespace {

constexpr const char* mend_store = "bring the store back from its backup: without it, what peers have seen cannot be gone on with";

ServerId id_of_store(const Store& store) {
  const std::string bytes = store.published_root(1).value_or("");
  const auto envelope = parse_envelope(bytes);
  if (const auto* good = std::get_if<Envelope>(&envelope)) {
    const ServerId id = id_of_root(good->payload);
    if (std::holds_alternative<TrustedRoot>(verify_first_root(bytes, id))) return id;
  }
  throw Error(Fault::local, fmt::format("the root of trust \"{}/root/1.dsse\" is gone or damaged", printable(store.public_folder())), mend_store)
      .with_code("lost-root");
}

struct WholeCatalog {
  Head head;
  Catalog catalog;
};

/// nullopt: not every page of it is there and whole.
std::optional<WholeCatalog> read_whole(const Store& store, const Head& head) {
  WholeCatalog whole{.head = head, .catalog = {}};
  const auto index = index_on_disk(store, head.index);
  if (!std::holds_alternative<Index>(index)) return std::nullopt;
  PageReader reader(head.id, whole.head.serial, collect_into(whole.catalog));
  for (const PageRef& page : std::get<Index>(index).pages) {
    const auto bytes = store.published_piece(page.piece);
    if (!bytes || sha256(*bytes) != page.piece.digest || reader.read(page, *bytes)) return std::nullopt;
  }
  return whole;
}

/// The newest catalog that is whole, of the published head and those that were kept, as far as this server's own keys signed
/// them: others may write what is published too. `seen`: the highest serial of all.
WholeCatalog newest_catalog(const Store& store, const ServerId& self, Serial& seen) {
  const OwnRoots roots = own_roots(store, self);
  const auto published = head_on_disk(store, self, roots);
  seen = highest_serial(store, published);
  const std::map<Serial, std::string> heads = store.kept_heads();
  std::optional<WholeCatalog> best;
  if (published) best = read_whole(store, published->head);
  for (auto one = heads.rbegin(); one != heads.rend() && (!best || best->head.serial < one->first); ++one) {
    const auto kept = verify_own_head(one->second, self, roots);
    if (!kept || (best && kept->head.serial <= best->head.serial)) continue;
    if (auto whole = read_whole(store, kept->head)) best = std::move(whole);
  }
  if (!best) throw Error(Fault::local, "no catalog that this server published is whole any more", mend_store).with_code("lost-catalog");
  return *std::move(best);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

/// The state of a copy here, and whether its origin withdrew it, from what the catalog shows.
void set_state(ImageRow& row, const ImageEntry& entry) {
  row.state = entry.state();
  row.reason = entry.reason;
  if (!row.copy || row.state != ImageState::withdrawn) return;
  row.withdrawn_by_origin = true;
  row.state = entry.states.size() > 1 ? entry.states[entry.states.size() - 2].state : ImageState::published;
}

class Gathering {
 public:
  Gathering(const Manifest& manifest, const Store& store, const std::optional<State>& old, Time now, RebuiltState& told)
      : manifest_(manifest), store_(store), old_(old), now_(now), told_(told),
        what_{.lineage = store.lineage(), .self = id_of_store(store), .name = manifest.server.name}, known_actions_(old ? old->newest_action() : 0) {}

  Restoration all(PeerMemory& memory) {
    what_.last_action = std::max(store_.newest_papers(), known_actions_);
    what_.revision = static_cast<std::uint64_t>(now_.time_since_epoch().count());
    const WholeCatalog published = newest_catalog(store_, what_.self, what_.reserved);
    if (old_) take_up_old_state();
    read_papers();
    adopt(published.catalog);
    adopt_by_papers();
    take_up_types(published.catalog);
    take_up_floors(memory);
    told_.serial = what_.reserved;
    told_.bytes = bytes_to_rehash();
    return std::move(what_);
  }

 private:
  /// Peers and subscriptions are intentions: nothing but a state holds them.
  void take_up_old_state() {
    what_.reserved = std::max(what_.reserved, old_->reserved_serial());
    what_.registrations = old_->registrations();
    const Snapshot snapshot = old_->snapshot();
    what_.subscriptions = snapshot.subscriptions;
    for (const ImageRow& row : snapshot.images) {
      if (row.protect) protected_.insert({row.name, row.digest});
      if (row.deleted && row.copy && row.identity) removed_in_old_.insert(*row.identity);
      if (row.deleted && !row.copy) deleted_in_old_.insert({row.name, row.digest});
    }
    told_.kept_peers = !what_.registrations.empty();
  }

  void read_papers() {
    store_.each_papers([this](std::int64_t key, std::string_view text) {
      auto papers = parse_papers(text);
      if (!papers) return;
      const Digest digest = papers->row.digest;
      if (papers->packed) {
        auto& known = packed_[digest];
        if (!known || !store_.has(*known)) known = papers->packed;
      }
      by_digest_[digest].push_back(papers_.size());
      papers_.push_back({.key = key, .papers = *std::move(papers)});
    });
  }

  struct NumberedPapers {
    std::int64_t key = 0;
    ParsedPapers papers;
  };

  /// The newest papers of these bytes for which `holds`.
  template <class Holds>
  const ImageRow* papers_of(const Digest& digest, Holds holds) const {
    const auto known = by_digest_.find(digest);
    if (known == by_digest_.end()) return nullptr;
    for (const std::size_t place : known->second) {
      if (holds(papers_[place].papers.row)) return &papers_[place].papers.row;
    }
    return nullptr;
  }

  /// An image whose bytes nothing tells of any more keeps its place; it is damaged until they come back.
  Packed packed_of(const Digest& digest, const std::optional<Packed>& listed) const {
    const auto known = packed_.find(digest);
    const bool by_papers = known != packed_.end() && known->second;
    if (listed && (!by_papers || store_.has(*listed))) return *listed;
    if (by_papers) return *known->second;
    return Packed{.file = {.digest = digest, .length = 0}, .segments = 1, .table = std::nullopt};
  }

  void adopt(const Catalog& catalog) {
    for (const ImageTombstone& gone : catalog.deleted) adopt(gone);
    for (const ImageEntry& entry : catalog.images) adopt(entry);
    for (const SeriesEntry& series : catalog.series) {
      what_.series.push_back({.name = series.name, .created = series.created, .members = series.members, .deleted = std::nullopt});
    }
    told_.series = catalog.series.size();
    for (const SeriesTombstone& gone : catalog.deleted_series) {
      what_.series.push_back({.name = gone.name, .created = gone.created, .members = {}, .deleted = gone.deleted});
    }
  }

  void adopt(const ImageTombstone& gone) {
    ImageRow row = blank_row(gone.identity.name, manifest_.server.name);
    row.identity = gone.identity;
    row.digest = gone.digest;
    row.type = gone.type;
    row.parent_identity = gone.parent;
    if (gone.parent) row.parent_name = gone.parent->name.text();
    if (const ImageRow* papers = papers_of(gone.digest, [](const ImageRow&) { return true; })) {
      row.size = papers->size;
      row.kind = papers->kind;
    }
    row.papers.time = now_;
    row.deleted = true;
    row.created = gone.identity.created;
    known_own_.insert({row.name, row.digest});
    const Packed packed = packed_of(row.digest, std::nullopt);
    // What was shown of its state before it was deleted is shown no more.
    what_.images.push_back({.row = std::move(row), .packed = packed, .states = {{ImageState::published, gone.identity.created}}, .deleted = gone.deleted});
    ++told_.tombstones;
  }

  void adopt(const ImageEntry& entry) {
    ImageRow row = blank_row(entry.name, entry.origin_name);
    row.copy = entry.identity.origin != what_.self;
    row.identity = entry.identity;
    row.copied_from = entry.copied_from;
    row.digest = entry.digest;
    row.size = entry.size;
    row.kind = entry.kind;
    row.type = entry.type;
    row.version = entry.version;
    row.platform = entry.platform;
    row.description = entry.description;
    row.labels = entry.labels;
    set_state(row, entry);
    row.parent_identity = entry.parent;
    if (entry.parent) row.parent_name = entry.parent->name.text();
    row.created = entry.listed;
    row.papers.time = now_;
    const auto are_its = [&](const ImageRow& papers) { return papers.copy == row.copy && (row.copy ? papers.identity == row.identity : papers.name == row.name); };
    if (const ImageRow* papers = papers_of(entry.digest, are_its)) {
      row.papers = papers->papers;
      row.rule = papers->rule;
      row.protect = papers->protect;
      if (!papers->parent_name.empty()) row.parent_name = papers->parent_name;
    }
    row.protect = row.protect || protected_.contains({row.name, row.digest});
    names_.insert(lower(row.name.text()));
    if (row.copy) known_copies_.insert(entry.identity);
    else known_own_.insert({row.name, row.digest});
    ++(row.copy ? told_.copies : told_.own);
    what_.images.push_back({.row = std::move(row), .packed = packed_of(entry.digest, entry.packed), .states = entry.states, .deleted = std::nullopt});
  }

  bool is_known(const ImageRow& row) const {
    return row.copy ? known_copies_.contains(*row.identity) : known_own_.contains({row.name, row.digest});
  }

  bool is_deleted_in_old(std::int64_t key, const ImageRow& row) const {
    if (key > known_actions_) return false;
    return row.copy ? removed_in_old_.contains(*row.identity) : deleted_in_old_.contains({row.name, row.digest});
  }

  /// Also bytes that are not whole are an image's; only what gc has taken is one no more.
  bool is_here(const Packed& packed) const { return files_.contains(packed.file.digest) || (packed.table && files_.contains(packed.table->digest)); }

  /// Papers are as of the image's arrival: since then it may have been made private, or deleted. No head has shown it, so
  /// it is shown only if the manifest says so.
  bool is_private(const ImageRow& papers) const {
    const auto& declared = manifest_.images;
    return papers.is_private || std::none_of(declared.begin(), declared.end(), [&](const LocalImage& one) { return one.name == papers.name && !one.is_private; });
  }

  /// Private images, and those that came after the last head. Deleted ones look the same as long as their bytes are here:
  /// better one image too many than one too few.
  void adopt_by_papers() {
    for (const StoredFile& file : store_.contents()) {
      if (file.kind == StoredFile::Kind::public_object || file.kind == StoredFile::Kind::private_object) files_.insert(file.digest);
    }
    for (const auto& [key, papers] : papers_) {
      const ImageRow& row = papers.row;
      if ((row.copy && !row.identity) || is_known(row) || is_deleted_in_old(key, row) || !papers.packed || !is_here(*papers.packed)) continue;
      if (!names_.insert(lower(row.name.text())).second) {
        told_.not_adopted.push_back(row.name);
        continue;
      }
      ImageRow adopted = row;
      if (!adopted.copy) {
        adopted.identity = ImageIdentity{.origin = what_.self, .name = row.name, .created = 0};
        adopted.is_private = is_private(row);
      }
      if (row.copy) known_copies_.insert(*row.identity);
      else known_own_.insert({row.name, row.digest});
      told_.by_papers_alone.push_back(row.name);
      ++(row.copy ? told_.copies : told_.own);
      what_.images.push_back({.row = std::move(adopted), .packed = *papers.packed, .states = {}, .deleted = std::nullopt});
    }
  }

  std::uint64_t bytes_to_rehash() const {
    std::uint64_t bytes = 0;
    std::set<Digest> seen;
    for (const RestoredImage& image : what_.images) {
      if (!image.row.deleted && seen.insert(image.row.digest).second) bytes += image.row.size;
    }
    return bytes;
  }

  void take_up_types(const Catalog& catalog) {
    what_.types = catalog.types;
    std::set<TypeName> known;
    for (const TypeEntry& type : what_.types) known.insert(type.name);
    for (const RestoredImage& image : what_.images) {
      const TypeName& type = image.row.type;
      if (image.row.deleted || is_builtin(type) || !known.insert(type).second) continue;
      const auto declared = std::find_if(manifest_.types.begin(), manifest_.types.end(), [&](const TypeDeclaration& one) { return one.name == type; });
      what_.types.push_back({.name = type, .base = declared == manifest_.types.end() ? default_type() : declared->base});
    }
  }

  void take_up_floors(PeerMemory& memory) {
    if (old_) what_.floors = old_->floors();
    for (const ServerId& id : memory.servers_with_floors()) {
      if (const auto floor = memory.floor(id)) what_.floors.push_back(*floor);
    }
    std::set<ServerId> servers;
    for (const Floor& floor : what_.floors) servers.insert(floor.id);
    told_.floors = servers.size();
  }

  const Manifest& manifest_;
  const Store& store_;
  const std::optional<State>& old_;
  Time now_;
  RebuiltState& told_;
  Restoration what_;
  std::int64_t known_actions_;            ///< of the older state
  std::vector<NumberedPapers> papers_;    ///< newest first
  std::unordered_map<Digest, std::vector<std::size_t>> by_digest_;  ///< places in papers_
  std::unordered_map<Digest, std::optional<Packed>> packed_;
  std::set<std::string> names_;  ///< of live images, in lower case
  std::set<std::pair<ImageName, Digest>> known_own_, protected_, deleted_in_old_;
  std::set<ImageIdentity> known_copies_, removed_in_old_;
  std::unordered_set<Digest> files_;  ///< of packed bytes that are here, whole or not
};

[[noreturn]] void refuse_foreign(const std::string& what) {
  throw Error(Fault::manifest, what, "set `state` and `store` in [server] to those of one server; nothing was changed").with_code("foreign-state");
}

bool is_older_than_the_store(const State& state, const Store& store) {
  try {
    refuse_an_old_state(state, store);
    refuse_a_state_older_than_the_papers(state, store);
  } catch (const Error& error) {
    if (error.code() != "old-state") throw;
    return true;
  }
  return false;
}

}  // namespace

std::string why_not_rebuild(const ServerSection& server, const Store& store, Files& files, std::optional<State>& old) {
  take_back(server.state, files);
  if (!files.status(server.state)) return "";
  try {
    State state = State::open(server.state, Access::read_only);
    state.check();
    if (store.lineage() != state.lineage() || state.self() != id_of_store(store)) {
      refuse_foreign(fmt::format("the state \"{}\" is of another server than the store \"{}\"", printable(server.state), printable(server.store)));
    }
    if (!is_older_than_the_store(state, store)) return "it is whole, and as new as what is published";
    old.emplace(std::move(state));
  } catch (const Error& error) {
    if (error.code() != "damaged-state") throw;
  }
  return "";
}

Restoration gather_restoration(const Manifest& manifest, const Store& store, PeerMemory& memory, const std::optional<State>& old, Time now,
                               RebuiltState& told) {
  return Gathering(manifest, store, old, now, told).all(memory);
}

State replace_state(const std::string& path, Files& files, const Restoration& restoration, Time now, RebuiltState& told) {
  return State::restore(path, restoration, [&] { told.set_aside = set_aside(path, files, now); });
}

}  // namespace ingot
