// A disk under SQLite that reports an error at the n-th read: SQLite's own layer for files (sqlite.org/vfs.html), with one call
// that may fail. While it lives, every database that is opened lies on it.
#pragma once

#include <sqlite3.h>

namespace ingot::testing_support {

class FailingDisk {
 public:
  /// Fails the n-th read from now on, counted from 1; 0: none.
  explicit FailingDisk(int failing_read = 0);
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  /// The reads so far.
  int reads() const;

 private:
  sqlite3_vfs layer_{};
};

}  // namespace ingot::testing_support
