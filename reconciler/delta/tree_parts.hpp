// The members of a canonical tar as parts of its bytes, and which members of two tars belong together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/delta/format.hpp"
#include "schema/digest.hpp"

namespace ingot::delta {

/// A member: its header, its content and the zeros behind it. The last part is the end of the archive, with the path "".
struct Part {
  std::string path;
  std::uint64_t begin = 0;
  std::uint64_t content = 0;
  std::uint64_t size = 0;  ///< of the content
  std::uint64_t end = 0;
  Digest digest{};  ///< of the content
};

/// Bytes of memory that the parts of a tree may take, with their paths.
inline constexpr std::uint64_t most_part_bytes = 64 * 1024 * 1024;

/// Reads all of it; nullopt: its parts take more than `most` bytes. Error{untrusted}: it is no canonical tar.
std::optional<std::vector<Part>> read_parts(const Image& tree, const ReadAt& read, std::uint64_t most = most_part_bytes);

/// For each part of the result the one of the base that it is most like, by path, content, name and size; nullopt: none is.
std::vector<std::optional<std::size_t>> pair_parts(const std::vector<Part>& base, const std::vector<Part>& result);

}  // namespace ingot::delta
