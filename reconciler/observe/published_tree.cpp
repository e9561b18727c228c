#include "reconciler/observe/published_tree.hpp"

#include <functional>
#include <optional>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/read_catalog.hpp"
#include "reconciler/observe/read_head.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/error.hpp"

namespace ingot::observe {

namespace {

/// Bytes that are the piece; nullopt: they are not here.
using ReadPiece = std::function<std::optional<std::string>(const Piece&)>;

/// Reads what the head names. "": all of it is in `tree`; else what is missing or wrong, as a clause.
std::string read_pieces(PublishedTree& tree, const ReadPiece& read) {
  auto index_bytes = read(tree.head.index);
  if (!index_bytes) return "its index is missing";
  const auto parsed = parse_index(*index_bytes);
  const auto* const index = std::get_if<Index>(&parsed);
  if (!index) return "its index is malformed";
  auto catalog = std::make_shared<Catalog>();
  PageReader reader(tree.head.id, tree.head.serial, collect_into(*catalog));
  for (const auto& page : index->pages) {
    auto bytes = read(page.piece);
    if (!bytes) return "a page is missing";
    if (const auto wrong = reader.read(page, *bytes)) return "a page is malformed";
    tree.pieces.push_back({page.piece, *std::move(bytes)});
  }
  // A reader of the catalog needs no state: what is remembered of a peer may lack it.
  if (tree.head.state) {
    if (auto bytes = read(*tree.head.state)) tree.pieces.push_back({*tree.head.state, *std::move(bytes)});
  }
  tree.pieces.push_back({tree.head.index, *std::move(index_bytes)});
  tree.catalog = std::move(catalog);
  return "";
}

/// The roots from 1 on, as far as each follows the one before; their envelopes go to `envelopes`.
std::vector<trust::TrustedRoot> roots_in(io::Files& files, const std::string& folder, const ServerId& id,
                                         std::vector<std::string>& envelopes) {
  std::vector<trust::TrustedRoot> roots;
  while (true) {
    auto bytes = io::read_file_if_there(files, fmt::format("{}/root/{}.dsse", folder, roots.size() + 1), largest_root);
    if (!bytes) return roots;
    auto verified = roots.empty() ? trust::verify_first_root(*bytes, id) : trust::verify_next_root(*bytes, roots.back());
    auto* const root = std::get_if<trust::TrustedRoot>(&verified);
    if (!root) return roots;
    roots.push_back(std::move(*root));
    envelopes.push_back(*std::move(bytes));
  }
}

/// Newest first: a head of an older root is the server's all the same, until it is signed anew.
std::optional<Head> head_under(const std::vector<trust::TrustedRoot>& roots, const std::string& envelope, const ServerId& id) {
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
    auto head = trust::verify_head(envelope, id, root->root);
    if (auto* const good = std::get_if<Head>(&head)) return std::move(*good);
  }
  return std::nullopt;
}

}  // namespace

PublishedTree tree_in(io::Files& files, const std::string& folder, const ServerId& id) {
  const auto fail = [&](const std::string& wrong) {
    return Error(Fault::local, fmt::format("the published tree in \"{}\" is not whole: {}", io::printable(folder), wrong),
                 "make it anew: \"ingot publish\" for this server's own, \"ingot bundle\" for a bundle")
        .about(folder);
  };
  std::vector<std::string> envelopes;
  const std::vector<trust::TrustedRoot> roots = roots_in(files, folder, id, envelopes);
  if (roots.empty()) throw fail("root/1.dsse is missing, or of another server");
  const std::string envelope = io::read_file_if_there(files, folder + "/head.dsse", largest_head).value_or("");
  const auto head = head_under(roots, envelope, id);
  if (!head) throw fail("its head is missing, damaged or not signed by it");
  PublishedTree tree{.head = *head, .envelope = envelope, .roots = std::move(envelopes), .pieces = {}, .catalog = nullptr};
  const std::string wrong = read_pieces(tree, [&](const Piece& piece) -> std::optional<std::string> {
    auto bytes = io::read_file_if_there(files, fmt::format("{}/c/{}", folder, piece.digest.hex()), piece.length);
    return bytes && io::sha256(*bytes) == piece.digest ? std::move(bytes) : std::nullopt;
  });
  if (!wrong.empty()) throw fail(wrong);
  return tree;
}

PublishedTree remembered_tree(const PeerEntry& peer, io::PeerMemory& memory) {
  const auto fail = [&](const std::string& why) {
    return Error(Fault::incomplete, fmt::format("the catalog of peer \"{}\" is not remembered here: {}", peer.name.text(), why),
                 "run \"ingot plan\" while the peer can be reached, then this again")
        .about(peer.name.text());
  };
  const auto kept = kept_head(memory, peer.card.id);
  if (!kept) throw fail("no head of it was seen");
  PublishedTree tree{.head = kept->head, .envelope = kept->file.bytes, .roots = {}, .pieces = {}, .catalog = nullptr};
  for (std::uint64_t version = 1; version <= tree.head.root_version; ++version) {
    auto root = memory.root(peer.card.id, version);
    if (!root) throw fail(fmt::format("root {} is missing", version));
    tree.roots.push_back(*std::move(root));
  }
  const std::string wrong = read_pieces(tree, [&](const Piece& piece) { return memory.piece(peer.card.id, piece); });
  if (!wrong.empty()) throw fail(wrong);
  return tree;
}

}  // namespace ingot::observe
