// Budgets of a run: `max_bytes`, `min_free` and `window` (schema/manifest.md, [limits]). Copies are looked at in the plan's
// order, those that failed lately last (R31); one that does not fit is deferred, one that can never fit is blocked, and smaller
// ones after it go on. What needs no bytes of a peer always fits.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/guard/delta_ways.hpp"
#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/sorting.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

/// Why no run can fetch an image, whatever else it fetches, and what to do.
struct TooLarge {
  std::string why = {};  ///< "": a run can fetch it
  std::string mend = {};
};

/// A change whose bytes come from a peer.
struct Fetch {
  DraftChange* draft;
  const ServerName* peer;  ///< that is asked first
  const Digest* digest;
  const ImageEntry* entry;  ///< of that peer
  std::uint64_t bytes;      ///< of the whole, if nothing here serves; of several offers at most
  const ImageName* name;    ///< here
  Transfer* transfer;
  PartialCopy here = {};                ///< what an interrupted copy left of it
  std::optional<Transfer> deltas = {};  ///< a way that fetches less than what is missing of the whole
  std::uint64_t deltas_here = 0;        ///< bytes of them that an interrupted copy left
  TooLarge too_large = {};
  bool decided = false;
  bool admitted = false;  ///< this run fetches it

  std::uint64_t of_whole() const { return bytes - std::min(bytes, here.fetched); }
  std::uint64_t of_deltas() const { return deltas->bytes - std::min(deltas->bytes, deltas_here); }
  std::uint64_t to_come() const { return deltas ? of_deltas() : of_whole(); }
  /// Deltas go when the image is made; those between are as large as it, about.
  std::uint64_t to_occupy() const {
    const std::uint64_t whole = bytes - std::min(bytes, here.on_disk);
    if (!deltas) return whole;
    const std::uint64_t between = deltas->steps.size() > 1 ? bytes : 0;  // of two that follow each other both are here
    return saturating_sum(saturating_sum(whole, between), of_deltas());
  }
};

/// Bytes of the deltas that interrupted copies left.
std::uint64_t here_of(const Transfer& deltas, const Situation& situation) {
  std::uint64_t bytes = 0;
  for (const DeltaStep& step : deltas.steps) {
    const auto partial = situation.observed.partials.find(step.file.digest);
    if (partial != situation.observed.partials.end()) bytes += partial->second.fetched;
  }
  return bytes;
}

/// Deltas count if they are cheaper than the rest of the whole image.
void choose_way(Fetch& fetch, const Situation& situation, DeltaWays& ways) {
  const ImageEntry& entry = *fetch.entry;
  auto way = ways.cheapest(*fetch.peer, entry);
  if (!way) return;
  fetch.deltas_here = here_of(*way, situation);
  fetch.deltas = std::move(way);
  if (fetch.of_deltas() >= fetch.of_whole()) fetch.deltas.reset();
}

std::uint64_t bytes_to_fetch(const ImageEntry& entry) {
  if (!entry.packed) return 0;
  return saturating_sum(entry.packed->file.length, entry.packed->table ? entry.packed->table->length : 0);
}

Fetch fetch_in(DraftChange& draft, CopyImage& action) {
  return {.draft = &draft,
          .peer = &action.peer,
          .digest = &action.entry->digest,
          .entry = &*action.entry,
          .bytes = bytes_to_fetch(*action.entry),
          .name = &action.name,
          .transfer = &action.transfer};
}

Fetch fetch_in(DraftChange& draft, FetchAgain& action) {
  std::uint64_t most = 0;
  for (const Offer& offer : action.offers) most = std::max(most, bytes_to_fetch(*offer.entry));
  return {.draft = &draft,
          .peer = &action.offers.front().peer,
          .digest = &action.offers.front().entry->digest,
          .entry = &*action.offers.front().entry,
          .bytes = most,
          .name = &action.name,
          .transfer = &action.transfer};
}

