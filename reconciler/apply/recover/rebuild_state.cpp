#include "reconciler/apply/recover/rebuild_state.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/recover/provenance.hpp"
#include "reconciler/apply/recover/whole_catalog.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/store/find_objects.hpp"
#include "state/image_rows.hpp"

namespace ingot::apply {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

/// The state of a copy here, and whether its origin withdrew it, from what the catalog shows.
void set_state(state::ImageRow& row, const ImageEntry& entry) {
  row.state = entry.state();
  row.reason = entry.reason;
  if (!row.copy || row.state != ImageState::withdrawn) return;
  row.withdrawn_by_origin = true;
  row.state = entry.states.size() > 1 ? entry.states[entry.states.size() - 2].state : ImageState::published;
}

class Gathering {
 public:
  Gathering(const Manifest& manifest, const store::Store& store, io::Files& files, const std::optional<state::State>& old,
            Time now, RebuiltState& told)
      : manifest_(manifest),
        store_(store),
        disk_(files),
        old_(old),
        now_(now),
        told_(told),
        what_{.lineage = store.lineage(), .self = id_of_store(store), .name = manifest.server.name},
        known_actions_(old ? old->newest_action() : 0) {}

  state::Restoration all(io::PeerMemory& memory) {
    what_.last_action = std::max(store_.newest_papers(), known_actions_);
    what_.revision = static_cast<std::uint64_t>(now_.time_since_epoch().count());
    const WholeCatalog published = newest_whole_catalog(store_, what_.self, what_.reserved);
    told_.doubtful = published.doubtful;
    told_.disowned = published.disowned;
    if (old_) take_up_old_state();
    read_papers();
    adopt(published.catalog);
    adopt_by_papers();
    find_bytes();
    take_up_types(published.catalog);
    take_up_floors(memory);
    told_.serial = what_.reserved;
    told_.bytes = bytes_to_rehash();
    return std::move(what_);
  }

 private:
  /// Peers and subscriptions are intentions: nothing but a state holds them.
  void take_up_old_state() {
    state::Salvage old = old_->salvage();
    // A damaged number may be any. Peers refuse a larger jump, and no run of this server makes one.
    if (old.reserved <= what_.reserved + largest_jump / 2) what_.reserved = std::max(what_.reserved, old.reserved);
    what_.registrations = std::move(old.registrations);
    what_.exports = std::move(old.exports);
    what_.exported = std::move(old.exported);
    what_.subscriptions = std::move(old.subscriptions);
    what_.floors = std::move(old.floors);
    told_.left_out = old.left_out;
    for (const state::ImageRow& row : old.images) {
      if (row.protect) protected_.insert({row.name, row.digest});
      if (row.deleted && row.copy && row.identity) removed_in_old_.insert(*row.identity);
      if (row.deleted && !row.copy) deleted_in_old_.insert({row.name, row.digest});
    }
    told_.kept_peers = !what_.registrations.empty();
  }

  /// Provenance that the disk does not give just now may be all that tells of a private image: no state is made without them.
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
  const state::ImageRow* papers_of(const Digest& digest, Holds holds) const {
    const auto known = by_digest_.find(digest);
    if (known == by_digest_.end()) return nullptr;
    for (const std::size_t place : known->second) {
      if (holds(papers_[place].papers.row)) return &papers_[place].papers.row;
    }
    return nullptr;
  }

  /// nullopt also if its row is damaged.
  std::optional<state::ObjectRow> object_in_old(const Digest& digest) const {
    try {
      return old_ ? old_->object(digest) : std::nullopt;
    } catch (const Error& error) {
      if (error.code() != Code::damaged_state) throw;
      return std::nullopt;
    }
  }

  /// Of bytes that nothing tells of any more, what none can be; find_bytes looks for them.
  Packed packed_of(const Digest& digest, const std::optional<Packed>& listed) const {
    const auto known = packed_.find(digest);
    const bool by_papers = known != packed_.end() && known->second;
    if (listed && (!by_papers || store_.has(*listed))) return *listed;
    if (by_papers) return *known->second;
    const auto object = object_in_old(digest);
    return object ? object->packed : Packed{.file = {.digest = digest, .length = 0}, .segments = 1, .table = std::nullopt};
  }

