// Getting the immutable files of a peer: from the cache, or over the network, checked against what names them.
#pragma once

#include <string>

#include "reconciler/observe/visit.hpp"

namespace ingot::observe {

/// An index or page: exactly its length, its digest. Kept in the cache. A 404 has the detail code "missing-piece".
Tried<std::string> fetch_piece(const Visit& visit, const Piece& piece);

/// The cached bytes if they are whole, else fetch_piece.
Tried<std::string> cached_or_fetched_piece(const Visit& visit, const Piece& piece);

}  // namespace ingot::observe
