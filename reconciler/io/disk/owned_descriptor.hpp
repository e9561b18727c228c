// A file descriptor that is closed when it goes.
#pragma once

#include <utility>

#include <unistd.h>

namespace ingot::io {

class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int number) : number_(number) {}
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }  ///< < 0: it could not be opened, see errno
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace ingot::io
