// An image's canonical bytes: a file as it is, a tree as the canonical tar (schema/canonical-tar.md; contract, section 7).
// Streams; refuses what it cannot keep, all of it in one go.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transfer/restore.hpp"
#include "schema/image.hpp"

namespace ingot {

/// Gets canonical bytes in order. May throw.
using BytesOut = std::function<void(std::string_view bytes)>;

/// What a source is, from names, sizes and mtimes alone: no file is opened.
struct SourceSurvey {
  ImageKind kind = ImageKind::file;
  std::uint64_t files = 0;  ///< regular files; a group of hard links counts once
  std::uint64_t bytes = 0;  ///< of them, for progress
  std::string stamp;        ///< digest of kind, names, sizes, mtimes (ImageRow::source_stamp)
};

/// Error{incomplete} with every member that cannot be taken (socket, device, FIFO, unreadable), or that the source
/// is missing, or itself a link. `exclude`: path globs; they have no meaning for a file.
SourceSurvey survey_source(const std::string& path, const std::vector<std::string>& exclude);

/// Writes the canonical bytes of `path`; `progress` gets the bytes of regular files done (of SourceSurvey::bytes).
/// Error{incomplete} that names every member that cannot be taken, or that changed while it was read (size, mtime,
/// ctime, inode before and after); what `out` got is then worthless.
void write_canonical(const std::string& path, const std::vector<std::string>& exclude, const BytesOut& out,
                     const std::function<void(std::uint64_t)>& progress);

}  // namespace ingot