  /// An image whose bytes are not found keeps its place; it is damaged until they come back.
  void find_bytes() {
    std::map<Digest, std::uint64_t> wanted;
    std::set<Digest> known;
    for (const auto& [row, packed, states, deleted] : what_.images) {
      if (packed.file.length == 0 && !row.deleted) wanted.emplace(row.digest, row.size);
      known.insert(packed.file.digest);
      if (packed.table) known.insert(packed.table->digest);
    }
    const auto found = store::find_objects(store_, disk_, wanted, known);
    for (state::RestoredImage& image : what_.images) {
      if (const auto place = found.find(image.row.digest); place != found.end()) image.packed = place->second;
    }
  }

  void adopt(const Catalog& catalog) {
    for (const ImageTombstone& gone : catalog.deleted) adopt(gone);
    for (const ImageEntry& entry : catalog.images) adopt(entry);
    for (const SeriesEntry& series : catalog.series) {
      what_.series.push_back(
          {.name = series.name, .created = series.created, .members = series.members, .deleted = std::nullopt});
    }
    told_.series = catalog.series.size();
    for (const SeriesTombstone& gone : catalog.deleted_series) {
      what_.series.push_back({.name = gone.name, .created = gone.created, .members = {}, .deleted = gone.deleted});
    }
  }

  void adopt(const ImageTombstone& gone) {
    state::ImageRow row = state::blank_row(gone.identity.name, manifest_.server.name);
    row.identity = gone.identity;
    row.digest = gone.digest;
    row.type = gone.type;
    row.parent_identity = gone.parent;
    if (gone.parent) row.parent_name = gone.parent->name.text();
    const auto are_its = [&](const state::ImageRow& papers) { return !papers.copy && papers.name == gone.identity.name; };
    if (const state::ImageRow* papers = papers_of(gone.digest, are_its)) {
      row.size = papers->size;
      row.kind = papers->kind;
    }
    row.papers.time = now_;
    row.deleted = true;
    row.created = gone.identity.created;
    known_own_.insert({row.name, row.digest});
    const Packed packed = packed_of(row.digest, std::nullopt);
    // What was shown of its state before it was deleted is shown no more.
    what_.images.push_back({.row = std::move(row),
                            .packed = packed,
                            .states = {{ImageState::published, gone.identity.created}},
                            .deleted = gone.deleted});
    ++told_.tombstones;
  }

  void adopt(const ImageEntry& entry) {
    state::ImageRow row = state::listed_row(entry.name, entry);
    row.copy = entry.identity.origin != what_.self;
    row.copied_from = entry.copied_from;
    set_state(row, entry);
    row.parent_identity = entry.parent;
    if (entry.parent) row.parent_name = entry.parent->name.text();
    row.created = entry.listed;
    row.papers.time = now_;
    const auto are_its = [&](const state::ImageRow& papers) {
      return papers.copy == row.copy && (row.copy ? papers.identity == row.identity : papers.name == row.name);
    };
    if (const state::ImageRow* papers = papers_of(entry.digest, are_its)) {
      row.papers = papers->papers;
      row.rule = papers->rule;
      row.protect = papers->protect;
      if (!papers->parent_name.empty()) row.parent_name = papers->parent_name;
    }
    row.protect = row.protect || protected_.contains({row.name, row.digest});
    names_.insert(lower(row.name.text()));
    if (row.copy)
      known_copies_.insert(entry.identity);
    else
      known_own_.insert({row.name, row.digest});
    ++(row.copy ? told_.copies : told_.own);
    for (const DeltaRef& delta : entry.deltas) {
      if (!row.copy && files_.contains(delta.file.digest))
        what_.deltas.push_back({.image = entry.digest, .base = delta.base, .base_size = delta.base_size, .file = delta.file});
    }
    what_.images.push_back({.row = std::move(row),
                            .packed = packed_of(entry.digest, entry.packed),
                            .states = entry.states,
                            .deleted = std::nullopt});
  }

  bool is_known(const state::ImageRow& row) const {
    return row.copy ? known_copies_.contains(*row.identity) : known_own_.contains({row.name, row.digest});
  }

  bool is_deleted_in_old(std::int64_t key, const state::ImageRow& row) const {
    if (key > known_actions_) return false;
    return row.copy ? removed_in_old_.contains(*row.identity) : deleted_in_old_.contains({row.name, row.digest});
  }

  /// Also bytes that are not whole are an image's; only what gc has taken is one no more.
  bool is_here(const Packed& packed) const {
    return files_.contains(packed.file.digest) || (packed.table && files_.contains(packed.table->digest));
  }

