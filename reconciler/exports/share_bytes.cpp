#include "reconciler/exports/share_bytes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/source_walk.hpp"

namespace ingot::exports {

namespace {

/// Smaller files are not worth the calls.
constexpr std::int64_t smallest_shared = 64 * 1024;
/// So much is compared at once: one changed byte keeps so much apart.
constexpr std::uint64_t piece = 1024 * 1024;

/// Set once the file system says that it cannot share at all.
struct Sharing {
  std::uint64_t bytes = 0;
  bool is_possible = true;
};

bool is_for_ever(int error) {
  return error == EOPNOTSUPP || error == ENOTTY || error == EXDEV || error == EPERM || error == ENOSYS;
}

/// False: nothing more of this file can be shared.
bool share_piece(int like, int made, std::uint64_t offset, std::uint64_t length, Sharing& sharing) {
  // The kernel's struct ends with a list of unknown length: here of one.
  alignas(file_dedupe_range) std::array<std::byte, sizeof(file_dedupe_range) + sizeof(file_dedupe_range_info)> room{};
  auto* const request = static_cast<file_dedupe_range*>(static_cast<void*>(room.data()));
  file_dedupe_range_info& answer = request->info[0];
  request->src_offset = offset;
  request->src_length = length;
  request->dest_count = 1;
  answer.dest_fd = made;
  answer.dest_offset = offset;
  const int error = ioctl(like, FIDEDUPERANGE, request) != 0 ? errno : answer.status < 0 ? -answer.status : 0;
  if (is_for_ever(error)) sharing.is_possible = false;
  if (error != 0) return false;
  if (answer.status == FILE_DEDUPE_RANGE_SAME) sharing.bytes += answer.bytes_deduped;
  return true;
}

constexpr int without_links = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

/// A member ("./a/b") of the open folder `top`, for reading, through no link on the way: who uses an export may have put some.
transfer::Descriptor open_member(int top, std::string_view member) {
  member.remove_prefix(2);
  transfer::Descriptor folder;
  for (auto slash = member.find('/'); slash != std::string_view::npos; slash = member.find('/')) {
    const int holder = folder ? folder.get() : top;
    folder =
        transfer::Descriptor(openat(holder, std::string(member.substr(0, slash)).c_str(), O_PATH | O_DIRECTORY | without_links));
    if (!folder) return {};
    member.remove_prefix(slash + 1);
  }
  return transfer::Descriptor(openat(folder ? folder.get() : top, std::string(member).c_str(), O_RDONLY | without_links));
}

/// Names are relative to open folders, so that no path is resolved through a link that came meanwhile.
void share_file(int made_folder, const std::string& made_name, const transfer::Descriptor& like, Sharing& sharing) {
  struct stat old {};
  if (!like || fstat(like.get(), &old) != 0 || !S_ISREG(old.st_mode) || old.st_size < smallest_shared) return;
  const transfer::Descriptor made(openat(made_folder, made_name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!made || fstat(made.get(), &status) != 0) return;
  const auto both = static_cast<std::uint64_t>(std::min(old.st_size, status.st_size));
  for (std::uint64_t at = 0; at < both && sharing.is_possible; at += piece) {
    io::throw_if_interrupted();
    if (!share_piece(like.get(), made.get(), at, std::min(piece, both - at), sharing)) return;
  }
}

}  // namespace

std::uint64_t share_bytes(const std::string& made, const std::string& like) {
  struct stat status {};
  if (lstat(made.c_str(), &status) != 0) return 0;
  Sharing sharing;
  if (S_ISREG(status.st_mode)) {
    if (status.st_size >= smallest_shared)
      share_file(AT_FDCWD, made, transfer::Descriptor(::open(like.c_str(), O_RDONLY | without_links)), sharing);
    return sharing.bytes;
  }
  const transfer::Descriptor top(::open(like.c_str(), O_PATH | O_DIRECTORY | without_links));
  if (!top) return 0;
  transfer::MemberFaults ignored;
  transfer::walk_source({.path = made}, ignored, [&](const transfer::SourceMember& member) {
    const bool is_shared = S_ISREG(member.status.st_mode) && member.status.st_size >= smallest_shared;
    if (!sharing.is_possible || !is_shared || member.first_of_group != nullptr) return;
    share_file(member.folder, member.name, open_member(top.get(), member.path), sharing);
  });
  return sharing.bytes;
}

}  // namespace ingot::exports
