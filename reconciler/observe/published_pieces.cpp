#include "reconciler/observe/published_pieces.hpp"

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::observe {

namespace {

/// The roots as far as they are whole, the first one first.
apply::OwnRoots whole_roots(const site::Site& site, show::Findings& findings) {
  apply::RootsOnDisk found;
  try {
    found = apply::roots_on_disk(site.store, site.state.self());
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    found = {.roots = {}, .broken = "cannot be read: " + error.text()};
  }
  findings.pieces += found.roots.size() + (found.broken.empty() ? 0 : 1);
  if (!found.broken.empty())
    findings.faults.push_back(
        {"root of trust", fmt::format("public/root/{}.dsse", found.roots.size() + 1), "it " + found.broken});
  return std::move(found.roots);
}

/// The newest root that it verifies under counts: a new root may have come, and the head not been signed anew yet.
std::optional<Head> own_head(const site::Site& site, const apply::OwnRoots& roots, show::Findings& findings) {
  ++findings.pieces;
  std::optional<std::string> bytes;
  std::string why;
  try {
    bytes = site.store.published_head();
    if (!bytes) why = "it is missing; \"ingot publish\" writes it again";
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    why = error.text();
  }
  for (auto root = roots.rbegin(); bytes && root != roots.rend(); ++root) {
    auto head = trust::verify_head(*bytes, site.state.self(), root->root);
    if (auto* const good = std::get_if<Head>(&head)) return std::move(*good);
    const auto* const distrust = std::get_if<trust::Distrust>(&head);
    if (why.empty()) why = distrust != nullptr ? distrust->why : std::get<trust::NotOurs>(head).why;
  }
  if (!why.empty()) findings.faults.push_back({"head", "public/head.dsse", why});
  return std::nullopt;
}

}  // namespace

std::string piece_path(const Piece& piece) { return "public/c/" + piece.digest.hex(); }

std::variant<std::string, NotWhole> read_piece(const store::Store& store, const Piece& piece, std::string_view namer) {
  try {
    auto bytes = store.published_piece(piece);
    if (!bytes) return NotWhole{"it is not there"};
    if (io::sha256(*bytes) != piece.digest) return NotWhole{fmt::format("its bytes are not what {} names", namer)};
    return *std::move(bytes);
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    return NotWhole{error.text()};
  }
}

std::vector<NamedPiece> published_pieces(const site::Site& site, show::Findings& findings) {
  const auto head = own_head(site, whole_roots(site, findings), findings);
  if (!head) return {};
  std::vector<NamedPiece> pieces;
  if (head->state) pieces.push_back({"state", "the head", *head->state});
  ++findings.pieces;
  const auto bytes = read_piece(site.store, head->index, "the head");
  if (const auto* why = std::get_if<NotWhole>(&bytes)) {
    findings.faults.push_back({"index", piece_path(head->index), why->text});
    return pieces;
  }
  const auto index = parse_index(std::get<std::string>(bytes));
  if (const auto* malformed = std::get_if<Malformed>(&index)) {
    findings.faults.push_back({"index", piece_path(head->index), malformed->why});
    return pieces;
  }
  for (const auto& page : std::get<Index>(index).pages) pieces.push_back({"page", "the index", page.piece});
  return pieces;
}

}  // namespace ingot::observe
