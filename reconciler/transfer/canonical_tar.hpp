// An image's canonical bytes: a file as it is, a tree as the canonical tar (schema/canonical-tar.md).
// Streams; refuses what it cannot keep, all of it in one go.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "reconciler/transfer/source.hpp"
#include "reconciler/transfer/source_remarks.hpp"
#include "schema/image.hpp"

namespace ingot::transfer {

/// Gets canonical bytes in order. May throw.
using BytesOut = std::function<void(std::string_view bytes)>;

/// What a source is, from names, sizes and mtimes alone: no file is opened.
struct SourceSurvey {
  ImageKind kind = ImageKind::file;
  std::uint64_t files = 0;            ///< regular files; a group of hard links counts once
  std::uint64_t bytes = 0;            ///< of them, for progress
  std::string stamp;                  ///< ImageRow::source_stamp: compare with is_as_it_was
  std::set<std::string> mounts = {};  ///< SourceRemarks::mounts
};

/// Error{incomplete} with every member that cannot be taken (socket, device, FIFO, unreadable), or that the source
/// is missing, or itself a link, or holds a place of this server's own.
SourceSurvey survey_source(const Source& source);
/// The same of a source that was just read: it lies in no place of this server, and its files are readable.
SourceSurvey survey_again(const Source& source);

/// Whether a survey saw what was there when `stamp` was made: the same names, sizes and mtimes. Where files are excluded, mtimes
/// of folders do not count: they change with whatever comes and goes in them.
bool is_as_it_was(const SourceSurvey& survey, const std::string& stamp);

/// How many members a source had when `stamp` was made, if nothing changed the source itself, a file or the folder at the top,
/// since then; nullopt: something did, or it cannot be told. Nothing below is looked at.
std::optional<std::uint64_t> members_under_same_top(const std::string& path, const std::string& stamp);

/// Writes the canonical bytes of a source; `progress` gets the bytes of regular files done (of SourceSurvey::bytes).
/// Error{incomplete} that names every member that cannot be taken, or that changed while it was read (size, mtime,
/// ctime, inode before and after); what `out` got is then worthless.
SourceRemarks write_canonical(const Source& source, const BytesOut& out, const std::function<void(std::uint64_t)>& progress);

}  // namespace ingot::transfer
