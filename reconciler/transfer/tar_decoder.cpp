#include "reconciler/transfer/tar_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/acl_text.hpp"
#include "reconciler/transfer/capability.hpp"
#include "schema/error.hpp"

namespace ingot::transfer {

namespace {

/// Two paths of the deepest tree and ACLs of 64 KiB fit well.
constexpr std::uint64_t most_record_bytes = 1024 * 1024;
constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_target = 4095;      // PATH_MAX without the NUL at its end
constexpr std::uint64_t largest_id = 4294967294;  // 2^32 - 1 means "leave it" to chown

std::string field_text(std::string_view block, std::size_t offset, std::size_t length) {
  const std::string_view field = block.substr(offset, length);
  return std::string(field.substr(0, field.find('\0')));
}

std::uint64_t field_number(std::string_view block, std::size_t offset, std::size_t length) {
  std::uint64_t value = 0;
  for (const char digit : block.substr(offset, length - 1)) {
    if (digit < '0' || digit > '7') break;
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

template <class Number>
void read_number(std::string_view text, Number& into) {
  std::from_chars(text.data(), text.data() + text.size(), into);
}

/// What is misread here is found out by writing it anew: so this may be lax, but not unsafe.
void take_record(std::string_view key, std::string_view value, TarMember& member) {
  if (key == "SCHILY.acl.access") member.access_acl = value;
  if (key == "SCHILY.acl.default") member.default_acl = value;
  if (key == "SCHILY.xattr.security.capability") member.capability = value;
  if (key == "gid") read_number(value, member.gid);
  if (key == "linkpath") member.target = value;
  if (key == "mtime") read_number(value, member.mtime);
  if (key == "path") member.path = value;
  if (key == "size") read_number(value, member.size);
  if (key == "uid") read_number(value, member.uid);
}

void take_records(std::string_view records, TarMember& member) {
  while (!records.empty()) {
    std::size_t length = 0;
    read_number(records.substr(0, 20), length);
    const std::size_t space = records.find(' ');
    if (length > records.size() || space == std::string_view::npos || space + 2 > length) return;
    const std::string_view record = records.substr(space + 1, length - space - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) return;
    take_record(record.substr(0, equals), record.substr(equals + 1), member);
    records.remove_prefix(length);
  }
}

MemberKind kind_of(char type) {
  if (type == '5') return MemberKind::folder;
  if (type == '2') return MemberKind::symbolic_link;
  if (type == '1') return MemberKind::hard_link;
  return MemberKind::file;
}

TarMember understood(std::string_view block, std::string_view records) {
  TarMember member;
  member.path = field_text(block, 0, 100);
  member.mode = static_cast<std::uint32_t>(field_number(block, 100, 8));
  member.uid = field_number(block, 108, 8);
  member.gid = field_number(block, 116, 8);
  member.size = field_number(block, 124, 12);
  member.mtime = static_cast<std::int64_t>(field_number(block, 136, 12));
  member.kind = kind_of(block[156]);
  member.target = field_text(block, 157, 100);
  take_records(records, member);
  return member;
}

/// "./a/b": below ".", no empty, "." or ".." component, none longer than a file system takes; "" if so, else why not.
std::string why_bad_path(std::string_view path, bool is_folder) {
  if (path == "./") return is_folder ? "" : "is not a folder";
  if (!path.starts_with("./")) return "does not lie below \"./\"";
  if (path.find('\0') != std::string_view::npos) return "holds a NUL";
  if (path.ends_with("/") != is_folder) return "does not end as its kind does";
  if (is_folder) path.remove_suffix(1);
  for (std::size_t at = 2; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view name = path.substr(at, slash - at);
    if (name.empty() || name == "." || name == "..") return "holds an empty, \".\" or \"..\" component";
    if (name.size() > longest_name) return fmt::format("holds a name longer than {} bytes", longest_name);
    at = slash + 1;
  }
  return "";
}

/// What no writer of ours would say about such a member; "" if it is fine.
std::string why_bad_facts(const TarMember& member) {
  if (member.kind != MemberKind::file && member.size != 0) return "has content, but is not a file";
  if (member.kind == MemberKind::symbolic_link && (member.mode != 0777 || member.target.empty()))
    return "is no whole symbolic link";
  if (member.target.find('\0') != std::string::npos) return "links to a name with a NUL";
  if (member.kind == MemberKind::symbolic_link && member.target.size() > longest_target)
    return fmt::format("links to a name longer than {} bytes", longest_target);
  if (member.kind != MemberKind::symbolic_link && member.kind != MemberKind::hard_link && !member.target.empty())
    return "has a target, but is no link";
  if (member.uid > largest_id || member.gid > largest_id) return "has an owner beyond 32 bits";
  if (member.size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return "is larger than any file";
  const bool is_link = member.kind == MemberKind::symbolic_link || member.kind == MemberKind::hard_link;
  if (is_link && !(member.access_acl + member.capability).empty()) return "is a link with attributes";
  if (member.kind != MemberKind::file && !member.capability.empty()) return "has a capability, but is not a file";
  if (member.kind != MemberKind::folder && !member.default_acl.empty()) return "has a default ACL, but is not a folder";
  if (!member.capability.empty() && !is_capability(member.capability)) return "has a capability that is none";
  for (const std::string& acl : {member.access_acl, member.default_acl}) {
    if (!acl.empty() && !acl_attribute_of(acl)) return "has an ACL in another form than ours";
    if (!acl.empty() && !is_whole_acl(acl)) return "has an ACL that lacks entries";
  }
  return "";
}

bool is_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

void TarDecoder::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (at_ == At::content) {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(content_left_, bytes.size()));
      content_left_ -= taken;
      if (content_left_ == 0) at_ = padding_left_ == 0 ? At::header : At::padding;
      events_.content(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      continue;
    }
    if (at_ == At::done) refuse("goes on after its end");
    const std::size_t missing = (at_ == At::padding ? padding_left_ : wanted_) - pending_.size();
    const std::size_t taken = std::min(missing, bytes.size());
    pending_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (taken < missing) return;
    gathered();
    pending_.clear();
  }
}

/// What was waited for is there.
void TarDecoder::gathered() {
  switch (at_) {
    case At::header: return header_block();
    case At::records: return records_block();
    case At::padding:
      if (!is_zero(pending_)) refuse("has something else than zeros behind a file");
      at_ = At::header;
      return;
    case At::end:
      if (!is_zero(pending_)) refuse("has a single block of zeros");
      at_ = At::done;
      return;
    case At::content:
    case At::done: return;
  }
}

void TarDecoder::header_block() {
  if (is_zero(pending_)) {
    if (!extended_.empty() || folders_.empty()) refuse("ends before it begins");
    at_ = At::end;
    return;
  }
  if (pending_[156] != 'x') return begin_member(pending_);
  const std::uint64_t size = field_number(pending_, 124, 12);
  if (!extended_.empty() || size == 0 || size > most_record_bytes) refuse("has an extended header that is not ours");
  extended_ = pending_;
  wanted_ = static_cast<std::size_t>(size) + tar_padding(size);
  at_ = At::records;
}

void TarDecoder::records_block() {
  extended_ += pending_;
  wanted_ = tar_block;
  at_ = At::header;
}

void TarDecoder::begin_member(const std::string& header) {
  const auto record_bytes = extended_.empty() ? 0 : static_cast<std::size_t>(field_number(extended_, 124, 12));
  const TarMember member =
      understood(header, extended_.empty() ? std::string_view() : std::string_view(extended_).substr(tar_block, record_bytes));
  std::string why = why_bad_path(member.path, member.kind == MemberKind::folder);
  if (why.empty() && member.kind == MemberKind::hard_link) why = why_bad_path(member.target, false);
  if (why.empty()) why = why_bad_facts(member);
  if (why.empty() && encode_member(member) != extended_ + header) why = "is not written as the format says";
  if (!why.empty()) refuse(fmt::format("has a member \"{}\" that {}", io::printable(member.path), why));
  check_place(member);
  extended_.clear();
  content_left_ = member.size;
  padding_left_ = tar_padding(member.size);
  at_ = content_left_ == 0 ? At::header : At::content;
  const std::size_t depth = folders_.size();
  if (member.kind == MemberKind::folder) folders_.push_back(member.path);
  events_.member(member, depth);
}

/// Sorted and each once; the folder that holds it came before and is a folder, not a link. So nothing can be put
/// anywhere but below the root.
void TarDecoder::check_place(const TarMember& member) {
  const std::string shown = io::printable(member.path);
  if (member.path <= last_path_) refuse(fmt::format("has a member \"{}\" out of order", shown));
  if (last_path_.empty() != (member.path == "./")) refuse("does not begin with \"./\"");
  last_path_ = member.path;
  if (member.path == "./") return;
  const std::size_t slash = member.path.rfind('/', member.path.size() - 2);
  const std::string parent = member.path.substr(0, slash + 1);
  while (!folders_.empty() && !parent.starts_with(folders_.back())) folders_.pop_back();
  if (folders_.empty() || folders_.back() != parent)
    refuse(fmt::format("has a member \"{}\" whose folder it does not hold", shown));
  if (member.kind == MemberKind::folder && folders_.size() >= deepest_tree)
    refuse(fmt::format("has a member \"{}\" deeper than {} folders", shown, deepest_tree));
  if (member.kind == MemberKind::hard_link && member.target >= member.path)
    refuse(fmt::format("has a hard link \"{}\" to a later member", shown));
}

void TarDecoder::finish() const {
  if (at_ != At::done) refuse("ends too early");
}

void TarDecoder::refuse(const std::string& why) const {
  throw Error(Fault::untrusted, "the image is not a canonical tar: it " + why);
}

}  // namespace ingot::transfer