  /// Provenance are as of the image's arrival: since then it may have been made private, or deleted. No head has shown it, so
  /// it is shown only if the manifest says so.
  bool is_private(const state::ImageRow& papers) const {
    const auto& declared = manifest_.images;
    return papers.is_private || std::none_of(declared.begin(), declared.end(),
                                             [&](const LocalImage& one) { return one.name == papers.name && !one.is_private; });
  }

  /// Private images, and those that came after the last head. Deleted ones look the same as long as their bytes are here:
  /// better one image too many than one too few.
  void adopt_by_papers() {
    for (const store::StoredFile& file : store_.contents()) {
      if (file.kind == store::StoredFile::Kind::public_object || file.kind == store::StoredFile::Kind::private_object ||
          file.kind == store::StoredFile::Kind::quarantined)
        files_.insert(file.digest);
    }
    for (const auto& [key, papers] : papers_) {
      const state::ImageRow& row = papers.row;
      if ((row.copy && !row.identity) || is_known(row) || is_deleted_in_old(key, row) || !papers.packed ||
          !is_here(*papers.packed))
        continue;
      if (!names_.insert(lower(row.name.text())).second) {
        told_.not_adopted.push_back(row.name);
        continue;
      }
      state::ImageRow adopted = row;
      if (!adopted.copy) {
        adopted.identity = ImageIdentity{.origin = what_.self, .name = row.name, .created = 0};
        adopted.is_private = is_private(row);
      }
      if (row.copy)
        known_copies_.insert(*row.identity);
      else
        known_own_.insert({row.name, row.digest});
      told_.by_papers_alone.push_back(row.name);
      ++(row.copy ? told_.copies : told_.own);
      what_.images.push_back({.row = std::move(adopted), .packed = *papers.packed, .states = {}, .deleted = std::nullopt});
    }
  }

  std::uint64_t bytes_to_rehash() const {
    std::uint64_t bytes = 0;
    std::set<Digest> seen;
    for (const state::RestoredImage& image : what_.images) {
      if (!image.row.deleted && seen.insert(image.row.digest).second) bytes += image.row.size;
    }
    return bytes;
  }

  void take_up_types(const Catalog& catalog) {
    what_.types = catalog.types;
    std::set<TypeName> known;
    for (const TypeEntry& type : what_.types) known.insert(type.name);
    for (const state::RestoredImage& image : what_.images) {
      const TypeName& type = image.row.type;
      if (image.row.deleted || is_builtin(type) || !known.insert(type).second) continue;
      const auto declared = std::find_if(manifest_.types.begin(), manifest_.types.end(),
                                         [&](const TypeDeclaration& one) { return one.name == type; });
      what_.types.push_back({.name = type, .base = declared == manifest_.types.end() ? default_type() : declared->base});
    }
  }

  void take_up_floors(io::PeerMemory& memory) {
    for (const ServerId& id : memory.servers_with_floors()) {
      if (const auto floor = memory.floor(id)) what_.floors.push_back(*floor);
    }
    std::set<ServerId> servers;
    for (const Floor& floor : what_.floors) servers.insert(floor.id);
    told_.floors = servers.size();
  }

  const Manifest& manifest_;
  const store::Store& store_;
  io::Files& disk_;
  const std::optional<state::State>& old_;
  Time now_;
  RebuiltState& told_;
  state::Restoration what_;
  std::int64_t known_actions_;                                      ///< of the older state
  std::vector<NumberedPapers> papers_;                              ///< newest first
  std::unordered_map<Digest, std::vector<std::size_t>> by_digest_;  ///< places in papers_
  std::unordered_map<Digest, std::optional<Packed>> packed_;
  std::set<std::string> names_;  ///< of live images, in lower case
  std::set<std::pair<ImageName, Digest>> known_own_, protected_, deleted_in_old_;
  std::set<ImageIdentity> known_copies_, removed_in_old_;
  std::unordered_set<Digest> files_;  ///< of packed bytes that are here, whole or not
};

}  // namespace

state::Restoration gather_restoration(const Manifest& manifest, const store::Store& store, io::Files& files,
                                      io::PeerMemory& memory, const std::optional<state::State>& old, Time now,
                                      RebuiltState& told) {
  return Gathering(manifest, store, files, old, now, told).all(memory);
}

}  // namespace ingot::apply
