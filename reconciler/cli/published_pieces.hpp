// What the published head names, read from this server's own tree: for drift (is it there?) and verify (is it whole?).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/cli/show_findings.hpp"
#include "reconciler/cli/site.hpp"
#include "schema/catalog.hpp"

namespace ingot {

/// The pages of the published index; what is wrong with head, root or index goes to `findings`, which counts them.
std::vector<PageRef> published_pages(const Site& site, Findings& findings);

/// A page or index, relative to the store.
std::string piece_path(const Piece& piece);

}  // namespace ingot
