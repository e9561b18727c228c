// The papers beside an image as text (R27): enough to say what it is, where it came from and why, if the state is lost.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/catalog/catalog.hpp"
#include "state/snapshot.hpp"

namespace ingot::apply {

/// One line of JSON, "ingot.papers/1", of an image as it comes.
std::string write_papers(const state::ImageRow& row, const Packed& packed);

/// The same papers of bytes that are in the store in another packed form now. What are no papers stays as it is.
std::string with_packing(std::string_view papers, const Packed& packed);

/// The same papers of a copy that became this server's own image `row`; `copy` is the identity that it had. Those of other
/// images stay as they are.
std::string with_adoption(std::string_view papers, const ImageIdentity& copy, const state::ImageRow& row);

struct ParsedPapers {
  state::ImageRow row;  ///< as it came: facts that changed later are not in it
  std::optional<Packed> packed;
};
/// nullopt: it is no papers.
std::optional<ParsedPapers> parse_papers(std::string_view text);

}  // namespace ingot::apply
