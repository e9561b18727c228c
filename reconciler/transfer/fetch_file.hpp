// Fetching one file of a published tree that is read once and thrown away, such as a delta: in order, resumed, verified as a
// whole.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/net/throttle.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/transfer/copy_image.hpp"

namespace ingot::transfer {

struct FileJob {
  Piece file;
  std::function<void(std::uint64_t here)> progress;  ///< bytes that are here, at most ten times a second
  std::function<void()> may_go_on = {};              ///< as in CopyJob
};

struct FileFetched {
  std::uint64_t bytes = 0;                          ///< that came by this run
  std::optional<CopyFailed> failed = std::nullopt;  ///< the codes of CopyFailed; nullopt: it is whole
};

/// Fetches into `partial`, which holds the bytes that are here and nothing else: it is kept on failure and gone on with, or
/// removed if it is whole and not what was signed. It is not synced. Throws Error{local, interrupted, terminated}, or what
/// `may_go_on` throws.
FileFetched fetch_file(io::PeerTransport& peer, io::Files& files, io::Throttle& throttle, const FileJob& job,
                       const std::string& partial);

}  // namespace ingot::transfer
