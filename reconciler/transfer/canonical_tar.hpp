// An image's canonical bytes: a file as it is, a tree as the canonical tar (schema/canonical-tar.md; contract, section 7).
// Streams; refuses what it cannot keep, all of it in one go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/image.hpp"

namespace ingot {

/// Gets canonical bytes in order. May throw.
using BytesOut = std::function<void(std::string_view bytes)>;

/// What a source is, from names, sizes and mtimes alone: no file is opened.
struct SourceSurvey {
  ImageKind kind = ImageKind::file;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;   ///< of regular files, for progress
  std::string stamp;         ///< digest of kind, names, sizes, mtimes (ImageRow::source_stamp)
};

/// Error{incomplete} with every member that cannot be taken (socket, device, FIFO, unreadable), or that the source
/// is missing, or itself a link. `exclude`: path globs.
SourceSurvey survey_source(const std::string& path, const std::vector<std::string>& exclude);

/// Writes the canonical bytes of `path`; `progress` gets plain bytes done. Error{incomplete} if a member changed while
/// it was read (size, mtime, ctime, inode before and after).
void write_canonical(const std::string& path, const std::vector<std::string>& exclude, const BytesOut& out,
                     const std::function<void(std::uint64_t)>& progress);

/// Reads canonical tar bytes and makes the tree at `destination` (must not exist or be an empty folder): beside it,
/// then renamed. Never outside it, never through a link; holes become holes again; owners only as root (then false is
/// never returned; else whether owners were left out). Error{local} or, for bytes that are no canonical tar, Error{untrusted}.
struct Restored { bool owners_left_out = false; };
class TreeRestorer {
 public:
  explicit TreeRestorer(std::string destination);
  ~TreeRestorer();  ///< removes what was not committed
  void write(std::string_view bytes);
  Restored commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot
