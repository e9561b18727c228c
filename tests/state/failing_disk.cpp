#include "tests/state/failing_disk.hpp"

#include <map>

namespace ingot::testing_support {

namespace {

int reads_done = 0;
int failing = 0;
sqlite3_vfs* under = nullptr;
std::map<const sqlite3_io_methods*, sqlite3_io_methods> ours;  ///< theirs → ours; never erased, so that addresses stay

int read_or_fail(sqlite3_file* file, void* into, int length, sqlite3_int64 offset) {
  if (++reads_done == failing) return SQLITE_IOERR_READ;
  for (const auto& [theirs, methods] : ours) {
    if (&methods == file->pMethods) return theirs->xRead(file, into, length, offset);
  }
  return SQLITE_IOERR;
}

int open_watched(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const int code = under->xOpen(under, name, file, flags, flags_out);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  const auto [found, made] = ours.try_emplace(file->pMethods, *file->pMethods);
  if (made) {
    found->second.xRead = read_or_fail;
    found->second.iVersion = 2;  // no xFetch: what is mapped would not be read
  }
  file->pMethods = &found->second;
  return code;
}

}  // namespace

FailingDisk::FailingDisk(int failing_read) {
  under = sqlite3_vfs_find(nullptr);
  reads_done = 0;
  failing = failing_read;
  layer_ = *under;
  layer_.zName = "failing";
  layer_.pNext = nullptr;
  layer_.xOpen = open_watched;
  sqlite3_vfs_register(&layer_, 1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&layer_);
  sqlite3_vfs_register(under, 1);
}

int FailingDisk::reads() const { return reads_done; }

}  // namespace ingot::testing_support
