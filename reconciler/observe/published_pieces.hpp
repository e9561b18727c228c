// What the published head names, read from this server's own tree: for drift (is it there?) and verify (is it whole?).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconciler/show/catalog/show_findings.hpp"
#include "reconciler/site/site.hpp"
#include "schema/catalog/catalog.hpp"

namespace ingot::observe {

/// Why a piece cannot be used.
struct NotWhole {
  std::string text;
};
/// The bytes of a piece that `namer` ("the head", "the index") names. A file that cannot be read is one that is not whole.
std::variant<std::string, NotWhole> read_piece(const store::Store& store, const Piece& piece, std::string_view namer);

/// A piece of what is published, and what names it.
struct NamedPiece {
  std::string_view what;   ///< "page", "state"
  std::string_view namer;  ///< "the index", "the head"
  Piece piece;
};
/// The pages of the published index, and what the head says of the state; what is wrong with head, root or index goes to
/// `findings`, which counts them.
std::vector<NamedPiece> published_pieces(const site::Site& site, show::Findings& findings);

/// A page, index or state, relative to the store.
std::string piece_path(const Piece& piece);

}  // namespace ingot::observe
