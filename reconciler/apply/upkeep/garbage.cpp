#include "reconciler/apply/upkeep/garbage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

using Kind = store::StoredFile::Kind;

/// Marks what heads name, those that are good longest first, so that pages which several heads share are read once.
class HeadMarks {
 public:
  HeadMarks(const store::Store& store, Needs& needs, std::vector<std::string>& notes)
      : store_(store), needs_(needs), notes_(notes) {}

  void unknown(const std::string& what) {
    needs_.heads_are_known = false;
    notes_.push_back(what + ": nothing published is removed until all valid heads can be read");
  }

  void mark(const Head& head, Time until) {
    needs_.heads.insert(head.serial);
    if (head.state) needs_.named_pieces.emplace(head.state->digest, until);
    if (!needs_.named_pieces.emplace(head.index.digest, until).second) return;
    const auto index = index_on_disk(store_, head.index);
    if (const auto* why = std::get_if<std::string>(&index))
      return unknown(fmt::format("the index of head {} {}", head.serial, *why));
    for (const PageRef& page : std::get<Index>(index).pages) mark(head, page, until);
  }

 private:
  void mark(const Head& head, const PageRef& page, Time until) {
    if (!needs_.named_pieces.emplace(page.piece.digest, until).second || page.kind != PageKind::images) return;
    const auto bytes = store_.published_piece(page.piece);
    const bool whole = bytes && io::sha256(*bytes) == page.piece.digest;
    PageReader reader(head.id, head.serial,
                      PageVisitor{.image = [&](ImageEntry&& image) { mark(image, until); },
                                  .deleted_image = {},
                                  .series = {},
                                  .member = {},
                                  .deleted_series = {},
                                  .type = {}});
    if (!whole || reader.read(page, *bytes))
      unknown(fmt::format("the page \"public/c/{}\" of head {} is damaged or gone", page.piece.digest.hex(), head.serial));
  }

  void mark(const ImageEntry& image, Time until) {
    for (const DeltaRef& delta : image.deltas) needs_.named_objects.emplace(delta.file.digest, until);
    if (!image.packed) return;
    needs_.named_objects.emplace(image.packed->file.digest, until);
    if (image.packed->table) needs_.named_objects.emplace(image.packed->table->digest, until);
  }

  const store::Store& store_;
  Needs& needs_;
  std::vector<std::string>& notes_;
};

void insert_files(const Packed& packed, std::unordered_set<Digest>& into) {
  into.insert(packed.file.digest);
  if (packed.table) into.insert(packed.table->digest);
}

/// One collection: looks, sorts, does.
class Collection {
 public:
  Collection(const state::State& state, store::Store& store, const ServerSection& server, const GarbageRules& rules, Time now)
      : state_(state), store_(store), server_(server), rules_(rules), now_(now) {}

  Garbage all() {
    refuse_a_state_older_than_the_papers(state_, store_);
    needs_.wanted = rules_.wanted;
    look_at_heads();
    garbage_.fault = !needs_.heads_are_known;
    look_at_images();
    sort_files();
    if (!rules_.dry_run) collect();
    return std::move(garbage_);
  }

 private:
  /// These are this server's own files, and keys change in a head's lifetime: nothing is verified.
  void look_at_heads() {
    HeadMarks marks(store_, needs_, garbage_.notes);
    const auto published = store_.published_head();
    const auto head = published ? trust::unverified_head(*published) : std::nullopt;
    if (head) {
      refuse_a_clock_behind(*head);
      marks.mark(*head, for_ever);
    } else {
      marks.unknown("the published head is missing or damaged; run \"ingot publish\"");
    }
    clock_is_trusted_ = head && now_ < head->expires;
    if (!clock_is_trusted_) {
      garbage_.notes.emplace_back(
          "the published head has expired, or this clock is wrong: nothing is removed by age until \"ingot publish\" has renewed "
          "it");
    }
    // A clock that is not trusted ends no head.
    for (const Head& old : heads_still_good(marks)) marks.mark(old, clock_is_trusted_ ? old.expires + reading_time : for_ever);
  }

