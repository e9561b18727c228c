// Loaded before the C library: every second call is interrupted, and reads and writes do only a part of what was asked, as a
// kernel may. What a program does must come out the same.
#include <atomic>
#include <cerrno>

#include <dlfcn.h>
#include <sys/types.h>

namespace {

std::atomic<unsigned> calls = 0;

bool interrupted() {
  if (calls++ % 2 == 0) return false;
  errno = EINTR;
  return true;
}

/// At least one byte, and enough for a large file to come to its end.
size_t part_of(size_t count) { return count > 65536 ? count / 3 : count > 1 ? count / 2 : count; }

template <class Call>
Call* real(const char* name) {
  return reinterpret_cast<Call*>(dlsym(RTLD_NEXT, name));
}

using Read = ssize_t(int, void*, size_t);
using Write = ssize_t(int, const void*, size_t);
using ReadAt = ssize_t(int, void*, size_t, off_t);
using WriteAt = ssize_t(int, const void*, size_t, off_t);

}  // namespace

// The declarations of the system's headers say more than those of the functions that they name; so they are not included.
extern "C" {
ssize_t read(int file, void* bytes, size_t count) { return interrupted() ? -1 : real<Read>("read")(file, bytes, part_of(count)); }
ssize_t write(int file, const void* bytes, size_t count) {
  return interrupted() ? -1 : real<Write>("write")(file, bytes, part_of(count));
}
ssize_t pread(int file, void* bytes, size_t count, off_t at) {
  return interrupted() ? -1 : real<ReadAt>("pread")(file, bytes, part_of(count), at);
}
ssize_t pread64(int file, void* bytes, size_t count, off_t at) {
  return interrupted() ? -1 : real<ReadAt>("pread64")(file, bytes, part_of(count), at);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  return interrupted() ? -1 : real<WriteAt>("pwrite")(file, bytes, part_of(count), at);
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off_t at) {
  return interrupted() ? -1 : real<WriteAt>("pwrite64")(file, bytes, part_of(count), at);
}
int fsync(int file) { return interrupted() ? -1 : real<int(int)>("fsync")(file); }
int ftruncate(int file, off_t length) { return interrupted() ? -1 : real<int(int, off_t)>("ftruncate")(file, length); }
int ftruncate64(int file, off_t length) { return interrupted() ? -1 : real<int(int, off_t)>("ftruncate64")(file, length); }
int flock(int file, int operation) { return interrupted() ? -1 : real<int(int, int)>("flock")(file, operation); }
}
