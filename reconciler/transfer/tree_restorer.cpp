// The tree is made relative to open folders that this process made itself, one inside the other; no path from the tar
// is ever resolved but one component at a time, without following links.
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
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

namespace ingot::transfer {

namespace {

constexpr mode_t set_id_bits = 06000;

std::string name_of(const TarMember& member) {
  const std::size_t end = member.path.size() - (member.kind == MemberKind::folder ? 1 : 0);
  const std::size_t slash = member.path.rfind('/', end - 1);
  return member.path.substr(slash + 1, end - slash - 1);
}

[[noreturn]] void refuse(const TarMember& member, const std::string& why) {
  throw Error(Fault::untrusted, "the image is not a canonical tar: its member \"" + io::printable(member.path) + "\" " + why);
}

/// The name in the open folder under which the file system finds `name`; "" if it finds another way to say no.
std::string bearer_of(int folder, const std::string& name) {
  struct stat wanted {};
  const bool found = fstatat(folder, name.c_str(), &wanted, AT_SYMLINK_NOFOLLOW) == 0;
  const FolderListing listing = open_listing(folder);
  std::string bearer;
  while (const dirent* const entry = listing ? readdir(listing.get()) : nullptr) {
    if (entry->d_name == name) return name;
    struct stat status {};
    if (found && fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_dev == wanted.st_dev &&
        status.st_ino == wanted.st_ino)
      bearer = entry->d_name;
  }
  return bearer;
}

/// A name that is taken already comes from the tar ("a" and "a/"), for the folder is ours alone; or the file system takes
/// another name of the tar for the same one.
[[noreturn]] void fail(const std::string& act, const TarMember& member, int folder) {
  if (errno != EEXIST) fail_locally(act, member.path, errno);
  const std::string bearer = bearer_of(folder, name_of(member));
  if (bearer == name_of(member)) refuse(member, "is there twice");
  throw Error(Fault::local,
              fmt::format("cannot {} \"{}\": to this file system its name is the same as {}", act, io::printable(member.path),
                          bearer.empty() ? "that of another member" : "\"" + io::printable(bearer) + "\""),
              "name a DEST on a file system that tells upper from lower case, and one form of Unicode from another")
      .about(member.path);
}

timespec mtime_of(const TarMember& member) { return {.tv_sec = member.mtime, .tv_nsec = 0}; }

bool has_owner(int descriptor, const TarMember& member) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) fail_locally("look at", member.path, errno);
  return status.st_uid == member.uid && status.st_gid == member.gid;
}

/// Whether the owner of the open member is now what the tar says. Some file systems take any owner and keep their own.
bool give_owner(int descriptor, const TarMember& member) {
  if (has_owner(descriptor, member)) return true;
  if (fchown(descriptor, static_cast<uid_t>(member.uid), static_cast<gid_t>(member.gid)) == 0)
    return has_owner(descriptor, member);
  if (cannot_be_kept(errno)) return false;
  fail_locally("give its owner to", member.path, errno);
}

/// A service may be forbidden to make set-id files (RestrictSUIDSGID= of systemd): then the other bits are given alone.
bool give_bits(int descriptor, mode_t mode) {
  if (fchmod(descriptor, mode) == 0) return true;
  return (mode & set_id_bits) != 0 && cannot_be_kept(errno) && fchmod(descriptor, mode & ~set_id_bits) == 0;
}

/// Set-id bits are for the owner that they were made with; with another they would lend somebody else's rights.
void give_mode(int descriptor, const TarMember& member, bool owned, bool special, LeftOut& left_out) {
  const mode_t wanted = special ? member.mode : member.mode & ~set_id_bits;
  const mode_t mode = owned ? wanted : wanted & ~set_id_bits;
  if (!give_bits(descriptor, mode) && !cannot_be_kept(errno)) fail_locally("give its mode to", member.path, errno);
  struct stat status {};
  if (fstat(descriptor, &status) != 0) fail_locally("look at", member.path, errno);
  const mode_t lost = wanted ^ (status.st_mode & 07777U);
  if ((lost & set_id_bits) != 0) left_out.add(Property::set_id, member.path);
  if ((lost & ~set_id_bits) != 0) left_out.add(Property::mode, member.path);
}

