// The tree is made relative to open folders that this process made itself, one inside the other; no path from the tar
// is ever resolved but one component at a time, without following links.
#include <cerrno>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/attributes.hpp"
#include "reconciler/transfer/beside.hpp"
#include "reconciler/transfer/restore.hpp"
#include "reconciler/transfer/sparse_writer.hpp"
#include "reconciler/transfer/tar_decoder.hpp"
#include "schema/error.hpp"

namespace ingot {

namespace {

constexpr mode_t set_id_bits = 06000;

std::string name_of(const TarMember& member) {
  const std::size_t end = member.path.size() - (member.kind == MemberKind::folder ? 1 : 0);
  const std::size_t slash = member.path.rfind('/', end - 1);
  return member.path.substr(slash + 1, end - slash - 1);
}

[[noreturn]] void refuse(const TarMember& member, const std::string& why) {
  throw Error(Fault::untrusted, "the image is not a canonical tar: its member \"" + printable(member.path) + "\" " + why);
}

/// A name that is taken already can only come from the tar itself ("a" and "a/"): the folder is ours alone.
[[noreturn]] void fail(const std::string& act, const TarMember& member) {
  if (errno == EEXIST) refuse(member, "is there twice");
  fail_locally(act, member.path, errno);
}

timespec mtime_of(const TarMember& member) { return {.tv_sec = member.mtime, .tv_nsec = 0}; }

/// Whether the owner of the open member is now what the tar says.
bool give_owner(int descriptor, const TarMember& member) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) fail_locally("look at", member.path, errno);
  if (status.st_uid == member.uid && status.st_gid == member.gid) return true;
  if (fchown(descriptor, static_cast<uid_t>(member.uid), static_cast<gid_t>(member.gid)) == 0) return true;
  if (errno == EPERM || errno == EINVAL) return false;
  fail_locally("give its owner to", member.path, errno);
}

/// Owner first: giving it takes set-id bits and capabilities away. Set-id bits are for the owner that they were made
/// with; with another they would lend somebody else's rights. True if something was left out.
bool give_metadata(int descriptor, const TarMember& member) {
  const bool owned = give_owner(descriptor, member);
  const mode_t mode = owned ? member.mode : member.mode & ~set_id_bits;
  if (fchmod(descriptor, mode) != 0) fail_locally("give its mode to", member.path, errno);
  const bool left_out = give_attributes(descriptor, member);
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, mtime_of(member)};
  if (futimens(descriptor, times) != 0) fail_locally("give its time to", member.path, errno);
  return !owned || left_out;
}

struct OpenFolder {
  Descriptor descriptor;
  TarMember member;
};

struct OpenFile {
  Descriptor descriptor;
  TarMember member;
  SparseWriter writer;
  std::uint64_t left = 0;
};

}  // namespace

struct TreeRestorer::Impl {
  explicit Impl(const std::string& destination) : beside(destination, ImageKind::tree) {}

  void begin(const TarMember& member, std::size_t depth) {
    throw_if_interrupted();
    leave_folders(depth);
    switch (member.kind) {
      case MemberKind::folder: return make_folder(member);
      case MemberKind::file: return make_file(member);
      case MemberKind::symbolic_link: return make_link(member);
      case MemberKind::hard_link: return make_hard_link(member);
    }
  }

  void content(std::string_view bytes) {
    file->writer.write(bytes);
    file->left -= bytes.size();
    if (file->left == 0) end_file();
  }

  /// The folders beyond the first `depth` are complete: their times can be set now.
  void leave_folders(std::size_t depth) {
    while (folders.size() > depth) {
      left_out |= give_metadata(folders.back().descriptor.get(), folders.back().member);
      folders.pop_back();
    }
  }

  void make_folder(const TarMember& member) {
    if (folders.empty()) {
      folders.push_back({std::move(beside.made()), member});
      return;
    }
    const int parent = folders.back().descriptor.get();
    const std::string name = name_of(member);
    if (mkdirat(parent, name.c_str(), 0700) != 0) fail("make the folder", member);
    Descriptor open(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!open) fail_locally("open the folder", member.path, errno);
    folders.push_back({std::move(open), member});
  }

  void make_file(const TarMember& member) {
    Descriptor open(openat(folders.back().descriptor.get(), name_of(member).c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!open) fail("make the file", member);
    const int descriptor = open.get();
    file.emplace(OpenFile{std::move(open), member, SparseWriter(descriptor, member.path), member.size});
    if (member.size == 0) end_file();
  }

  void end_file() {
    file->writer.finish();
    left_out |= give_metadata(file->descriptor.get(), file->member);
    if (const int error = file->descriptor.close(); error != 0) fail_locally("write", file->member.path, error);
    file.reset();
  }

  void make_link(const TarMember& member) {
    const int parent = folders.back().descriptor.get();
    const std::string name = name_of(member);
    if (symlinkat(member.target.c_str(), parent, name.c_str()) != 0) fail("make the link", member);
    struct stat status {};
    if (fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail_locally("look at", member.path, errno);
    if (status.st_uid != member.uid || status.st_gid != member.gid) {
      const bool given = fchownat(parent, name.c_str(), static_cast<uid_t>(member.uid), static_cast<gid_t>(member.gid),
                                  AT_SYMLINK_NOFOLLOW) == 0;
      if (!given && errno != EPERM && errno != EINVAL) fail_locally("give its owner to", member.path, errno);
      left_out |= !given;
    }
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, mtime_of(member)};
    if (utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) fail_locally("give its time to", member.path, errno);
  }

  void make_hard_link(const TarMember& member) {
    // From the root, one component at a time and never through a link: the target's path comes from the tar.
    Descriptor own;
    int at = folders.front().descriptor.get();
    std::size_t begin = 2;
    for (std::size_t slash = member.target.find('/', begin); slash != std::string::npos; slash = member.target.find('/', begin)) {
      own = Descriptor(
          openat(at, member.target.substr(begin, slash - begin).c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!own) refuse(member, "is a hard link to what is not there");
      at = own.get();
      begin = slash + 1;
    }
    const std::string target = member.target.substr(begin);
    struct stat status {};
    if (fstatat(at, target.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) refuse(member, "is a hard link to what is not there");
    if (!S_ISREG(status.st_mode)) refuse(member, "is a hard link to something else than a file");
    if (linkat(at, target.c_str(), folders.back().descriptor.get(), name_of(member).c_str(), 0) != 0)
      fail("make the hard link", member);
  }

  Beside beside;
  std::vector<OpenFolder> folders;
  std::optional<OpenFile> file;
  bool left_out = false;
  TarDecoder decoder{TarEvents{[this](const TarMember& member, std::size_t depth) { begin(member, depth); },
                               [this](std::string_view bytes) { content(bytes); }}};
};

TreeRestorer::TreeRestorer(const std::string& destination) : impl_(std::make_unique<Impl>(destination)) {}
TreeRestorer::~TreeRestorer() = default;

void TreeRestorer::write(std::string_view bytes) { impl_->decoder.write(bytes); }

Restored TreeRestorer::commit() {
  impl_->decoder.finish();
  impl_->leave_folders(1);
  const OpenFolder& root = impl_->folders.front();
  impl_->left_out |= give_metadata(root.descriptor.get(), root.member);
  // One sync for all members: thousands of small files, each with an fsync of its own, take far longer.
  if (syncfs(root.descriptor.get()) != 0) fail_locally("sync", impl_->beside.destination(), errno);
  impl_->beside.commit();
  return {.owners_left_out = impl_->left_out};
}

}  // namespace ingot
