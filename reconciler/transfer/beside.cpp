#include "reconciler/transfer/beside.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/attributes.hpp"
#include "schema/error.hpp"
#include "schema/text_rules.hpp"

namespace ingot {

namespace {

constexpr std::size_t longest_name = 255;

bool is_dots(const std::string& name) { return name == "." || name == ".."; }

[[noreturn]] void refuse(const std::string& destination, const std::string& why) {
  throw Error(Fault::usage, fmt::format("\"{}\" {}", printable(destination), why),
              "name something that is not there yet, or that is empty");
}

/// Without slashes at its end; "." and ".." by the name that they have in their parent.
std::string plain_name_of(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::string last = path.substr(path.rfind('/') + 1);
  if (!is_dots(last)) return path;
  const std::unique_ptr<char, decltype(&std::free)> whole(realpath(path.c_str(), nullptr), &std::free);
  return whole ? whole.get() : path;
}

bool is_empty_folder(int parent, const std::string& name) {
  const int open = openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const FolderListing listing(open < 0 ? nullptr : fdopendir(open));
  if (!listing) return false;
  while (const dirent* const found = readdir(listing.get())) {
    if (!is_dots(found->d_name)) return false;
  }
  return true;
}

std::string temporary_name(const std::string& name) {
  std::random_device random;
  const std::string ending = fmt::format(".ingot-partial-{:08x}", random());
  return name.size() + ending.size() <= longest_name ? name + ending : ending;
}

}  // namespace

Beside::Beside(const std::string& destination, ImageKind kind)
    : destination_(plain_name_of(destination)), name_(destination_.substr(destination_.rfind('/') + 1)) {
  if (name_.empty() || is_dots(name_)) refuse(destination_, "cannot be replaced");
  const std::string holder = parent_folder(destination_);
  parent_ = Descriptor(open(holder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent_)
    throw Error(Fault::usage, with_reason(fmt::format("cannot write into the folder \"{}\"", printable(holder)), errno));
  struct stat status {};
  replaces_ = fstatat(parent_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (replaces_) check_destination(kind);
  make(kind);
}

void Beside::check_destination(ImageKind kind) const {
  struct stat status {};
  if (fstatat(parent_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail_locally("look at", destination_, errno);
  if (S_ISLNK(status.st_mode)) refuse(destination_, "is a symbolic link");
  if (kind == ImageKind::file && !(S_ISREG(status.st_mode) && status.st_size == 0)) refuse(destination_, "is there already");
  if (kind == ImageKind::tree && !S_ISDIR(status.st_mode)) refuse(destination_, "is there already, and is not a folder");
  if (kind == ImageKind::tree && !is_empty_folder(parent_.get(), name_)) refuse(destination_, "is not empty");
}

void Beside::make(ImageKind kind) {
  constexpr int tries = 16;
  for (int i = 0; i < tries; ++i) {
    const std::string name = temporary_name(name_);
    if (kind == ImageKind::file) {
      made_ = Descriptor(openat(parent_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    } else if (mkdirat(parent_.get(), name.c_str(), 0700) == 0) {
      temporary_ = name;
      made_ = Descriptor(openat(parent_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (made_) drop_inherited_acls(made_.get(), destination_);
    }
    if (made_) {
      temporary_ = name;
      return;
    }
    if (errno != EEXIST) break;
  }
  const int error = errno;
  if (!temporary_.empty()) unlinkat(parent_.get(), temporary_.c_str(), AT_REMOVEDIR);
  temporary_.clear();
  fail_locally("write beside", destination_, error);
}

void Beside::commit() {
  // rename() itself refuses a folder that is no longer empty; without a thing to replace, nothing may have come.
  const int renamed =
      renameat2(parent_.get(), temporary_.c_str(), parent_.get(), name_.c_str(), replaces_ ? 0 : RENAME_NOREPLACE);
  if (renamed != 0) fail_locally("give what was made the name", destination_, errno);
  temporary_.clear();
  if (fsync(parent_.get()) != 0) fail_locally("sync the folder of", destination_, errno);
}

Beside::~Beside() {
  if (!temporary_.empty()) remove_tree(parent_.get(), temporary_);
}

void remove_tree(int folder, const std::string& name) noexcept {
  if (unlinkat(folder, name.c_str(), 0) == 0) return;
  // A folder may have been given a mode that keeps its owner out. fchmodat would follow a link, so it goes by descriptor.
  int open = openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (open < 0 && errno == EACCES && fchmodat(folder, name.c_str(), 0700, 0) == 0) {
    open = openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }
  if (open < 0) return;
  fchmod(open, 0700);
  if (const FolderListing listing(fdopendir(open)); listing) {
    while (const dirent* const found = readdir(listing.get())) {
      if (!is_dots(found->d_name)) remove_tree(open, found->d_name);
    }
  }
  unlinkat(folder, name.c_str(), AT_REMOVEDIR);
}

}  // namespace ingot
