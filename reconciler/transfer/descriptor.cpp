#include "reconciler/transfer/descriptor.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/file_error.hpp"

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

std::string with_reason(const std::string& failed, int error) { return fmt::format("{}: {}", failed, io::errno_text(error)); }

void fail_locally(const std::string& act, const std::string& path, int error) { throw io::file_error(act, path, error); }

}  // namespace ingot::transfer
