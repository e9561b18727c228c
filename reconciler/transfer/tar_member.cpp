#include "reconciler/transfer/tar_member.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

#include "schema/text/utf8.hpp"

namespace ingot::transfer {

namespace {

// The ustar header (POSIX.1-2001, pax): offset and length of each field that we fill.
struct Field {
  std::size_t offset;
  std::size_t length;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8}, size_field{124, 12},
    mtime_field{136, 12}, checksum_field{148, 8}, type_field{156, 1}, link_field{157, 100}, magic_field{257, 8};

/// "ustar", a NUL, "00".
constexpr std::string_view magic{"ustar\x00\x30\x30", 8};

using Block = std::array<char, tar_block>;

void put_text(Block& block, Field field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), field.length), block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

/// Octal digits that fill the field but for the NUL at its end.
void put_number(Block& block, Field field, std::uint64_t value) {
  put_text(block, field, fmt::format("{:0{}o}", value, field.length - 1));
}

constexpr std::uint64_t largest_number(Field field) { return (std::uint64_t{1} << (3 * (field.length - 1))) - 1; }

char type_of(MemberKind kind) {
  switch (kind) {
    case MemberKind::file: return '0';
    case MemberKind::hard_link: return '1';
    case MemberKind::symbolic_link: return '2';
    case MemberKind::folder: return '5';
  }
  return '0';
}

void seal(Block& block) {
  put_text(block, magic_field, magic);
  put_text(block, checksum_field, "        ");
  std::uint64_t sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  put_text(block, checksum_field, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
}

/// "LENGTH key=value\n", where LENGTH counts the whole record, itself included.
std::string record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (rest + fmt::formatted_size("{}", length) != length) length = rest + fmt::formatted_size("{}", length);
  std::string text = fmt::format("{} ", length);
  text.append(key).append("=").append(value).append("\n");
  return text;
}

/// Sorted by the bytes of their keys; hdrcharset so stands before the names that it speaks of.
std::string records_of(const TarMember& member) {
  const bool long_path = member.path.size() > name_field.length;
  const bool long_target = member.target.size() > link_field.length;
  std::string text;
  if (!member.access_acl.empty()) text += record("SCHILY.acl.access", member.access_acl);
  if (!member.default_acl.empty()) text += record("SCHILY.acl.default", member.default_acl);
  if (!member.capability.empty()) text += record("SCHILY.xattr.security.capability", member.capability);
  if (member.gid > largest_number(gid_field)) text += record("gid", fmt::format("{}", member.gid));
  if ((long_path && !is_utf8(member.path)) || (long_target && !is_utf8(member.target))) text += record("hdrcharset", "BINARY");
  if (long_target) text += record("linkpath", member.target);
  if (member.mtime < 0 || static_cast<std::uint64_t>(member.mtime) > largest_number(mtime_field))
    text += record("mtime", fmt::format("{}", member.mtime));
  if (long_path) text += record("path", member.path);
  if (member.size > largest_number(size_field)) text += record("size", fmt::format("{}", member.size));
  if (member.uid > largest_number(uid_field)) text += record("uid", fmt::format("{}", member.uid));
  return text;
}

/// What does not fit its field is 0 there and stands in the extended header.
std::uint64_t fitting(Field field, std::uint64_t value) { return value > largest_number(field) ? 0 : value; }

void append_extended_header(std::string& bytes, const std::string& records) {
  Block block{};
  put_text(block, name_field, "././@PaxHeader");
  put_number(block, mode_field, 0644);
  put_number(block, uid_field, 0);
  put_number(block, gid_field, 0);
  put_number(block, size_field, records.size());
  put_number(block, mtime_field, 0);
  put_text(block, type_field, "x");
  seal(block);
  bytes.append(block.data(), block.size());
  bytes += records;
  bytes.append(tar_padding(records.size()), '\0');
}

}  // namespace

std::string encode_member(const TarMember& member) {
  std::string bytes;
  const std::string records = records_of(member);
  if (!records.empty()) append_extended_header(bytes, records);

  Block block{};
  put_text(block, name_field, member.path);
  put_number(block, mode_field, member.mode & 07777U);
  put_number(block, uid_field, fitting(uid_field, member.uid));
  put_number(block, gid_field, fitting(gid_field, member.gid));
  put_number(block, size_field, fitting(size_field, member.size));
  put_number(block, mtime_field, member.mtime < 0 ? 0 : fitting(mtime_field, static_cast<std::uint64_t>(member.mtime)));
  put_text(block, type_field, std::string(1, type_of(member.kind)));
  put_text(block, link_field, member.target);
  seal(block);
  bytes.append(block.data(), block.size());
  return bytes;
}

}  // namespace ingot::transfer
