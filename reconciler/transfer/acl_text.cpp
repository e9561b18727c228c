#include "reconciler/transfer/acl_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <tuple>
#include <vector>

#include <fmt/format.h>

namespace ingot::transfer {

namespace {

// linux/posix_acl.h, linux/posix_acl_xattr.h: a version, then entries of tag, permissions and id, all little-endian.
constexpr std::uint32_t acl_version = 2;
constexpr std::uint32_t no_id = 0xFFFFFFFF;
constexpr std::size_t header_size = 4;
constexpr std::size_t entry_size = 8;

struct Tag {
  std::uint16_t number;
  std::string_view word;
  bool named;
};
constexpr std::array<Tag, 6> tags{{{0x01, "user", false},
                                   {0x02, "user", true},
                                   {0x04, "group", false},
                                   {0x08, "group", true},
                                   {0x10, "mask", false},
                                   {0x20, "other", false}}};

struct AclEntry {
  std::uint16_t tag = 0;
  std::uint16_t permissions = 0;
  std::uint32_t id = no_id;
};

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint32_t value = 0;
  for (std::size_t i = length; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void append_number(std::string& bytes, std::uint32_t value, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
}

const Tag* tag_of(std::uint16_t number) {
  const auto* const found = std::find_if(tags.begin(), tags.end(), [&](const Tag& tag) { return tag.number == number; });
  return found == tags.end() ? nullptr : found;
}

std::string text_of_entry(const AclEntry& entry) {
  const Tag* const tag = tag_of(entry.tag);
  return fmt::format("{}:{}:{}{}{}", tag->word, tag->named ? fmt::format("{}", entry.id) : "",
                     (entry.permissions & 4U) != 0 ? 'r' : '-', (entry.permissions & 2U) != 0 ? 'w' : '-',
                     (entry.permissions & 1U) != 0 ? 'x' : '-');
}

std::string text_of_entries(const std::vector<AclEntry>& entries) {
  std::string text;
  for (const AclEntry& entry : entries) text += (text.empty() ? "" : ",") + text_of_entry(entry);
  return text;
}

std::optional<AclEntry> entry_of(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos || text.size() != second + 4) return std::nullopt;
  const std::string_view id = text.substr(first + 1, second - first - 1);
  const auto* const tag = std::find_if(
      tags.begin(), tags.end(), [&](const Tag& one) { return one.word == text.substr(0, first) && one.named == !id.empty(); });
  if (tag == tags.end()) return std::nullopt;
  AclEntry entry{.tag = tag->number};
  if (!id.empty() && std::from_chars(id.data(), id.data() + id.size(), entry.id).ec != std::errc()) return std::nullopt;
  for (std::size_t i = 0; i < 3; ++i) {
    if (text[second + 1 + i] != '-') entry.permissions = static_cast<std::uint16_t>(entry.permissions | 4U >> i);
  }
  return entry;
}

}  // namespace

std::optional<std::string> acl_text_of(std::string_view attribute) {
  if (attribute.size() < header_size || (attribute.size() - header_size) % entry_size != 0) return std::nullopt;
  if (number_at(attribute, 0, 4) != acl_version) return std::nullopt;
  std::vector<AclEntry> entries;
  for (std::size_t at = header_size; at < attribute.size(); at += entry_size) {
    AclEntry entry{static_cast<std::uint16_t>(number_at(attribute, at, 2)),
                   static_cast<std::uint16_t>(number_at(attribute, at + 2, 2)), number_at(attribute, at + 4, 4)};
    const Tag* const tag = tag_of(entry.tag);
    if (tag == nullptr || entry.permissions > 7) return std::nullopt;
    if (!tag->named) entry.id = no_id;
    entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end(),
            [](const AclEntry& a, const AclEntry& b) { return std::tie(a.tag, a.id) < std::tie(b.tag, b.id); });
  return text_of_entries(entries);
}

bool is_whole_acl(std::string_view text) {
  const std::string entries = "," + std::string(text);
  const auto has = [&](std::string_view entry) { return entries.find("," + std::string(entry)) != std::string::npos; };
  const auto names = [&](std::string_view who) {
    for (std::size_t at = 0; (at = entries.find(who, at)) != std::string::npos; at += who.size()) {
      if (entries[at + who.size()] != ':') return true;
    }
    return false;
  };
  const bool basic = has("user::") && has("group::") && has("other::");
  const bool known = entries.find(fmt::format(":{}:", no_id)) == std::string::npos;
  return basic && known && (has("mask::") || !(names(",user:") || names(",group:")));
}

std::optional<std::string> acl_attribute_of(std::string_view text) {
  std::vector<AclEntry> entries;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const auto entry = entry_of(text.substr(at, comma - at));
    if (!entry) return std::nullopt;
    // Sorted, and each named once: else it is not what we write.
    if (!entries.empty() && std::tie(entries.back().tag, entries.back().id) >= std::tie(entry->tag, entry->id))
      return std::nullopt;
    entries.push_back(*entry);
    at = comma + 1;
  }
  if (text_of_entries(entries) != text) return std::nullopt;
  std::string attribute;
  append_number(attribute, acl_version, 4);
  for (const AclEntry& entry : entries) {
    append_number(attribute, entry.tag, 2);
    append_number(attribute, entry.permissions, 2);
    append_number(attribute, entry.id, 4);
  }
  return attribute;
}

}  // namespace ingot::transfer
