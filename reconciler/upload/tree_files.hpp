// What an upload has to put: the files of the published tree, in the order that keeps readers safe (R25).
#pragma once

#include <string>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/upload/bucket.hpp"
#include "schema/catalog/catalog.hpp"

namespace ingot::upload {

/// One after the other: what is in a later layer names what is in the earlier ones. Roots name nothing, and the first one shows
/// whose place it is before anything else is there.
enum class Layer { roots, bytes, pages, index, head };

struct TreeFile {
  std::string path;  ///< in the tree, and below the prefix: "b/ab/<64 hex>"
  Piece piece;
  Layer layer = Layer::bytes;
  bool operator==(const TreeFile&) const = default;
};

struct TreeFiles {
  Serial serial = 0;            ///< of the head
  std::vector<TreeFile> files;  ///< by layer, then by path; each path once; the head last
};

/// Of the published tree in a folder, whose head was verified: `head` is the one in `folder`/head.dsse. Reads index and pages.
/// Error{local}: something of the catalog is missing or damaged there.
TreeFiles tree_files(io::Files& files, const std::string& folder, const Head& head);

/// What may be cached for ever, and what must be asked for again (schema/published-tree.md).
ObjectHeaders served_as(const std::string& path);

inline constexpr const char* head_path = "head.dsse";
inline constexpr const char* page_path = "index.html";
inline constexpr const char* first_root_path = "root/1.dsse";

}  // namespace ingot::upload
