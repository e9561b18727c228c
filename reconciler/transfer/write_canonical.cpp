// Writes the canonical bytes of a source. A member that cannot be taken does not end the walk: the output is worthless
// from there on, but a person wants to see all of them at once.
#include <algorithm>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/attributes.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/source_walk.hpp"
#include "reconciler/transfer/tar_member.hpp"
#include "schema/error.hpp"

namespace ingot {

namespace {

constexpr std::size_t buffer_size = 1024 * 1024;
constexpr const char* changed = "changed while it was read";

/// Reads an open file to its end and a byte beyond `size`, so that one that grew is noticed. 0 or errno; `seen` counts.
int read_all(int descriptor, std::uint64_t size, std::string& buffer, std::uint64_t& seen,
             const std::function<void(std::string_view)>& out) {
  seen = 0;
  while (true) {
    throw_if_interrupted();
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    seen += static_cast<std::uint64_t>(got);
    if (seen > size) return 0;
    out(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
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

  void write(const std::string& source, const std::vector<std::string>& exclude) {
    walk_source(source, exclude, faults_, [&](const SourceMember& member) { take(member); });
    faults_.throw_if_any(source);
    out_(std::string(tar_end, '\0'));
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
    if (const int error = read_attributes(member.folder, folder); error != 0)
      return faults_.add(member.path, with_reason("has attributes that cannot be read", error));
    send(encode_member(folder));
  }

  void take_link(const SourceMember& member) {
    TarMember link = facts_of(member, MemberKind::symbolic_link);
    link.mode = 0777;
    std::string target(static_cast<std::size_t>(member.status.st_size) + 1, '\0');
    const ssize_t length = readlinkat(member.folder, member.name.c_str(), target.data(), target.size());
    if (length != member.status.st_size) return faults_.add(member.path, changed);
    target.resize(static_cast<std::size_t>(length));
    link.target = std::move(target);
    send(encode_member(link));
  }

  void take_hard_link(const SourceMember& member) {
    TarMember link = facts_of(member, MemberKind::hard_link);
    link.target = *member.first_of_group;
    send(encode_member(link));
  }

  void take_file(const SourceMember& member) {
    throw_if_interrupted();
    const Descriptor open(openat(member.folder, member.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!open)
      return faults_.add(member.path, errno == ENOENT || errno == ELOOP ? changed : with_reason("cannot be read", errno));
    if (!is_as_seen(open, member)) return faults_.add(member.path, changed);
    TarMember file = facts_of(member, MemberKind::file);
    file.size = static_cast<std::uint64_t>(member.status.st_size);
    if (const int error = read_attributes(open.get(), file); error != 0)
      return faults_.add(member.path, with_reason("has attributes that cannot be read", error));
    if (!faults_.empty()) return;
    send(encode_member(file));
    send_content(open, member, file.size);
  }

  void send_content(const Descriptor& open, const SourceMember& member, std::uint64_t size) {
    std::uint64_t seen = 0;
    const int error = read_all(open.get(), size, buffer_, seen, [&](std::string_view bytes) {
      send(bytes);
      done_ += bytes.size();
      if (progress_) progress_(done_);
    });
    if (error != 0) return faults_.add(member.path, with_reason("cannot be read", error));
    if (seen != size || !is_as_seen(open, member)) return faults_.add(member.path, changed);
    send(std::string_view(zeros_).substr(0, tar_padding(size)));
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
  std::string buffer_ = std::string(buffer_size, '\0');
  const std::string zeros_ = std::string(tar_block, '\0');
  std::uint64_t done_ = 0;
};

void write_file(const std::string& source, const struct stat& seen_first, const BytesOut& out,
                const std::function<void(std::uint64_t)>& progress) {
  const Descriptor open = open_source(source, O_RDONLY);
  struct stat before {};
  struct stat after {};
  std::string buffer(buffer_size, '\0');
  std::uint64_t done = 0;
  std::uint64_t seen = 0;
  MemberFaults faults;
  if (fstat(open.get(), &before) != 0 || !is_unchanged(seen_first, before)) faults.add(".", changed);
  faults.throw_if_any(source);
  const int error = read_all(open.get(), static_cast<std::uint64_t>(before.st_size), buffer, seen, [&](std::string_view bytes) {
    out(bytes);
    done += bytes.size();
    if (progress) progress(done);
  });
  if (error != 0)
    faults.add(".", with_reason("cannot be read", error));
  else if (seen != static_cast<std::uint64_t>(before.st_size) || fstat(open.get(), &after) != 0 || !is_unchanged(before, after))
    faults.add(".", changed);
  faults.throw_if_any(source);
}

}  // namespace

void write_canonical(const std::string& path, const std::vector<std::string>& exclude, const BytesOut& out,
                     const std::function<void(std::uint64_t)>& progress) {
  const struct stat status = source_status(path);
  if (S_ISREG(status.st_mode)) return write_file(path, status, out, progress);
  TreeWriter(out, progress).write(path, exclude);
}

}  // namespace ingot