  /// Those that are good longest first; of a clock that is not trusted, all.
  std::vector<Head> heads_still_good(HeadMarks& marks) {
    const auto kept = store_.kept_heads();
    if (!kept.empty()) needs_.heads.insert(kept.rbegin()->first);
    std::vector<Head> good;
    for (const auto& [serial, envelope] : kept) {
      auto head = trust::unverified_head(envelope);
      if (!head)
        marks.unknown(fmt::format("the older head {} is damaged", serial));
      else if (!clock_is_trusted_ || now_ < head->expires + reading_time)
        good.push_back(*std::move(head));
    }
    std::sort(good.begin(), good.end(), [](const Head& one, const Head& other) { return one.expires > other.expires; });
    return good;
  }

  void refuse_a_clock_behind(const Head& head) const {
    if (now_ + trust::clock_slack >= head.issued) return;
    throw Error(
        Fault::local,
        fmt::format("this clock says {}, but the published head was signed at {}", time_text(now_), time_text(head.issued)),
        "set the clock; nothing was removed")
        .with_code(Code::clock_behind);
  }

  void look_at_images() {
    if (!rules_.wanted.complete)
      garbage_.notes.emplace_back(
          "nothing is known of a peer: partial copies and bytes of copies stay until \"ingot plan\" has seen the peer");
    std::unordered_set<Digest> needed = rules_.wanted.digests;
    for (const state::ImageRow& row : state_.snapshot().images) {
      const bool may_be_wanted = row.copy && !rules_.wanted.complete;
      if (!row.deleted || may_be_wanted) needed.insert(row.digest);
      auto& name = names_[row.digest];
      if (name.empty() || !row.deleted) name = row.name.text();
    }
    const bool set_aside = store_.has_set_aside();
    state_.each_object([&](const state::ObjectRow& object) {
      for (const auto& file : {std::optional(object.packed.file), object.packed.table}) {
        if (file) owners_.emplace(file->digest, object.digest);
      }
      if (!needed.contains(object.digest)) return;
      insert_files(object.packed, needs_.objects);
      if (set_aside) note_missing(object.packed);
    });
    state_.each_public_object(server_.publish_copies,
                              [&](const state::ObjectRow& object) { insert_files(object.packed, needs_.to_be_served); });
    for (const state::DeltaRow& delta : state_.deltas()) {
      if (delta.file) needs_.to_be_served.insert(delta.file->digest);
    }
  }

  void note_missing(const Packed& packed) {
    for (const auto& file : {std::optional(packed.file), packed.table}) {
      if (file && !store_.lacks({.file = *file, .segments = 1, .table = std::nullopt}).empty())
        needs_.missing.insert(file->digest);
    }
  }

  std::string what_is(const store::StoredFile& file, Fate fate) const {
    switch (file.kind) {
      case Kind::public_object:
      case Kind::private_object: {
        const auto owner = owners_.find(file.digest);
        const auto name = owner == owners_.end() ? names_.end() : names_.find(owner->second);
        if (name == names_.end()) return "bytes of no image";
        return fmt::format("bytes of image {}, {}", name->second, fate == Fate::unserved ? "no longer to be served" : "deleted");
      }
      case Kind::piece: return "page of an old catalog";
      case Kind::quarantined: return "damaged file in quarantine";
      case Kind::partial: return "partial copy that no rule wants";
      case Kind::head: return "expired head";
      case Kind::left_over: break;
    }
    return "left over from a run that crashed";
  }

