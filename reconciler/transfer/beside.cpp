#include "reconciler/transfer/beside.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/disk/rename_new.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/attributes.hpp"
#include "reconciler/transfer/mounts.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::transfer {

namespace {

constexpr std::size_t longest_file_name = 255;

bool is_dots(const std::string& name) { return name == "." || name == ".."; }

[[noreturn]] void refuse(const std::string& destination, const std::string& why) {
  throw Error(Fault::usage, fmt::format("\"{}\" {}", io::printable(destination), why),
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

constexpr std::string_view partial_mark = ".ingot-partial-";
constexpr std::size_t partial_digits = 8;

/// What the names of all that is made for a destination begin with; "": what is made lies inside it.
std::string temporary_beginning(const std::string& name) {
  const std::string beginning = name + std::string(partial_mark);
  return beginning.size() + partial_digits <= longest_file_name ? beginning : std::string(partial_mark);
}

bool is_temporary_name(const std::string& candidate, const std::string& name) {
  const std::string beginning = temporary_beginning(name);
  return candidate.size() == beginning.size() + partial_digits && candidate.starts_with(beginning) &&
         candidate.find_first_not_of("0123456789abcdef", beginning.size()) == std::string::npos;
}

/// A folder that may be entered but not read will do.
Descriptor open_holder(const std::string& holder) {
  Descriptor open(::open(holder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open && errno == EACCES) open = Descriptor(::open(holder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (open) return open;
  throw Error(Fault::usage, with_reason(fmt::format("cannot write into the folder \"{}\"", io::printable(holder)), errno));
}

constexpr const char* lost_and_found = "lost+found";

bool is_folder(int folder, const std::string& name) {
  struct stat status {};
  return fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/// Some file systems cannot sync a folder, and one that was opened unread cannot be synced.
bool cannot_sync(int error) { return error == EINVAL || error == ENOSYS || error == ENOTSUP || error == EBADF; }

/// 0 or errno. A folder that its owner may not write gets another parent only with a mode that lets him.
int move_entry(int from, const std::string& name, int to) {
  const int error = io::rename_without_replacing(from, name.c_str(), to, name.c_str());
  struct stat status {};
  if (error != EACCES || fstatat(from, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode)) return error;
  if (fchmodat(from, name.c_str(), 0700, 0) != 0) return EACCES;
  const int second = io::rename_without_replacing(from, name.c_str(), to, name.c_str());
  if (second != 0) { return fchmodat(from, name.c_str(), status.st_mode & 07777U, 0) == 0 ? second : EACCES; }
  if (fchmodat(to, name.c_str(), status.st_mode & 07777U, 0) == 0) return 0;
  const int wrong_mode = errno;  // a folder with another mode than the image's must not stay
  if (io::rename_without_replacing(to, name.c_str(), from, name.c_str()) != 0) remove_tree(to, name);
  return wrong_mode;
}

}  // namespace

std::string temporary_name(const std::string& name) {
  std::random_device random;
  return fmt::format("{}{:08x}", temporary_beginning(name), random());
}

std::vector<std::string> temporary_names(int folder, const std::string& name) {
  auto names = names_in(folder).value_or(std::vector<std::string>());
  std::erase_if(names, [&name](const std::string& one) { return !is_temporary_name(one, name); });
  return names;
}

/// One that still works holds a lock on it.
void remove_left_overs(int folder, const std::string& name) {
  for (const std::string& one : temporary_names(folder, name)) {
    const Descriptor open(openat(folder, one.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!open || fstat(open.get(), &status) != 0 || (geteuid() != 0 && status.st_uid != geteuid())) continue;
    if (flock(open.get(), LOCK_EX | LOCK_NB) == 0) remove_tree(folder, one);
  }
}

Beside::Beside(const std::string& destination, ImageKind kind, Allowed allowed)
    : destination_(plain_name_of(destination)), name_(destination_.substr(destination_.rfind('/') + 1)) {
  if (name_.empty() || is_dots(name_)) refuse(destination_, "cannot be replaced");
  parent_ = open_holder(parent_folder(destination_));
  look_at_destination(kind, allowed);
  make(kind);
}

std::string Beside::made_path() const {
  return in_place_ ? destination_ + "/" + temporary_ : joined_path(folder_of(destination_), temporary_);
}

void Beside::look_at_destination(ImageKind kind, Allowed allowed) {
  if (allowed == Allowed::anything) return;
  struct stat status {};
  if (fstatat(parent_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return;
    fail_locally("look at", destination_, errno);
  }
  if (allowed == Allowed::nothing) {
    throw Error(Fault::usage, fmt::format("\"{}\" is there already", io::printable(destination_)), "move it away")
        .with_code(Code::in_the_way);
  }
  replaces_ = true;
  if (S_ISLNK(status.st_mode)) refuse(destination_, "is a symbolic link");
  if (kind == ImageKind::file) {
    if (!S_ISREG(status.st_mode) || status.st_size != 0) refuse(destination_, "is there already");
    if (is_mount_point(parent_.get(), name_)) refuse(destination_, "is a mount point: a file there cannot be replaced");
    return;
  }
  if (!S_ISDIR(status.st_mode)) refuse(destination_, "is there already, and is not a folder");
  Descriptor found(openat(parent_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!found) refuse(destination_, with_reason("cannot be read", errno));
  refuse_what_is_in(found);
  remove_left_overs(found.get(), "");
  if (is_to_be_filled_in_place(found)) fill_in_place(std::move(found));
}

/// An own file system has a folder "lost+found" from the start.
void Beside::refuse_what_is_in(const Descriptor& found) const {
  const auto names = names_in(found.get());
  if (!names) refuse(destination_, with_reason("cannot be read", errno));
  const bool has_own = is_mount_point(found.get(), "");
  for (const std::string& name : *names) {
    if (is_temporary_name(name, "") || (has_own && name == lost_and_found && is_folder(found.get(), name))) continue;
    const bool was_begun =
        std::any_of(names->begin(), names->end(), [](const std::string& one) { return is_temporary_name(one, ""); });
    refuse(destination_, was_begun ? "is not empty: it holds part of what an interrupted extract left" : "is not empty");
  }
}

/// Where a rename over it must fail, or would leave those who hold the old folder (a mount, a shell) with nothing.
bool Beside::is_to_be_filled_in_place(const Descriptor& found) const {
  struct stat own {};
  struct stat holder {};
  struct stat working {};
  if (fstat(found.get(), &own) != 0 || fstat(parent_.get(), &holder) != 0) fail_locally("look at", destination_, errno);
  const bool is_working = stat(".", &working) == 0 && working.st_dev == own.st_dev && working.st_ino == own.st_ino;
  const uid_t user = geteuid();
  const bool may_not_replace = (holder.st_mode & S_ISVTX) != 0 && user != 0 && user != own.st_uid && user != holder.st_uid;
  return is_working || may_not_replace || own.st_dev != holder.st_dev || is_mount_point(found.get(), "");
}

void Beside::fill_in_place(Descriptor found) {
  parent_ = std::move(found);
  in_place_ = true;
}

void Beside::make(ImageKind kind) {
  if (!in_place_) remove_left_overs(parent_.get(), name_);
  int error = try_to_make(kind);
  const bool closed = error == EACCES || error == EPERM || error == EROFS;
  if (closed && kind == ImageKind::tree && replaces_ && !in_place_) {
    Descriptor found(openat(parent_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!found) fail_locally("open", destination_, errno);
    fill_in_place(std::move(found));
    error = try_to_make(kind);
  }
  if (error != 0) fail_locally(in_place_ ? "write into" : "write beside", destination_, error);
}

/// 0 or errno. EEXIST: the name was taken, or another process took what was made for a left-over before it was locked.
int Beside::make_and_lock(ImageKind kind, const std::string& name) {
  if (kind == ImageKind::file) {
    made_ = Descriptor(openat(parent_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  } else {
    if (mkdirat(parent_.get(), name.c_str(), 0700) != 0) return errno;
    temporary_ = name;
    made_ = Descriptor(openat(parent_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!made_ && errno == ENOENT) return taken_away();
  }
  if (!made_) return errno;
  temporary_ = name;
  // Another descriptor, since whoever writes closes the first one. Where locks are missing, nothing is ever cleared away.
  lock_ = Descriptor(fcntl(made_.get(), F_DUPFD_CLOEXEC, 0));
  const bool is_being_removed = flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  return !is_being_removed && is_still_at(name) ? 0 : taken_away();
}

int Beside::taken_away() {
  temporary_.clear();
  return EEXIST;
}

bool Beside::is_still_at(const std::string& name) const {
  struct stat made {};
  struct stat there {};
  return fstat(made_.get(), &made) == 0 && fstatat(parent_.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         made.st_dev == there.st_dev && made.st_ino == there.st_ino;
}

/// 0 or errno.
int Beside::try_to_make(ImageKind kind) {
  constexpr int tries = 16;
  int error = EEXIST;
  for (int i = 0; i < tries && error == EEXIST; ++i) {
    const std::string name = temporary_name(in_place_ ? "" : name_);
    error = make_and_lock(kind, name);
  }
  if (error == 0 && kind == ImageKind::tree) error = drop_inherited_acls(made_.get());
  if (error != 0 && !temporary_.empty()) remove_tree(parent_.get(), std::exchange(temporary_, ""));
  return error;
}

void Beside::commit() {
  if (in_place_) {
    move_up();
  } else {
    // rename() itself refuses a folder that is no longer empty; without a thing to replace, nothing may have come.
    const int error = !replaces_ ? io::rename_without_replacing(parent_.get(), temporary_.c_str(), parent_.get(), name_.c_str())
                      : renameat(parent_.get(), temporary_.c_str(), parent_.get(), name_.c_str()) == 0 ? 0
                                                                                                       : errno;
    if (error != 0) fail_locally("give what was made the name", destination_, error);
  }
  temporary_.clear();
  sync_names(parent_, destination_);
}

void sync_names(const Descriptor& folder, const std::string& path) {
  if (fsync(folder.get()) != 0 && !cannot_sync(errno)) fail_locally("sync the folder of", path, errno);
}

/// All or, if this process lives on, nothing.
void Beside::move_up() {
  const Descriptor from(openat(parent_.get(), temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const auto names = from ? names_in(from.get()) : std::nullopt;
  if (!names) fail_locally("read what was made in", destination_, errno);
  for (auto name = names->begin(); name != names->end(); ++name) {
    if (*name == lost_and_found) unlinkat(parent_.get(), lost_and_found, AT_REMOVEDIR);  // if it is empty, it says nothing
    if (const int error = move_entry(from.get(), *name, parent_.get()); error != 0) {
      std::for_each(names->begin(), name, [&](const std::string& moved) { remove_tree(parent_.get(), moved); });
      fail_locally("move into place", destination_ + "/" + *name, error);
    }
  }
  if (unlinkat(parent_.get(), temporary_.c_str(), AT_REMOVEDIR) != 0) fail_locally("clear", destination_, errno);
}

Beside::~Beside() {
  if (!temporary_.empty()) remove_tree(parent_.get(), temporary_);
}

namespace {

/// What is mounted on a folder belongs to somebody else. A kernel that does not tell mounts tells at least another device.
bool is_of_another_mount(int folder, int open) noexcept {
  struct stat holder {};
  struct stat own {};
  return is_mount_point(open, "") || fstat(folder, &holder) != 0 || fstat(open, &own) != 0 || holder.st_dev != own.st_dev;
}

}  // namespace

void remove_tree(int folder, const std::string& name) noexcept {
  if (unlinkat(folder, name.c_str(), 0) == 0 || is_mount_point(folder, name)) return;
  // A folder may have been given a mode that keeps its owner out. fchmodat would follow a link, so it goes by descriptor.
  int open = openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (open < 0 && errno == EACCES && fchmodat(folder, name.c_str(), 0700, 0) == 0) {
    open = openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }
  if (open < 0) return;
  if (is_of_another_mount(folder, open)) {
    ::close(open);
    return;
  }
  fchmod(open, 0700);
  // The listing takes the descriptor over: a deep tree needs one for each folder.
  if (const FolderListing listing(fdopendir(open)); listing) {
    while (const dirent* const found = readdir(listing.get())) {
      if (!is_dots(found->d_name)) remove_tree(open, found->d_name);
    }
  } else {
    ::close(open);
  }
  unlinkat(folder, name.c_str(), AT_REMOVEDIR);
}

}  // namespace ingot::transfer
