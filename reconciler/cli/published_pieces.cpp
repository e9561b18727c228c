#include "reconciler/cli/published_pieces.hpp"

#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/overloaded.hpp"
#include "schema/parse_catalog.hpp"
#include "schema/root.hpp"

namespace ingot {

namespace {

std::string why_not(const std::variant<TrustedRoot, Distrust, NotOurs>& root) {
  return std::visit(Overloaded{[](const TrustedRoot&) { return std::string(); }, [](const Distrust& distrust) { return distrust.why; },
                               [](const NotOurs& not_ours) { return not_ours.why; }},
                    root);
}

/// The roots as far as they are whole, the first one first.
std::vector<TrustedRoot> own_roots(const Site& site, Findings& findings) {
  std::vector<TrustedRoot> roots;
  for (std::uint64_t version = 1;; ++version) {
    const std::string path = fmt::format("public/root/{}.dsse", version);
    const auto bytes = site.store.published_root(version);
    if (!bytes && version > 1) return roots;
    ++findings.pieces;
    std::variant<TrustedRoot, Distrust, NotOurs> root = Distrust{"", "it is not there"};
    if (bytes) root = version == 1 ? verify_first_root(*bytes, site.state.self()) : verify_next_root(*bytes, roots.back());
    auto* const good = std::get_if<TrustedRoot>(&root);
    if (good == nullptr) {
      findings.faults.push_back({"root of trust", path, why_not(root)});
      return roots;
    }
    roots.push_back(std::move(*good));
  }
}

/// The newest root that it verifies under counts: a new root may have come, and the head not been signed anew yet.
std::optional<Head> own_head(const Site& site, const std::vector<TrustedRoot>& roots, Findings& findings) {
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
  const auto head = own_head(site, own_roots(site, findings), findings);
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
