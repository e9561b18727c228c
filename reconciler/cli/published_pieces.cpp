#include "reconciler/cli/published_pieces.hpp"

#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/overloaded.hpp"
#include "schema/parse_catalog.hpp"
#include "schema/root.hpp"

namespace ingot {

namespace {

std::string why_not(const std::variant<Root, Distrust, NotOurs>& root) {
  return std::visit(Overloaded{[](const Root&) { return std::string(); }, [](const Distrust& distrust) { return distrust.why; },
                               [](const NotOurs& not_ours) { return not_ours.why; }},
                    root);
}

std::optional<Root> own_root(const Site& site, Findings& findings) {
  const std::string path = "public/root/1.dsse";
  ++findings.pieces;
  const auto bytes = site.store.published_root(1);
  if (!bytes) {
    findings.faults.push_back({"root of trust", path, "it is not there"});
    return std::nullopt;
  }
  auto root = verify_first_root(*bytes, site.state.self());
  if (auto* good = std::get_if<Root>(&root)) return std::move(*good);
  findings.faults.push_back({"root of trust", path, why_not(root)});
  return std::nullopt;
}

std::optional<Head> own_head(const Site& site, const std::optional<Root>& root, Findings& findings) {
  const auto fault = [&](const std::string& why) {
    findings.faults.push_back({"head", "public/head.dsse", why});
    return std::nullopt;
  };
  ++findings.pieces;
  const auto bytes = site.store.published_head();
  if (!bytes) return fault("it is not there; \"ingot publish\" makes it anew");
  if (!root) return std::nullopt;
  auto head = verify_head(*bytes, site.state.self(), *root);
  if (const auto* distrust = std::get_if<Distrust>(&head)) return fault(distrust->why);
  if (const auto* not_ours = std::get_if<NotOurs>(&head)) return fault(not_ours->why);
  return std::get<Head>(std::move(head));
}

}  // namespace

std::string piece_path(const Piece& piece) { return "public/c/" + piece.digest.hex(); }

std::vector<PageRef> published_pages(const Site& site, Findings& findings) {
  const auto head = own_head(site, own_root(site, findings), findings);
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
