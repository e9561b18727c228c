// Writes the canonical bytes of a source. A member that cannot be taken does not end the walk: the output is worthless
// from there on, but a person wants to see all of them at once.
#include <algorithm>
#include <cerrno>
#include <climits>
#include <set>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/attributes.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/source_walk.hpp"
#include "reconciler/transfer/tar_member.hpp"
#include "schema/error.hpp"

namespace ingot::transfer {

namespace {

constexpr std::size_t buffer_size = 1024 * 1024;

/// Reads an open file to its end and a byte beyond `size`, so that one that grew is noticed. 0 or errno; `seen` counts.
int read_all(int descriptor, std::uint64_t size, std::string& buffer, std::uint64_t& seen,
             const std::function<void(std::string_view)>& out) {
  seen = 0;
  while (true) {
    io::throw_if_interrupted();
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    seen += static_cast<std::uint64_t>(got);
    if (seen > size) return 0;
    out(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    if (seen == size && static_cast<std::size_t>(got) < buffer.size()) return 0;  // it was asked for more, and had no more
  }
}

TarMember facts_of(const SourceMember& member, MemberKind kind) {
  TarMember described;
  described.path = member.path;
  described.kind = kind;
  described.mode = member.status.st_mode & 07777U;
  described.uid = member.status.st_uid;
  described.gid = member.status.st_gid;
  described.mtime = member.status.st_mtim.tv_sec;
  return described;
}

class TreeWriter {
 public:
  TreeWriter(const BytesOut& out, const std::function<void(std::uint64_t)>& progress) : out_(out), progress_(progress) {}

  SourceRemarks write(const Source& source) {
    remarks_.mounts = walk_source(source, faults_, [&](const SourceMember& member) { take(member); });
    faults_.throw_if_any(source.path);
    out_(std::string(tar_end, '\0'));
    return std::move(remarks_);
  }

 private:
  void take(const SourceMember& member) {
    if (S_ISDIR(member.status.st_mode)) return take_folder(member);
    if (S_ISLNK(member.status.st_mode)) return take_link(member);
    if (member.first_of_group != nullptr) return take_hard_link(member);
    take_file(member);
  }

  void take_folder(const SourceMember& member) {
    TarMember folder = facts_of(member, MemberKind::folder);
    if (!take_attributes(member.folder, folder)) return;
    send(encode_member(folder));
  }

  void take_link(const SourceMember& member) {
    TarMember link = facts_of(member, MemberKind::symbolic_link);
    link.mode = 0777;
    // The size that a link states is no help: some file systems say 0.
    std::string target(PATH_MAX, '\0');
    const ssize_t length = readlinkat(member.folder, member.name.c_str(), target.data(), target.size());
    if (length < 0)
      return faults_.add(member.path,
                         errno == ENOENT || errno == EINVAL ? changed_while_read : with_reason("cannot be read", errno));
    if (length == 0 || length == PATH_MAX)
      return faults_.add(member.path, "links to nothing, or to a path longer than 4095 bytes");
    target.resize(static_cast<std::size_t>(length));
    if (!is_still(member)) return faults_.add(member.path, changed_while_read);
    link.target = std::move(target);
    send(encode_member(link));
  }

  void take_hard_link(const SourceMember& member) {
    TarMember link = facts_of(member, MemberKind::hard_link);
    link.target = *member.first_of_group;
    send(encode_member(link));
  }

  void take_file(const SourceMember& member) {
    io::throw_if_interrupted();
    const Descriptor open(openat(member.folder, member.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!open)
      return faults_.add(member.path,
                         errno == ENOENT || errno == ELOOP ? changed_while_read : with_reason("cannot be read", errno));
    if (!is_as_seen(open, member)) return faults_.add(member.path, changed_while_read);
    TarMember file = facts_of(member, MemberKind::file);
    file.size = static_cast<std::uint64_t>(member.status.st_size);
    if (!take_attributes(open.get(), file) || !faults_.empty()) return;
    send(encode_member(file));
    send_content(open, member, file.size);
  }

  void send_content(const Descriptor& open, const SourceMember& member, std::uint64_t size) {
    std::uint64_t seen = 0;
    const int error = read_all(open.get(), size, buffer_, seen, [&](std::string_view bytes) {
      if (seen == bytes.size() && begins_as_private_key(bytes)) remarks_.private_keys.insert(member.path);
      send(bytes);
      done_ += bytes.size();
      if (progress_) progress_(done_);
    });
    if (error != 0) return faults_.add(member.path, with_reason("cannot be read", error));
    if (seen != size || !is_as_seen(open, member)) return faults_.add(member.path, changed_while_read);
    send(std::string_view(zeros_).substr(0, tar_padding(size)));
  }

  bool take_attributes(int descriptor, TarMember& member) {
    std::set<std::string> others;
    const int error = read_attributes(descriptor, member, others);
    for (const std::string& kind : others) ++remarks_.attributes[kind];
    if (error != 0) faults_.add(member.path, with_reason("has attributes that cannot be read", error));
    return error == 0;
  }

  static bool is_still(const SourceMember& member) {
    struct stat now {};
    return fstatat(member.folder, member.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0 && is_unchanged(member.status, now);
  }

  static bool is_as_seen(const Descriptor& open, const SourceMember& member) {
    struct stat now {};
    return fstat(open.get(), &now) == 0 && is_unchanged(member.status, now);
  }

  void send(std::string_view bytes) {
    if (faults_.empty() && !bytes.empty()) out_(bytes);
  }

  const BytesOut& out_;
  const std::function<void(std::uint64_t)>& progress_;
  MemberFaults faults_;
  SourceRemarks remarks_;
  std::string buffer_ = std::string(buffer_size, '\0');
  const std::string zeros_ = std::string(tar_block, '\0');
  std::uint64_t done_ = 0;
};

SourceRemarks write_file(const std::string& source, const struct stat& seen_first, const BytesOut& out,
                         const std::function<void(std::uint64_t)>& progress) {
  const Descriptor open = open_source(source, O_RDONLY);
  struct stat before {};
  struct stat after {};
  std::uint64_t done = 0;
  std::uint64_t seen = 0;
  MemberFaults faults;
  if (fstat(open.get(), &before) != 0 || !is_unchanged(seen_first, before)) faults.add(".", changed_while_read);
  faults.throw_if_any(source);
  SourceRemarks remarks;
  std::string buffer(std::min(buffer_size, static_cast<std::size_t>(before.st_size) + 1), '\0');
  const int error = read_all(open.get(), static_cast<std::uint64_t>(before.st_size), buffer, seen, [&](std::string_view bytes) {
    if (done == 0 && begins_as_private_key(bytes)) remarks.private_keys.insert(source);
    out(bytes);
    done += bytes.size();
    if (progress) progress(done);
  });
  if (error != 0)
    faults.add(".", with_reason("cannot be read", error));
  else if (seen != static_cast<std::uint64_t>(before.st_size) || fstat(open.get(), &after) != 0 || !is_unchanged(before, after))
    faults.add(".", changed_while_read);
  faults.throw_if_any(source);
  return remarks;
}

}  // namespace

SourceRemarks write_canonical(const Source& source, const BytesOut& out, const std::function<void(std::uint64_t)>& progress) {
  const struct stat status = source_status(source.path);
  refuse_own_place(source);
  if (S_ISREG(status.st_mode)) return write_file(source.path, status, out, progress);
  return TreeWriter(out, progress).write(source);
}

}  // namespace ingot::transfer
