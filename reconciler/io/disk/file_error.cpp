#include "reconciler/io/disk/file_error.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/disk/owner.hpp"
#include "reconciler/io/printable.hpp"

namespace ingot::io {

namespace {

constexpr std::string_view disk_fault = "the disk reports errors: look at the kernel's log before going on";
constexpr std::string_view no_capability =
    "root has no access without a capability (systemd: CapabilityBoundingSet= of the service), or the file system refuses it";
constexpr std::string_view free_space = "free some space (or inodes, or raise the quota) and run it again";

std::string mend_of(int error, const std::string& path) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return std::string(free_space);
    case EFBIG:
      return "no file may be so long there: raise the limit (ulimit -f), or format a FAT disk, whose files are below 4 GiB, as "
             "exFAT or ext4";
    case EROFS:
      return "the file system is mounted read-only: remount it writable, or keep the folder elsewhere; a systemd service may "
             "write only to folders in its ReadWritePaths=";
    case EACCES:
    case EPERM: {
      std::string whose = foreign_owner_text(path);
      if (::geteuid() == 0) return (whose.empty() ? "" : whose + "; or ") + std::string(no_capability);
      return whose.empty() ? "give this user access to it" : whose;
    }
    case EMFILE:
    case ENFILE: return "raise the limit of open files (ulimit -n), or lower --parallel";
    case EIO: return std::string(disk_fault);
    case ELOOP: return "it is a symbolic link: put the file itself there";
  }
  return {};
}

}  // namespace

Error file_error(std::string_view doing, const std::string& path, int error) {
  return Error(Fault::local, fmt::format("cannot {} \"{}\": {}", doing, printable(path), errno_text(error)), mend_of(error, path))
      .about(path);
}

bool is_no_space(const Error& error) { return error.fault() == Fault::local && error.mend() == free_space; }

bool is_disk_fault(const Error& error) { return error.fault() == Fault::local && error.mend() == disk_fault; }

std::string errno_text(int error) {
  std::array<char, 256> buffer{};
  return strerror_r(error, buffer.data(), buffer.size());  // the GNU form: it may not use the buffer
}

}  // namespace ingot::io
