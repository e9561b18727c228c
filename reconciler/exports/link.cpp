#include "reconciler/exports/link.hpp"

#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/beside.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

constexpr std::size_t longest_target = 4096;

std::variant<LinkTarget, Absent, Unfit> read_link(int folder, const std::string& link) {
  struct stat status {};
  if (fstatat(folder, link.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return Absent{};
    return Unfit{"cannot be looked at: " + io::errno_text(errno)};
  }
  if (!S_ISLNK(status.st_mode)) return Unfit{S_ISDIR(status.st_mode) ? "is a folder" : "is no symbolic link"};
  std::string text(longest_target, '\0');
  const ssize_t length = readlinkat(folder, link.c_str(), text.data(), text.size());
  if (length < 0) return Unfit{"cannot be read: " + io::errno_text(errno)};
  text.resize(static_cast<std::size_t>(length));
  return LinkTarget{std::move(text)};
}

/// Of the folder of links, opened; refuses where something else than a link bears the name.
transfer::Descriptor open_for(const std::string& folder, const std::string& link) {
  transfer::Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open) transfer::fail_locally("open", folder, errno);
  const auto found = read_link(open.get(), link);
  if (const auto* unfit = std::get_if<Unfit>(&found)) {
    throw Error(Fault::usage, fmt::format("the link \"{}\" {}", io::printable(folder + "/" + link), unfit->why), "move it away")
        .with_code(Code::in_the_way);
  }
  return open;
}

/// Links that a run which died had made and not renamed.
void remove_half_made(int folder, const std::string& link) {
  for (const std::string& one : transfer::temporary_names(folder, link)) {
    struct stat status {};
    if (fstatat(folder, one.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
      unlinkat(folder, one.c_str(), 0);
  }
}

}  // namespace

std::variant<LinkTarget, Absent, Unfit> link_at(const std::string& folder, const std::string& link) {
  const transfer::Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open) {
    if (errno == ENOENT) return Absent{};
    return Unfit{"cannot be looked at: " + io::errno_text(errno)};
  }
  return read_link(open.get(), link);
}

void point_link(const std::string& folder, const std::string& link, const std::string& name) {
  const transfer::Descriptor open = open_for(folder, link);
  remove_half_made(open.get(), link);
  const std::string beside = transfer::temporary_name(link);
  if (symlinkat(name.c_str(), open.get(), beside.c_str()) != 0)
    transfer::fail_locally("make the link", folder + "/" + link, errno);
  if (renameat(open.get(), beside.c_str(), open.get(), link.c_str()) != 0) {
    const int error = errno;
    unlinkat(open.get(), beside.c_str(), 0);
    transfer::fail_locally("move the link", folder + "/" + link, error);
  }
  transfer::sync_names(open, folder + "/" + link);
}

void remove_link(const std::string& folder, const std::string& link) {
  const transfer::Descriptor open = open_for(folder, link);
  remove_half_made(open.get(), link);
  if (unlinkat(open.get(), link.c_str(), 0) != 0 && errno != ENOENT)
    transfer::fail_locally("remove the link", folder + "/" + link, errno);
  transfer::sync_names(open, folder + "/" + link);
}

}  // namespace ingot::exports
