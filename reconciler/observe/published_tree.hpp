// A published tree as it lies on a disk (this server's own, or a bundle), or as it is remembered of a peer. Its head was
// verified, and its pages are what the head names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/disk/peer_memory.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::observe {

struct PublishedTree {
  Head head;
  std::string envelope;            ///< of the head
  std::vector<std::string> roots;  ///< envelopes, from version 1
  struct File {
    Piece piece;
    std::string bytes;
  };
  std::vector<File> pieces;  ///< pages, what is said of the state, the index last
  std::shared_ptr<const Catalog> catalog;
};

/// The tree of the server `id` in a folder. Error{local}: it is not there, not this server's, or not whole.
PublishedTree tree_in(io::Files& files, const std::string& folder, const ServerId& id);
/// Whether the first root in the folder is that of the server: then the tree is its own, whatever became of the head.
bool has_root_of(io::Files& files, const std::string& folder, const ServerId& id);
/// Its head alone; nullopt: there is none that verifies with the newest root there.
std::optional<Head> head_in(io::Files& files, const std::string& folder, const ServerId& id);
/// A peer's as it was seen last; no network. Error{incomplete}: not all of it is remembered.
PublishedTree remembered_tree(const PeerEntry& peer, io::PeerMemory& memory);

}  // namespace ingot::observe
