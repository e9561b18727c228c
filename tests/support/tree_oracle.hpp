// Reads a published tree as a stranger would and says what is wrong with it (R25). Shares no code with the product: its
// own hashing, its own reading of head, index and pages, its own check of the signature.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ingot::testing_support {

struct PublishedTree {
  std::vector<std::string> faults;  ///< sentences; empty: the tree is whole
  std::uint64_t serial = 0;         ///< of the head; 0: there is none
  std::string head_digest;          ///< 64 hex digits, of the head's payload
  std::string previous;             ///< "sha256:…" or ""
  std::string expires;
  std::vector<std::string> pages;                          ///< digests in the index's order
  std::map<std::string, std::string> images;               ///< live ones: name → digest
  std::set<std::string> offered;                           ///< names of live ones whose bytes are named
  std::set<std::string> deltas;                            ///< "IMAGE from sha256:…": what it starts from
  std::set<std::string> tombstones;                        ///< names of deleted images
  std::map<std::string, std::vector<std::string>> series;  ///< name → members' names
  std::set<std::string> types;
};

/// Walks from `folder`/head.dsse. Every piece that is named must be there, with its length and its sha256; every file has
/// mode 0644, every folder 0755, nothing is a link, and no path has another form than the published ones.
PublishedTree read_tree(const std::string& folder);

}  // namespace ingot::testing_support
