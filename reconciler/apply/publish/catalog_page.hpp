// The catalog page in the published tree (reconciler/page): written, renewed and removed as `[server] page` says.
#pragma once

#include <string>

#include "reconciler/store/store.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::apply {

/// Makes the page what `server` wants; durable. A file that ingot did not write, and one of a newer ingot, is left alone.
/// Error{local}: it cannot be read or written; then what was there is still there.
void keep_page(store::Store& store, const ServerSection& server);

/// Why there is no page although `server` wants one, as a sentence: ingot did not write the file that has its place. "": there is
/// one, or the next run writes it, or it cannot be told.
std::string why_no_page(const store::Store& store, const ServerSection& server);

}  // namespace ingot::apply