/// In the order in which they get their share: as they are copied, but what has failed lately after all others (R31).
std::vector<Fetch> fetches_in_order(const Situation& situation, Draft& draft) {
  std::vector<Fetch> fetches;
  for (auto& one : draft.changes) {
    if (auto* copy = std::get_if<CopyImage>(&one.change.action))
      fetches.push_back(fetch_in(one, *copy));
    else if (auto* again = std::get_if<FetchAgain>(&one.change.action))
      fetches.push_back(fetch_in(one, *again));
  }
  sort_if_needed(fetches, [](const Fetch& one, const Fetch& other) {
    if (one.draft->failing != other.draft->failing) return other.draft->failing;
    return goes_before(*one.draft, *other.draft);
  });
  DeltaWays ways(situation);
  for (Fetch& one : fetches) {
    const auto partial = situation.observed.partials.find(*one.digest);
    if (partial != situation.observed.partials.end()) one.here = partial->second;
    if (!situation.observed.objects.contains(*one.digest)) choose_way(one, situation, ways);
  }
  return fetches;
}

/// Images here by the digests that copies need; of several the first name.
std::unordered_map<Digest, const state::ImageRow*> bits_here(const std::vector<Fetch>& copies, const Situation& situation) {
  std::unordered_map<Digest, const state::ImageRow*> here;
  if (copies.empty()) return here;
  here.reserve(copies.size());
  for (const Fetch& copy : copies) here.emplace(*copy.digest, nullptr);
  for (const auto& row : situation.snapshot.images) {
    if (row.deleted) continue;
    const auto found = here.find(row.digest);
    if (found != here.end() && (!found->second || row.name < found->second->name)) found->second = &row;
  }
  return here;
}

std::uint64_t free_to_keep(const Situation& situation) {
  return bytes_to_keep(situation.manifest.limits.min_free, situation.observed.disk.total);
}

/// A disk without a size was not looked at: it bounds nothing.
bool looked_at(const DiskView& disk) { return disk.total > 0; }

/// Digests of copies that only wait for something: a name that is taken, a type that is missing.
std::set<Digest> digests_of_blocked(const std::set<Digest>& of_these, const Situation& situation, const Draft& draft) {
  std::set<Address> blocked;
  for (const auto& one : draft.blocked) {
    if (one.verb == Verb::copy) blocked.insert(one.address);
  }
  std::set<Digest> digests;
  for (const auto& peer : situation.peers) {
    if (blocked.empty() || peer.sight != Sight::read) continue;
    for (const auto& image : peer.catalog->images) {
      if (of_these.contains(image.digest) && blocked.contains(copy_address(peer.name(), image.identity.name)))
        digests.insert(image.digest);
    }
  }
  return digests;
}

/// The disk while its room is given away. What interrupted copies hold makes room for others: at once if nothing wants them any
/// more; else only where it is needed, those of failing copies and of peers that are not known before all others.
class Room {
 public:
  Room(const Situation& situation, bool whole, std::vector<Fetch>& fetches, Draft& draft)
      : disk_(situation.observed.disk), keep_(free_to_keep(situation)), fetches_(fetches), draft_(draft) {
    free_ = looked_at(disk_) ? disk_.available : UINT64_MAX;
    for (const auto& [digest, partial] : situation.observed.partials)
      partial_bytes_ = saturating_sum(partial_bytes_, partial.on_disk);
    sort_partials(situation, whole);
  }

  /// Why it would not fit with nothing else pending, and all that gc may take gone.
  TooLarge too_large(const Fetch& fetch) const {
    if (!looked_at(disk_)) return {};
    if (fetch.bytes > disk_.total - std::min(disk_.total, keep_)) {
      return {.why = fmt::format("it needs {} on the disk, which has {} in all, and `min_free` keeps {}: it never fits",
                                 size_text(fetch.bytes), size_text(disk_.total), size_text(keep_)),
              .mend = "use a larger disk, lower min_free, or exclude the image"};
    }
    if (!disk_.garbage) return {};
    const std::uint64_t most = saturating_sum(saturating_sum(disk_.available, partial_bytes_), *disk_.garbage);
    if (fetch.bytes <= most - std::min(most, keep_)) return {};
    return {
        .why = fmt::format("it needs {} on the disk, which has at most {} free after gc, and `min_free` keeps {}: it never fits",
                           size_text(fetch.bytes), size_text(most), size_text(keep_)),
        .mend = "remove images, use a larger disk, lower min_free, or exclude the image"};
  }

