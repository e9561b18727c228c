#include "reconciler/plan/guard/delta_ways.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

/// So many images are looked at for one way: a catalog may hold chains of any shape.
constexpr std::size_t most_looked_at = 64;

/// A way from somewhere to the image: the last delta is the first of it.
struct Open {
  std::vector<DeltaStep> steps;
  std::uint64_t bytes = 0;
};

}  // namespace

/// Whole images that somebody may know of: a peer that sees which deltas are asked for learns nothing of private ones.
const std::unordered_map<Digest, const state::ImageRow*>& DeltaWays::here() {
  if (here_) return *here_;
  here_.emplace();
  for (const auto& row : situation_.snapshot.images) {
    if (row.deleted || row.is_private) continue;
    const auto [found, fresh] = here_->try_emplace(row.digest, &row);
    if (!fresh && row.name < found->second->name) found->second = &row;
  }
  for (const DamagedImage* image : situation_.damaged) here_->erase(image->digest);
  return *here_;
}

const DeltaWays::ByDigest& DeltaWays::entries_of(const Catalog& catalog) {
  const auto [found, fresh] = entries_.try_emplace(&catalog);
  if (fresh) {
    for (const auto& entry : catalog.images) {
      if (!entry.deltas.empty()) found->second.try_emplace(entry.digest, &entry);
    }
  }
  return found->second;
}

std::optional<Transfer> DeltaWays::cheapest(const ServerName& peer, const ImageEntry& entry) {
  const PeerCase* from = situation_.peer(peer);
  if (entry.deltas.empty() || from == nullptr || !from->catalog) return std::nullopt;
  std::optional<Open> best;
  const state::ImageRow* first = nullptr;
  std::vector<Open> open{Open{}};                            // breadth first: all of one delta, then all of two …
  std::map<Digest, std::uint64_t> known{{entry.digest, 0}};  // bytes of the cheapest way from there that was found
  for (std::size_t next = 0; next < open.size() && next < most_looked_at; ++next) {
    const Open way = open[next];
    const ImageEntry* at = &entry;
    if (!way.steps.empty()) {
      const auto found = entries_of(*from->catalog).find(way.steps.back().base);
      if (found == entries_of(*from->catalog).end() || found->second->size != way.steps.back().base_size) continue;
      at = found->second;
    }
    for (const DeltaRef& delta : at->deltas) {
      Open longer = way;
      longer.bytes = saturating_sum(longer.bytes, delta.file.length);
      if (best && longer.bytes >= best->bytes) continue;
      longer.steps.push_back(
          {.base = delta.base, .base_size = delta.base_size, .result = at->digest, .result_size = at->size, .file = delta.file});
      const auto row = here().find(delta.base);
      if (row != here().end() && row->second->size == delta.base_size) {
        first = row->second;
        best = longer;
      } else if (const auto [way_from, is_new] = known.try_emplace(delta.base, longer.bytes);
                 longer.steps.size() < most_steps && (is_new || longer.bytes < way_from->second)) {
        way_from->second = longer.bytes;
        open.push_back(std::move(longer));
      }
    }
  }
  if (!best) return std::nullopt;
  std::reverse(best->steps.begin(), best->steps.end());
  return Transfer{.method = Method::delta, .from = first->name, .bytes = best->bytes, .steps = std::move(best->steps)};
}

}  // namespace ingot::plan