/// Owner first: giving it takes set-id bits and capabilities away.
void give_metadata(int descriptor, const TarMember& member, bool special, LeftOut& left_out) {
  const bool owned = give_owner(descriptor, member);
  if (!owned) left_out.add(Property::owner, member.path);
  give_mode(descriptor, member, owned, special, left_out);
  if (special)
    give_attributes(descriptor, member, left_out);
  else
    leave_attributes_out(descriptor, member);
  // Both times: file systems on libfuse 2 ignore one time alone, and say that it was set.
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_NOW}, mtime_of(member)};
  if (futimens(descriptor, times) == 0) return;
  if (!cannot_be_kept(errno)) fail_locally("give its time to", member.path, errno);
  left_out.add(Property::time, member.path);
}

/// So many folders that their owner cannot search wait for their modes until the end; a hostile image has to end somewhere.
constexpr std::size_t most_closed = 10'000;

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
  Impl(const std::string& destination, RestoreOptions how)
      : beside(destination, ImageKind::tree, how.allowed), options(std::move(how)) {}

  void begin(const TarMember& member, std::size_t depth) {
    io::throw_if_interrupted();
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

  /// The folders beyond the first `depth` are complete: their times can be set now. One that this user could not search with
  /// its own mode waits, since a later member may be a hard link to what is in it.
  void leave_folders(std::size_t depth) {
    while (folders.size() > depth) {
      const OpenFolder& left = folders.back();
      const bool closes = geteuid() != 0 && (left.member.mode & S_IXUSR) == 0;
      if (closes && closed.size() < most_closed)
        closed.push_back(left.member);
      else
        give(left.descriptor.get(), left.member);
      folders.pop_back();
    }
  }

  void give(int descriptor, const TarMember& member) { give_metadata(descriptor, member, options.special, left_out); }

  /// The deeper ones came first.
  void close_folders() {
    for (const TarMember& member : closed) {
      const Holder holder = holder_of(member.path.substr(0, member.path.size() - 1), member);
      const Descriptor open(openat(holder.get(), name_of(member).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!open) fail_locally("open the folder", member.path, errno);
      give(open.get(), member);
    }
  }

  void make_folder(const TarMember& member) {
    if (folders.empty()) {
      folders.push_back({std::move(beside.made()), member});
      return;
    }
    const int parent = folders.back().descriptor.get();
    const std::string name = name_of(member);
    if (mkdirat(parent, name.c_str(), 0700) != 0) fail("make the folder", member, parent);
    Descriptor open(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!open) fail_locally("open the folder", member.path, errno);
    folders.push_back({std::move(open), member});
  }

  void make_file(const TarMember& member) {
    const int parent = folders.back().descriptor.get();
    Descriptor open(openat(parent, name_of(member).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!open) fail("make the file", member, parent);
    const int descriptor = open.get();
    file.emplace(OpenFile{std::move(open), member,
                          SparseWriter(descriptor, member.path, options.sparse ? Zeros::holes : Zeros::written), member.size});
    if (member.size == 0) end_file();
  }

  void end_file() {
    file->writer.finish();
    give(file->descriptor.get(), file->member);
    if (const int error = file->descriptor.close(); error != 0) fail_locally("write", file->member.path, error);
    file.reset();
  }

  void make_link(const TarMember& member) {
    const int parent = folders.back().descriptor.get();
    const std::string name = name_of(member);
    if (symlinkat(member.target.c_str(), parent, name.c_str()) != 0) fail("make the link", member, parent);
    struct stat status {};
    if (fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail_locally("look at", member.path, errno);
    if (status.st_uid != member.uid || status.st_gid != member.gid) {
      const bool given = fchownat(parent, name.c_str(), static_cast<uid_t>(member.uid), static_cast<gid_t>(member.gid),
                                  AT_SYMLINK_NOFOLLOW) == 0;
      if (!given && !cannot_be_kept(errno)) fail_locally("give its owner to", member.path, errno);
      if (!given) left_out.add(Property::owner, member.path);
    }
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_NOW}, mtime_of(member)};
    if (utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0) return;
    if (!cannot_be_kept(errno)) fail_locally("give its time to", member.path, errno);
    left_out.add(Property::time, member.path);
  }

  /// The folder that holds an entry of the tree, opened or, for entries of the root, the root's.
  struct Holder {
    Descriptor own;
    int root;
    int get() const { return own ? own.get() : root; }
  };

  /// From the root, one component at a time and never through a link: the path comes from the tar, of which `member` is told.
  Holder holder_of(const std::string& path, const TarMember& member) const {
    Holder holder{Descriptor(), folders.front().descriptor.get()};
    std::size_t begin = 2;
    for (std::size_t slash = path.find('/', begin); slash != std::string::npos; slash = path.find('/', begin)) {
      Descriptor next(
          openat(holder.get(), path.substr(begin, slash - begin).c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next) fail_to_find(member);
      holder.own = std::move(next);
      begin = slash + 1;
    }
    return holder;
  }

  [[noreturn]] static void fail_to_find(const TarMember& member) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) refuse(member, "is a hard link to what is not there");
    fail_locally("find the file of the hard link", member.path, errno);
  }

  void make_hard_link(const TarMember& member) {
    const Holder holder = holder_of(member.target, member);
    const std::string target = member.target.substr(member.target.rfind('/') + 1);
    struct stat status {};
    if (fstatat(holder.get(), target.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail_to_find(member);
    if (!S_ISREG(status.st_mode)) refuse(member, "is a hard link to something else than a file");
    const int parent = folders.back().descriptor.get();
    if (linkat(holder.get(), target.c_str(), parent, name_of(member).c_str(), 0) != 0) fail("make the hard link", member, parent);
  }

  Beside beside;
  std::vector<OpenFolder> folders;
  std::optional<OpenFile> file;
  RestoreOptions options;
  std::vector<TarMember> closed;  ///< folders whose modes are given at the end
  LeftOut left_out;
  TarDecoder decoder{TarEvents{[this](const TarMember& member, std::size_t depth) { begin(member, depth); },
                               [this](std::string_view bytes) { content(bytes); }}};
};

TreeRestorer::TreeRestorer(const std::string& destination, RestoreOptions options)
    : impl_(std::make_unique<Impl>(destination, std::move(options))) {}
TreeRestorer::~TreeRestorer() = default;

void TreeRestorer::write(std::string_view bytes) { impl_->decoder.write(bytes); }

LeftOut TreeRestorer::commit() {
  impl_->decoder.finish();
  impl_->leave_folders(1);
  impl_->close_folders();
  const OpenFolder& root = impl_->folders.front();
  const Descriptor* const in_place = impl_->beside.in_place();
  if (!in_place) {
    impl_->give(root.descriptor.get(), root.member);
    if (impl_->options.before_name) impl_->options.before_name(impl_->beside.made_path());
  }
  // One sync for all members: thousands of small files, each with an fsync of its own, take far longer.
  if (syncfs(root.descriptor.get()) != 0) fail_locally("sync", impl_->beside.destination(), errno);
  impl_->beside.commit();
  if (in_place) {
    if (drop_inherited_acls(in_place->get()) != 0) impl_->left_out.add(Property::acl, root.member.path);
    impl_->give(in_place->get(), root.member);
  }
  return impl_->left_out;
}

}  // namespace ingot::transfer
