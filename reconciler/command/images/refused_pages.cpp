#include "reconciler/command/images/refused_pages.hpp"

#include <string>
#include <variant>
#include <vector>

#include "reconciler/observe/read_head.hpp"
#include "schema/catalog/parse_catalog.hpp"

namespace ingot::command {

namespace {

std::vector<Digest> pages_of_last_good_head(site::Site& site, const ServerId& id) {
  const auto kept = observe::kept_head(site.memory, id);
  if (!kept) return {};
  std::vector<Digest> pages{kept->head.index.digest};
  const auto bytes = site.memory.piece(id, kept->head.index);
  const auto index = bytes ? parse_index(*bytes) : std::variant<Index, Malformed>(Malformed{});
  if (const auto* listed = std::get_if<Index>(&index)) {
    for (const auto& page : listed->pages) pages.push_back(page.piece.digest);
  }
  if (kept->head.state) pages.push_back(kept->head.state->digest);
  return pages;
}

}  // namespace

void forget_refused_pages(site::Site& site) {
  const std::string folder = site::state_folder(site.manifest.server) + "/cache";
  if (!site.files.status(folder)) return;
  for (const auto& name : site.files.list(folder)) {
    if (const auto digest = Digest::parse_hex(name))
      site.memory.forget_pieces_but(ServerId{*digest}, pages_of_last_good_head(site, ServerId{*digest}));
  }
}

}  // namespace ingot::command
