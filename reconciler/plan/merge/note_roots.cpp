// Which roots of trust end soon: this server's own, and those of the peers that were asked. Nothing is trusted under a root
// that is over, so its owner must hear of it in time.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/passes.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::plan {

namespace {

constexpr std::size_t most_named = 20;

Note not_released(const std::vector<ImageName>& images) {
  std::string names;
  for (std::size_t i = 0; i < std::min(images.size(), most_named); ++i) names += (i == 0 ? "" : " ") + images[i].text();
  const std::string more = images.size() > most_named ? fmt::format(", and so for {} more", images.size() - most_named) : "";
  return {.code = Code::not_released,
          .address = catalog_address().text,
          .text = fmt::format(
              "{} published without signatures of the release keys, and peers copy only signed images: ingot key release {}{}",
              images.size() == 1 ? "1 image is" : fmt::format("{} images are", images.size()), names, more)};
}

}  // namespace

void note_roots(const Situation& situation, Draft& draft) {
  const Time now = situation.observed.now;
  const auto ends_soon = [&](const std::optional<Time>& end) { return end && *end - now < root_warning; };
  if (const auto& end = situation.observed.root_expires; ends_soon(end)) {
    const std::string text =
        *end <= now ? fmt::format(
                          "the root of trust of this server expired at {}: no peer trusts what this server publishes; run "
                          "\"ingot key rotate\"",
                          time_text(*end))
                    : fmt::format("the root of trust of this server expires at {}; run \"ingot key rotate\"", time_text(*end));
    draft.notes.push_back({.code = Code::root_ends, .address = catalog_address().text, .text = text});
  }
  if (const auto& unreleased = situation.observed.unreleased; !unreleased.empty())
    draft.notes.push_back(not_released(unreleased));
  if (const std::string& why = situation.observed.no_page; !why.empty())
    draft.notes.push_back({.code = Code::in_the_way, .address = catalog_address().text, .text = why});
  for (const PeerCase& peer : situation.peers) {
    if (peer.head == nullptr || !ends_soon(peer.head->root_expires)) continue;
    draft.notes.push_back({.code = Code::root_ends,
                           .address = peer_address(peer.name()).text,
                           .text = fmt::format("the root of trust of peer \"{}\" expires at {}: from then on the peer is "
                                               "untrusted, unless its owner runs \"ingot key rotate\"",
                                               peer.name().text(), time_text(*peer.head->root_expires))});
  }
}

}  // namespace ingot::plan
