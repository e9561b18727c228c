// Copying one image's packed bytes from a peer: by segments, in parallel, resumed, verified as they come, durable.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "reconciler/io/files.hpp"
#include "reconciler/io/throttle.hpp"
#include "reconciler/io/transport.hpp"
#include "schema/catalog.hpp"
#include "schema/segments.hpp"

namespace ingot {

struct CopyProgress {
  std::uint64_t total = 0;     ///< packed bytes of the image
  std::uint64_t here = 0;      ///< of them verified here, also by an earlier run
  std::uint64_t fetched = 0;   ///< by this run
};

struct CopyJob {
  Digest digest;               ///< of the canonical bytes
  std::uint64_t size = 0;
  Packed packed;
  int connections = 1;
  std::function<void(const CopyProgress&)> progress;  ///< from any thread, at most ten a second
};

/// What came of it, when it did not work: which side failed.
struct CopyFailed {
  std::string code;  ///< "unreachable", "untrusted" (bytes are not what was signed), "digest-mismatch", "no-space", "io"
  std::string text;  ///< a sentence that says which side failed
};

/// Fetches into `partial` (kept on failure, resumed at its good segments), verifies every segment and the digest of the
/// canonical bytes, syncs and closes it. The table, if there is one, is fetched first into memory and given back.
/// Throws Error{interrupted/terminated}, Error{local}.
struct CopyDone { SegmentTable table; std::uint64_t fetched = 0; };
std::variant<CopyDone, CopyFailed> copy_packed(PeerTransport& peer, Files& files, Throttle& throttle, const CopyJob& job,
                                               const std::string& partial);

/// The path of packed bytes and tables below a published tree: "b/ab/<64 hex>".
std::string object_path(const Digest& digest);

}  // namespace ingot