  /// Takes what the fetch needs; or says why it cannot.
  std::string take(const Fetch& fetch) {
    const std::uint64_t needed = fetch.to_occupy();
    if (needed > spare() && !make_room(fetch, saturating_sum(needed, keep_))) {
      draft_.short_of_room = true;
      return fmt::format("it needs {} on the disk, which has {} free then, and `min_free` keeps {}", size_text(needed),
                         size_text(free_), size_text(keep_));
    }
    free_ -= std::min(free_, needed);
    return {};
  }

  std::uint64_t free() const { return free_; }

 private:
  struct Unclaimed {
    Digest digest;
    std::uint64_t on_disk = 0;
  };

  std::uint64_t spare() const { return free_ - std::min(free_, keep_); }

  void sort_partials(const Situation& situation, bool whole) {
    std::set<Digest> unclaimed;
    for (const auto& [digest, partial] : situation.observed.partials) unclaimed.insert(digest);
    for (Fetch& fetch : fetches_) {
      unclaimed.erase(*fetch.digest);
      if (fetch.deltas) {
        for (const DeltaStep& step : fetch.deltas->steps) unclaimed.erase(step.file.digest);
      }
      if (fetch.here.on_disk > 0) begun_.push_back(&fetch);
    }
    if (unclaimed.empty()) return;
    const bool certain = whole && std::none_of(situation.peers.begin(), situation.peers.end(),
                                               [](const PeerCase& peer) { return peer.sight == Sight::unknown; });
    std::set<Digest> wanted = certain ? digests_of_blocked(unclaimed, situation, draft_) : unclaimed;
    for (const DamagedImage* image : situation.damaged) wanted.insert(image->digest);
    for (const Digest& digest : unclaimed) {
      const std::uint64_t on_disk = situation.observed.partials.at(digest).on_disk;
      if (wanted.contains(digest))
        unclaimed_.push_back({digest, on_disk});
      else
        abandon(digest, on_disk);
    }
  }

  void abandon(const Digest& digest, std::uint64_t on_disk) {
    draft_.abandoned.push_back(digest);
    free_ = saturating_sum(free_, on_disk);
  }

  /// Those that may go for `fetch`, first those that are missed least.
  std::vector<Fetch*> may_go_for(const Fetch& fetch) const {
    std::vector<Fetch*> failing, pending;
    for (auto begun = begun_.rbegin(); begun != begun_.rend(); ++begun) {
      Fetch& other = **begun;
      if (other.admitted || other.here.on_disk == 0 || *other.digest == *fetch.digest) continue;
      const bool later = &other > &fetch;
      if (!other.too_large.why.empty() || (other.draft->failing && (later || !fetch.draft->failing)))
        failing.push_back(&other);
      else if (later && fetch.here.on_disk > 0)  // of two that are begun, the first goes on
        pending.push_back(&other);
    }
    failing.insert(failing.end(), pending.begin(), pending.end());
    return failing;
  }

  /// Until `until` bytes are free; false: so many cannot be, and nothing was given up.
  bool make_room(const Fetch& fetch, std::uint64_t until) {
    const std::vector<Fetch*> others = may_go_for(fetch);
    std::uint64_t possible = free_;
    for (const Unclaimed& one : unclaimed_) possible = saturating_sum(possible, one.on_disk);
    for (const Fetch* one : others) possible = saturating_sum(possible, one->here.on_disk);
    if (possible < until) return false;
    while (free_ < until && !unclaimed_.empty()) {
      abandon(unclaimed_.back().digest, unclaimed_.back().on_disk);
      unclaimed_.pop_back();
    }
    for (auto other = others.begin(); free_ < until && other != others.end(); ++other) give_up(**other);
    return true;
  }

  /// Several fetches may go on with one partial copy.
  void give_up(const Fetch& one) {
    const Digest digest = *one.digest;
    abandon(digest, one.here.on_disk);
    for (Fetch* other : begun_) {
      if (*other->digest == digest) other->here = {};
    }
  }

