// Budgets of a run: `max_bytes`, `min_free` and `window` (schema/manifest.md, [limits]). Copies are looked at in the plan's
// order; one that does not fit is deferred, and smaller ones after it go on. What needs no bytes of a peer always fits.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/sorting.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

/// A change whose bytes come from a peer.
struct Fetch {
  DraftChange* draft;
  const Digest* digest;
  std::uint64_t bytes;    ///< to fetch, if nothing here serves; of several offers at most
  const ImageName* name;  ///< here
  Transfer* transfer;
};

std::uint64_t bytes_to_fetch(const ImageEntry& entry) {
  if (!entry.packed) return 0;
  return saturating_sum(entry.packed->file.length, entry.packed->table ? entry.packed->table->length : 0);
}

Fetch fetch_in(DraftChange& draft, CopyImage& action) {
  return {.draft = &draft,
          .digest = &action.entry->digest,
          .bytes = bytes_to_fetch(*action.entry),
          .name = &action.name,
          .transfer = &action.transfer};
}

Fetch fetch_in(DraftChange& draft, FetchAgain& action) {
  std::uint64_t most = 0;
  for (const Offer& offer : action.offers) most = std::max(most, bytes_to_fetch(*offer.entry));
  return {.draft = &draft,
          .digest = &action.offers.front().entry->digest,
          .bytes = most,
          .name = &action.name,
          .transfer = &action.transfer};
}

std::vector<Fetch> fetches_in_order(Draft& draft) {
  std::vector<Fetch> copies;
  for (auto& one : draft.changes) {
    if (auto* copy = std::get_if<CopyImage>(&one.change.action))
      copies.push_back(fetch_in(one, *copy));
    else if (auto* again = std::get_if<FetchAgain>(&one.change.action))
      copies.push_back(fetch_in(one, *again));
  }
  sort_if_needed(copies, [](const Fetch& one, const Fetch& other) { return goes_before(*one.draft, *other.draft); });
  return copies;
}

/// Images here by the digests that copies need; of several the first name.
std::unordered_map<Digest, const ImageRow*> bits_here(const std::vector<Fetch>& copies, const Situation& situation) {
  std::unordered_map<Digest, const ImageRow*> here;
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
  const auto& min_free = situation.manifest.limits.min_free.value;
  if (const auto* bytes = std::get_if<std::uint64_t>(&min_free)) return *bytes;
  const double share = std::clamp(std::get<double>(min_free), 0.0, 100.0) / 100.0;
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(situation.observed.disk.total) * share));
}

/// A disk without a size was not looked at: it bounds nothing.
bool looked_at(const DiskView& disk) { return disk.total > 0; }

/// What a run may still fetch.
class Purse {
 public:
  explicit Purse(const Situation& situation)
      : windows_(situation.manifest.limits.windows),
        now_(situation.observed.local_minute),
        most_(situation.manifest.limits.max_bytes),
        total_(situation.observed.disk.total),
        keep_free_(free_to_keep(situation)) {
    if (looked_at(situation.observed.disk)) free_ = situation.observed.disk.available;
  }

  /// Takes the bytes; or says why it cannot.
  std::string take(std::uint64_t bytes) {
    if (std::string why = why_never(bytes); !why.empty()) return why;
    if (bytes > 0 && !is_open(windows_, now_)) return why_closed(windows_, now_);
    if (most_ && bytes > *most_ - spent_) {
      return fmt::format("it needs {} to fetch, and {} of `max_bytes` ({}) are left for this run", size_text(bytes),
                         size_text(*most_ - spent_), size_text(*most_));
    }
    if (bytes > 0 && (free_ < keep_free_ || bytes > free_ - keep_free_)) {
      return fmt::format("it needs {} on the disk, which has {} free then, and `min_free` keeps {}", size_text(bytes),
                         size_text(free_), size_text(keep_free_));
    }
    spent_ = saturating_sum(spent_, bytes);
    free_ -= std::min(free_, bytes);
    return {};
  }

 private:
  /// Why no run can fetch so many, whatever else it fetches; "" if one can.
  std::string why_never(std::uint64_t bytes) const {
    if (most_ && bytes > *most_) {
      return fmt::format(
          "it needs {} to fetch, more than `max_bytes` ({}) allows a whole run: it never fits until that is raised",
          size_text(bytes), size_text(*most_));
    }
    const std::uint64_t room = total_ - std::min(total_, keep_free_);
    if (total_ == 0 || bytes <= room) return {};
    return fmt::format(
        "it needs {} on the disk, which has {} in all, and `min_free` keeps {}: it never fits until the disk is larger or that "
        "is lower",
        size_text(bytes), size_text(total_), size_text(keep_free_));
  }

  const std::vector<Window>& windows_;
  MinuteOfDay now_;
  std::optional<std::uint64_t> most_;
  std::uint64_t total_ = 0;  ///< of the disk; 0: not looked at
  std::uint64_t keep_free_ = 0;
  std::uint64_t spent_ = 0;
  std::uint64_t free_ = UINT64_MAX;
};

std::string state_of_windows(const std::vector<Window>& windows, MinuteOfDay now) {
  if (!is_open(windows, now)) return "closed until " + minute_text(next_opening(windows, now));
  const auto closing = next_closing(windows, now);
  return closing ? "open until " + minute_text(*closing) : "always open";
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

void apply_budgets(const Situation& situation, Draft& draft) {
  const auto fetches = fetches_in_order(draft);
  const auto here = bits_here(fetches, situation);
  std::unordered_map<Digest, const Fetch*> coming;  // the first of each digest serves the others
  coming.reserve(fetches.size());
  Purse purse(situation);
  for (const Fetch& one : fetches) {
    const Digest& digest = *one.digest;
    Change& change = one.draft->change;
    const ImageRow* row = here.at(digest);
    const auto first = coming.find(digest);
    if (situation.observed.objects.contains(digest)) {
      *one.transfer = {.method = Method::reuse, .from = row ? std::optional(row->name) : std::nullopt, .bytes = 0};
    } else if (first != coming.end()) {
      *one.transfer = {.method = Method::reuse, .from = *first->second->name, .bytes = 0};
      change.after.push_back(first->second->draft->change.address);
    } else {
      *one.transfer = {.method = Method::whole, .from = std::nullopt, .bytes = one.bytes};
    }
    change.deferred_why = purse.take(one.transfer->bytes);
    change.deferred = !change.deferred_why.empty();
    if (!change.deferred) coming.emplace(digest, &one);
  }
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
  const std::uint64_t available = situation.observed.disk.available;
  const std::string free = size_text(available - std::min(available, saturating_sum(fetches, adds)));
  const std::string used = adds == 0 ? free + " free after this run"
                                     : fmt::format("{} free after this run, which adds at most {}", free, size_text(adds));
  draft.limits.push_back({"min_free", used, size_text(free_to_keep(situation)), place_of(limits.min_free_at)});
}

}  // namespace ingot
