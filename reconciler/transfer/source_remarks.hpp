// What a person should know of a source that was taken: what of it was left out, and what others had better not get.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::transfer {

struct SourceRemarks {
  std::map<std::string, std::uint64_t> attributes = {};  ///< kinds that are not kept ("user.*"), with the members that have some
  std::set<std::string> mounts = {};                     ///< members on which something is mounted that was left out
  std::set<std::string> private_keys = {};               ///< files that hold one

  /// A sentence for each kind that there is.
  std::vector<std::string> texts() const;
};

/// Whether a file that begins so holds a private key of a usual kind: PEM (also OpenSSH's) or PuTTY.
bool begins_as_private_key(std::string_view bytes);

}  // namespace ingot::transfer
