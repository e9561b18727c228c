// Trees for tests: described in text (golden/trees.txt), made on disk, compared.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

#include "reconciler/transfer/tar_member.hpp"
#include "schema/digest.hpp"

namespace ingot::testing_support {

struct DescribedMember {
  transfer::TarMember member;
  std::string content;
};
using DescribedTree = std::vector<DescribedMember>;

/// The trees of golden/trees.txt, members in canonical order.
std::map<std::string, DescribedTree> golden_trees();
/// The canonical tar, put together from the members alone.
std::string tar_of(const DescribedTree& tree);
/// Makes it in the empty folder `path`; owners and capabilities need root.
void make_tree(const DescribedTree& tree, const std::string& path);

void make_file(const std::string& path, std::string_view content, mode_t mode = 0644, long mtime = 1'700'000'000,
               long nanoseconds = 0);
void set_mtime(const std::string& path, long seconds, long nanoseconds = 0);

std::string canonical_bytes(const std::string& path, const std::vector<std::string>& exclude = {});
Digest canonical_digest(const std::string& path, const std::vector<std::string>& exclude = {});
/// Restores canonical tar bytes at `destination`, in odd pieces.
void restore_tree(std::string_view bytes, const std::string& destination, std::size_t piece = 7777);

/// One line for each entry: path, kind, mode, owner, mtime in seconds, size or target, links, digest of the content.
std::string listing(const std::string& path);

/// Runs `work` in a child as a user without rights; its text, or "" if this is root without that right.
std::string as_nobody(const std::string& folder, std::string (*work)(const std::string& folder));

}  // namespace ingot::testing_support
