// A new state in the place of one that is lost, damaged or old: whether that may be, and how the old one gives way.
#pragma once

#include <optional>
#include <string>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/store/store.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/restoration.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// Why the state needs no rebuilding, as a clause; "": it is gone, damaged, or older than what is published. In the last case
/// `old` is set. Error{manifest}: it is another server's, or of a newer ingot; it stays as it is. Error{local}: the disk does
/// not give its bytes.
/// First ends what a rebuilding began that was cut off.
std::string why_not_rebuild(const ServerSection& server, const store::Store& store, io::Files& files,
                            std::optional<state::State>& old);

/// Gives a new state the name, with the run that made it; what bore the name is moved aside, never removed. Gives where the
/// old one is now; "": nothing had the name. Error{local}.
std::string replace_state(const std::string& path, io::Files& files, const state::Restoration& what, const state::RunRecord& by);

}  // namespace ingot::apply