  void sort_files() {
    const store::Condemned before = store_.condemned();
    for (const store::StoredFile& file : store_.contents()) {
      const auto [fate, not_before] = fate_of(file, needs_);
      if (fate == Fate::stays) continue;
      const auto known = before.find(file.path);
      const bool is_new = known == before.end() || known->second > now_;
      GarbageFile entry{.path = file.path,
                        .what = what_is(file, fate),
                        .bytes = file.size,
                        .since = is_new ? now_ : known->second,
                        .until = {}};
      entry.until = std::max(entry.since + rules_.grace, not_before);
      const bool by_age = !is_new && clock_is_trusted_;
      const bool waited = entry.until <= now_ && (by_age || rules_.grace == Seconds(0));
      if (fate == Fate::taken_at_once || (waited && fate == Fate::taken)) {
        take_.push_back(file);
        garbage_.taken.push_back(std::move(entry));
      } else if (waited) {
        stop_serving_.push_back(file);
        garbage_.unserved.push_back(std::move(entry));
      } else {
        condemned_.emplace(entry.path, entry.since);
        garbage_.waiting.push_back(std::move(entry));
      }
    }
  }

  void collect() {
    store_.take(take_);
    for (const store::StoredFile& object : stop_serving_) store_.stop_serving(object);
    try {
      store_.note_condemned(condemned_);
    } catch (const Error& error) {  // what went is gone all the same, and must be told
      if (error.fault() != Fault::local) throw;
      garbage_.notes.push_back(
          fmt::format("the notes could not be written ({}): the grace of new files starts at the next gc", error.text()));
      garbage_.fault = true;
    }
  }

  const state::State& state_;
  store::Store& store_;
  const ServerSection& server_;
  const GarbageRules& rules_;
  Time now_;
  Needs needs_;
  bool clock_is_trusted_ = false;
  std::unordered_map<Digest, std::string> names_;  ///< of images, by their digest: a live one if there is one
  std::unordered_map<Digest, Digest> owners_;      ///< files of objects → digests of images
  store::Condemned condemned_;
  std::vector<store::StoredFile> take_;
  std::vector<store::StoredFile> stop_serving_;
  Garbage garbage_;
};

}  // namespace

std::uint64_t Garbage::freed() const {
  return std::accumulate(taken.begin(), taken.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const GarbageFile& file) { return sum + file.bytes; });
}

Verdict fate_of(const store::StoredFile& file, const Needs& needs) {
  const auto named_until = [&file](const auto& named) {
    const auto found = named.find(file.digest);
    return found == named.end() ? Time() : found->second;
  };
  const auto unless = [](bool needed, Fate fate, Time not_before) { return needed ? Verdict{} : Verdict{fate, not_before}; };
  switch (file.kind) {
    case Kind::public_object: {
      const Time until = named_until(needs.named_objects);
      const bool needed = !needs.heads_are_known || until == for_ever || needs.to_be_served.contains(file.digest);
      return unless(needed, needs.objects.contains(file.digest) ? Fate::unserved : Fate::taken, until);
    }
    case Kind::private_object:
      // Also a second copy of what is served stays: it may be the one that is whole.
      return unless(needs.objects.contains(file.digest) || needs.named_objects.contains(file.digest), Fate::taken, {});
    case Kind::piece: {
      const Time until = named_until(needs.named_pieces);
      return unless(!needs.heads_are_known || until == for_ever, Fate::taken, until);
    }
    case Kind::partial: return unless(!needs.wanted.complete || needs.wanted.digests.contains(file.digest), Fate::taken, {});
    case Kind::head: return unless(needs.heads.contains(file.serial), Fate::taken, {});
    case Kind::quarantined:
      return unless(needs.missing.contains(file.digest), Fate::taken, {});  // it may be the only one there is
    case Kind::left_over: break;
  }
  return {Fate::taken_at_once, {}};
}

Garbage collect_garbage(const state::State& state, store::Store& store, const ServerSection& server, const GarbageRules& rules,
                        Time now) {
  return Collection(state, store, server, rules, now).all();
}

}  // namespace ingot::apply
