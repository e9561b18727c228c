// One member of a canonical tar as a value, and its header bytes (schema/canonical-tar.md). Pure; what the bytes of a
// member may be is decided here alone: the reader accepts exactly what encode_member would have written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ingot::transfer {

enum class MemberKind { file, folder, symbolic_link, hard_link };

struct TarMember {
  std::string path;  ///< "./", "./a/" (folders end with "/"), "./a/b"; raw bytes
  MemberKind kind = MemberKind::file;
  std::uint32_t mode = 0;  ///< 07777; of a symbolic link always 0777
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;   ///< seconds since 1970
  std::uint64_t size = 0;   ///< content bytes; 0 unless a file
  std::string target;       ///< of a link: what it says; of a hard link: the path of the group's first member
  std::string access_acl;   ///< text as in acl_text.hpp, or ""
  std::string default_acl;  ///< likewise; folders only
  std::string capability;   ///< the raw value of security.capability, or ""
  bool operator==(const TarMember&) const = default;
};

inline constexpr std::size_t tar_block = 512;
/// Two zero blocks end the archive.
inline constexpr std::size_t tar_end = 2 * tar_block;
/// Folders inside one another, the root included.
inline constexpr std::size_t deepest_tree = 256;

/// The extended header, if one is needed, and the header: a multiple of 512 bytes.
std::string encode_member(const TarMember& member);

/// Zero bytes that follow `size` bytes of content.
constexpr std::size_t tar_padding(std::uint64_t size) {
  return static_cast<std::size_t>((tar_block - size % tar_block) % tar_block);
}

}  // namespace ingot::transfer
