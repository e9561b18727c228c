#include "reconciler/cli/published_pieces.hpp"

#include "reconciler/apply/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/parse_catalog.hpp"
#include "schema/root.hpp"

namespace ingot {

namespace {

/// The roots as far as they are whole, the first one first.
OwnRoots whole_roots(const Site& site, Findings& findings) {
  RootsOnDisk found = roots_on_disk(site.store, site.state.self());
  findings.pieces += found.roots.size() + (found.broken.empty() ? 0 : 1);
  if (!found.broken.empty()) findings.faults.push_back({"root of trust", fmt::format("public/root/{}.dsse", found.roots.size() + 1), "it " + found.broken});
  return std::move(found.roots);
}

/// The newest root that it verifies under counts: a new root may have come, and the head not been signed anew yet.
std::optional<Head> own_head(const Site& site, const OwnRoots& roots, Findings& findings) {
  ++findings.pieces;
  const auto bytes = site.store.published_head();
  std::string why = bytes ? "" : "it is not there; \"ingot publish\" makes it anew";
  for (auto root = roots.rbegin(); bytes && root != roots.rend(); ++root) {
    auto head = verify_head(*bytes, site.state.self(), root->root);
    if (auto* const good = std::get_if<Head>(&head)) return std::move(*good);
    const auto* const distrust = std::get_if<Distrust>(&head);
    if (why.empty()) why = distrust != nullptr ? distrust->why : std::get<NotOurs>(head).why;
  }
  if (!why.empty()) findings.faults.push_back({"head", "public/head.dsse", why});
  return std::nullopt;
}

}  // namespace

std::string piece_path(const Piece& piece) { return "public/c/" + piece.digest.hex(); }

std::vector<PageRef> published_pages(const Site& site, Findings& findings) {
  const auto head = own_head(site, whole_roots(site, findings), findings);
  if (!head) return {};
  ++findings.pieces;
  const auto bytes = site.store.published_piece(head->index);
  if (!bytes || sha256(*bytes) != head->index.digest) {
    findings.faults.push_back({"index", piece_path(head->index), bytes ? "its bytes are not what the head names" : "it is not there"});
    return {};
  }
  auto index = parse_index(*bytes);
  if (const auto* malformed = std::get_if<Malformed>(&index)) {
    findings.faults.push_back({"index", piece_path(head->index), malformed->why});
    return {};
  }
  return std::get<Index>(std::move(index)).pages;
}

}  // namespace ingot
