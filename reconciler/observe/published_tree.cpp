#include "reconciler/observe/published_tree.hpp"

#include <functional>
#include <optional>
#include <variant>

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

/// The head in the folder, its envelope and the roots; a text: what is missing or wrong, as a clause. An older root counts no
/// more: its keys may have been revoked.
std::variant<PublishedTree, std::string> top_of(io::Files& files, const std::string& folder, const ServerId& id) {
  std::vector<std::string> envelopes;
  const std::vector<trust::TrustedRoot> roots = roots_in(files, folder, id, envelopes);
  if (roots.empty()) return "root/1.dsse is missing, or of another server";
  std::string envelope = io::read_file_if_there(files, folder + "/head.dsse", largest_head).value_or("");
  if (const auto said = trust::unverified_head(envelope); said && said->root_version > roots.size())
    return fmt::format("root/{}.dsse is missing or damaged", roots.size() + 1);
  const auto verified = trust::verify_head(envelope, id, roots.back().root);
  const auto* const head = std::get_if<Head>(&verified);
  if (!head || head->root_version != roots.size())
    return fmt::format("its head is missing, damaged or not signed by the keys of root/{}.dsse", roots.size());
  return PublishedTree{
      .head = *head, .envelope = std::move(envelope), .roots = std::move(envelopes), .pieces = {}, .catalog = nullptr};
}

}  // namespace

PublishedTree tree_in(io::Files& files, const std::string& folder, const ServerId& id) {
  const auto fail = [&](const std::string& wrong) {
    return Error(Fault::local, fmt::format("the published tree in \"{}\" is not whole: {}", io::printable(folder), wrong),
                 "make it anew: \"ingot publish\" for this server's own, \"ingot bundle\" for a bundle")
        .about(folder);
  };
  auto top = top_of(files, folder, id);
  if (const auto* const wrong = std::get_if<std::string>(&top)) throw fail(*wrong);
  auto& tree = std::get<PublishedTree>(top);
  const std::string wrong = read_pieces(tree, [&](const Piece& piece) -> std::optional<std::string> {
    auto bytes = io::read_file_if_there(files, fmt::format("{}/c/{}", folder, piece.digest.hex()), piece.length);
    return bytes && io::sha256(*bytes) == piece.digest ? std::move(bytes) : std::nullopt;
  });
  if (!wrong.empty()) throw fail(wrong);
  return std::move(tree);
}

bool has_root_of(io::Files& files, const std::string& folder, const ServerId& id) {
  const auto bytes = io::read_file_if_there(files, folder + "/root/1.dsse", largest_root);
  return bytes && std::holds_alternative<trust::TrustedRoot>(trust::verify_first_root(*bytes, id));
}

std::optional<Head> head_in(io::Files& files, const std::string& folder, const ServerId& id) {
  auto top = top_of(files, folder, id);
  const auto* const tree = std::get_if<PublishedTree>(&top);
  return tree ? std::optional(tree->head) : std::nullopt;
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
