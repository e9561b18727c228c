// Copying one image's packed bytes from a peer: by segments, in parallel, resumed, verified as they come.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/net/throttle.hpp"
#include "reconciler/io/net/transport.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/segments.hpp"
#include "schema/code.hpp"

namespace ingot::transfer {

struct CopyProgress {
  std::uint64_t total = 0;    ///< packed bytes of the image
  std::uint64_t here = 0;     ///< of them verified here, also by an earlier run
  std::uint64_t fetched = 0;  ///< by this run, with the segment table
};

struct CopyJob {
  Digest digest;  ///< of the canonical bytes
  std::uint64_t size = 0;
  ImageKind kind = ImageKind::file;  ///< a tree's bytes must be a canonical tar
  Packed packed;
  int connections = 1;
  std::function<void(const CopyProgress&)>
      progress;                          ///< from any thread, one at a time, at most ten a second and once at the end
  std::function<void()> may_go_on = {};  ///< asked again and again, from any thread, also while nothing comes; what it throws
                                         ///< ends the copy as an interrupt does
};

/// What came of it, when it did not work: which side failed.
struct CopyFailed {
  /// The peer: "unreachable", "peer-failing" (so often that nothing more is asked of it), "untrusted" (bytes are not what was
  /// signed, or of the kind that was), "digest-mismatch" (they are, but are not the image). This side: "no-space", "io".
  Code code = Code::none;
  std::string text;  ///< a sentence that says which side failed
};

/// Fetches into `partial` (kept on failure and gone on with, also within a segment; thrown away if its bytes, all as signed, are
/// not the image), verifies every segment and the digest of the canonical bytes. The caller makes it durable. The table, if there
/// is one, is fetched first into memory and given back. Throws only Error{interrupted/terminated}, or what `may_go_on` throws;
/// what had come is kept.
struct CopyDone {
  SegmentTable table;
  std::uint64_t fetched = 0;
  std::unique_ptr<io::File> file =
      {};  ///< the whole copy, open since before the first byte, so that its sync tells of each that was not written
};
std::variant<CopyDone, CopyFailed> copy_packed(io::PeerTransport& peer, io::Files& files, io::Throttle& throttle,
                                               const CopyJob& job, const std::string& partial);

/// The path of packed bytes and tables below a published tree: "b/ab/<64 hex>".
std::string object_path(const Digest& digest);

}  // namespace ingot::transfer
