#include "reconciler/transfer/descriptor.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"

namespace ingot::transfer {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = other.number_;
    other.number_ = -1;
  }
  return *this;
}

void Descriptor::reset() noexcept { static_cast<void>(close()); }

int Descriptor::close() noexcept {
  if (number_ < 0) return 0;
  const int number = number_;
  number_ = -1;
  // After EINTR Linux has closed it all the same.
  return ::close(number) == 0 || errno == EINTR ? 0 : errno;
}

FolderListing open_listing(int folder) {
  // A descriptor of its own: closedir closes what it was given, and the position is shared by dup.
  const int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  FolderListing listing(own < 0 ? nullptr : fdopendir(own));
  if (listing || own < 0) return listing;
  const int error = errno;
  ::close(own);
  errno = error;
  return nullptr;
}

std::optional<std::vector<std::string>> names_in(int folder) {
  const FolderListing listing = open_listing(folder);
  if (!listing) return std::nullopt;
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const found = readdir(listing.get())) {
    const std::string name = found->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  return errno == 0 ? std::optional(std::move(names)) : std::nullopt;
}

std::string with_reason(const std::string& failed, int error) { return fmt::format("{}: {}", failed, io::errno_text(error)); }

void fail_locally(const std::string& act, const std::string& path, int error) { throw io::file_error(act, path, error); }

}  // namespace ingot::transfer