  const DiskView& disk_;
  std::uint64_t keep_ = 0;
  std::uint64_t free_ = 0;
  std::uint64_t partial_bytes_ = 0;
  std::vector<Fetch>& fetches_;
  std::vector<Fetch*> begun_;         ///< those with a partial copy, in their order
  std::vector<Unclaimed> unclaimed_;  ///< partial copies that something may want, but nothing in this plan
  Draft& draft_;
};

/// What a run may still fetch.
class Purse {
 public:
  explicit Purse(const Situation& situation) : most_(situation.manifest.limits.max_bytes) {}

  TooLarge too_large(std::uint64_t bytes) const {
    if (!most_ || bytes <= *most_) return {};
    return {.why = fmt::format("it needs {} to fetch, and `max_bytes` allows {} for a whole run: it never fits", size_text(bytes),
                               size_text(*most_)),
            .mend = "raise max_bytes, or exclude the image"};
  }
  /// Why so many are too many for this run; "": they are not.
  std::string why_not(std::uint64_t bytes) const {
    if (!most_ || bytes <= *most_ - spent_) return {};
    return fmt::format("it needs {} to fetch, and {} of `max_bytes` ({}) are left for this run", size_text(bytes),
                       size_text(*most_ - spent_), size_text(*most_));
  }
  void take(std::uint64_t bytes) { spent_ += bytes; }

 private:
  std::optional<std::uint64_t> most_;
  std::uint64_t spent_ = 0;
};

/// Gives each fetch its share, in their order.
class Sharing {
 public:
  Sharing(const Situation& situation, bool whole, Draft& draft)
      : situation_(situation),
        draft_(draft),
        fetches_(fetches_in_order(situation, draft)),
        here_(bits_here(fetches_, situation)),
        purse_(situation),
        room_(situation, whole, fetches_, draft) {}

  void share() {
    for (Fetch& one : fetches_) {
      if (situation_.observed.objects.contains(*one.digest)) continue;
      one.too_large = purse_.too_large(one.to_come());
      if (one.too_large.why.empty()) one.too_large = room_.too_large(one);
    }
    coming_.reserve(fetches_.size());
    for (Fetch& one : fetches_) by_digest_.try_emplace(*one.digest, &one);
    for (Fetch& one : fetches_) decide(one);
    if (looked_at(situation_.observed.disk)) draft_.free_after_copies = room_.free();
    if (blocked_.empty()) return;
    draft_.erase([&](const DraftChange& one) {
      return std::holds_alternative<CopyImage>(one.change.action) && blocked_.contains(one.change.address);
    });
  }

 private:
  void decide(Fetch& one) {
    if (one.decided) return;
    one.decided = true;
    start_from_what_comes(one);
    const Digest& digest = *one.digest;
    Change& change = one.draft->change;
    const state::ImageRow* row = here_.at(digest);
    const auto first = coming_.find(digest);
    if (situation_.observed.objects.contains(digest)) {
      *one.transfer = {.method = Method::reuse, .from = row ? std::optional(row->name) : std::nullopt, .bytes = 0};
    } else if (first != coming_.end()) {
      *one.transfer = {.method = Method::reuse, .from = *first->second->name, .bytes = 0};
      change.after.push_back(first->second->draft->change.address);
    } else {
      *one.transfer = one.deltas ? *one.deltas : Transfer{};
      one.transfer->bytes = one.to_come();
      if (!one.too_large.why.empty() && change.verb == Verb::copy) return block(one);
      change.deferred_why = one.too_large.why.empty() ? why_later(one) : one.too_large.why;  // an image that is damaged stays so
      change.deferred = !change.deferred_why.empty();
      if (change.deferred) return;
      one.transfer->bytes = one.to_come();
      purse_.take(one.to_come());
    }
    one.admitted = true;
    coming_.emplace(digest, &one);
  }

