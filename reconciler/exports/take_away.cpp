#include "reconciler/exports/take_away.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/disk/rename_new.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/beside.hpp"
#include "reconciler/transfer/mounts.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

transfer::Descriptor open_folder(const std::string& folder) {
  return transfer::Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// Files that something is mounted over, and what is mounted, are not ingot's to remove. A rename would take the mount along.
void refuse_mounts(int open, const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  std::string on = path;
  if (!transfer::is_mount_point(open, name)) {
    const auto below = transfer::mounts_below(path);
    if (below.empty()) return;
    on += below.begin()->substr(1);
  }
  throw Error(Fault::local,
              fmt::format("cannot remove \"{}\": something is mounted on \"{}\"", io::printable(path), io::printable(on)),
              "unmount it; nothing was removed")
      .about(path);
}

}  // namespace

void take_away(const std::string& folder, const std::string& name) {
  const transfer::Descriptor open = open_folder(folder);
  if (!open) {
    if (errno == ENOENT) return;
    transfer::fail_locally("open", folder, errno);
  }
  refuse_mounts(open.get(), folder, name);
  const std::string aside = transfer::temporary_name(name);
  const int error = io::rename_without_replacing(open.get(), name.c_str(), open.get(), aside.c_str());
  if (error != 0 && error != ENOENT) transfer::fail_locally("move out of sight", folder + "/" + name, error);
  transfer::sync_names(open, folder + "/" + name);
  transfer::remove_left_overs(open.get(), name);
  if (error == 0) transfer::remove_tree(open.get(), aside);  // a set-aside file that its owner may not open
  if (error == 0 && faccessat(open.get(), aside.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    transfer::fail_locally("remove", folder + "/" + aside, transfer::mounts_below(folder + "/" + aside).empty() ? EACCES : EBUSY);
  transfer::sync_names(open, folder + "/" + name);
}

bool has_left_overs(const std::string& folder, const std::string& name) {
  const transfer::Descriptor open = open_folder(folder);
  return open && !transfer::temporary_names(open.get(), name).empty();
}

}  // namespace ingot::exports
