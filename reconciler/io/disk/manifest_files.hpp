// The disk as parse_manifest reaches it: regular files, bounded, with the system's own words for what is wrong.
#pragma once

#include "schema/manifest/parse_manifest.hpp"

namespace ingot::io {

/// A glob that looks at more entries of folders than these is none.
inline constexpr std::size_t most_entries_of_glob = 100'000;
/// Why a pattern that leads past more entries is not followed, and what to do.
Unreadable too_many_entries();

/// Reads at most largest_manifest + 1 bytes of a file, so that the parser can tell that it is too large. Reading throws
/// Error{local} where the machine fails: an I/O error, no more files or memory.
ManifestFiles disk_manifest_files();

}  // namespace ingot::io