  /// Where its deltas make an image that this run fetches too, that one comes first, and the rest of the deltas starts from it.
  void start_from_what_comes(Fetch& one) {
    if (!one.deltas) return;
    std::vector<DeltaStep>& steps = one.deltas->steps;
    for (std::size_t i = steps.size() - 1; i > 0; --i) {
      const auto between = by_digest_.find(steps[i].base);
      if (between == by_digest_.end()) continue;
      if (++depth_ <= most_steps) decide(*between->second);
      --depth_;
      if (!between->second->admitted) continue;
      one.deltas->from = *between->second->name;
      for (std::size_t left = 0; left < i; ++left) one.deltas->bytes -= steps[left].file.length;
      steps.erase(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(i));
      one.draft->change.after.push_back(between->second->draft->change.address);
      one.deltas_here = here_of(*one.deltas, situation_);
      return;
    }
  }

  std::string why_later(const Fetch& one) {
    const auto& windows = windows_of(*one.peer, situation_.manifest);
    const MinuteOfWeek now = situation_.observed.local_minute;
    if (!is_open(windows, now)) return why_closed(windows, now);
    if (std::string why = purse_.why_not(one.to_come()); !why.empty()) return why;
    return room_.take(one);
  }

  void block(const Fetch& one) {
    const Change& change = one.draft->change;
    blocked_.insert(change.address);
    draft_.blocked.push_back({.address = change.address,
                              .verb = change.verb,
                              .code = Code::does_not_fit,
                              .text = one.too_large.why,
                              .mend = one.too_large.mend,
                              .at = change.because.front().at});
  }

  const Situation& situation_;
  Draft& draft_;
  std::vector<Fetch> fetches_;
  std::unordered_map<Digest, const state::ImageRow*> here_;
  std::unordered_map<Digest, Fetch*> by_digest_;  ///< the first of each
  std::size_t depth_ = 0;
  std::unordered_map<Digest, const Fetch*> coming_;  ///< the first of each digest serves the others
  std::set<Address> blocked_;
  Purse purse_;
  Room room_;
};

std::string state_of_windows(const std::vector<Window>& windows, MinuteOfWeek now) {
  if (!is_open(windows, now)) return "closed until " + moment_text(next_opening(windows, now), now);
  const auto closing = next_closing(windows, now);
  return closing ? "open until " + moment_text(*closing, now) : "always open";
}

/// The bytes of what `size_of` finds in the changes that are not deferred.
template <class SizeOf>
std::uint64_t sum(const Draft& draft, SizeOf size_of) {
  std::uint64_t bytes = 0;
  for (const auto& one : draft.changes) {
    if (!one.change.deferred) bytes = saturating_sum(bytes, size_of(one.change));
  }
  return bytes;
}

std::uint64_t fetched(const Change& change) {
  const Transfer* transfer = transfer_of(change.action);
  return transfer ? transfer->bytes : 0;
}

/// At most: what is packed may be smaller.
std::uint64_t added(const Change& change) {
  if (std::holds_alternative<TakeInAgain>(change.action)) return change.size;
  const auto* add = std::get_if<AddImage>(&change.action);
  return add ? add->source_bytes.value_or(0) : 0;
}

}  // namespace

void apply_budgets(const Situation& situation, bool whole, Draft& draft) {
  take_turns(situation, draft);
  Sharing(situation, whole, draft).share();
}

void note_limits(const Situation& situation, Draft& draft) {
  const Limits& limits = situation.manifest.limits;
  const auto place_of = [](const std::optional<At>& at) { return at ? at->text() : std::string("default"); };
  const std::uint64_t fetches = sum(draft, fetched);
  if (limits.max_bytes)
    draft.limits.push_back({"max_bytes", size_text(fetches), size_text(*limits.max_bytes), place_of(limits.max_bytes_at)});
  if (!limits.windows.empty()) {
    draft.limits.push_back({"window", state_of_windows(limits.windows, situation.observed.local_minute),
                            windows_text(limits.windows), place_of(limits.window_at)});
  }
  if (!looked_at(situation.observed.disk)) return;
  const std::uint64_t adds = sum(draft, added);
  const std::uint64_t left = draft.free_after_copies.value_or(situation.observed.disk.available);
  const std::string free = size_text(left - std::min(left, adds));
  const std::string used =
      adds == 0 ? free + " after this run" : fmt::format("{} after this run, which adds at most {}", free, size_text(adds));
  draft.limits.push_back({"min_free", used, size_text(free_to_keep(situation)), place_of(limits.min_free_at)});
}

}  // namespace ingot::plan
