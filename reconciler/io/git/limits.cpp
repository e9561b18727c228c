#include "reconciler/io/git/limits.hpp"

#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace ingot::io {

namespace {

/// As RLIMIT_DATA counts it, in bytes.
std::uint64_t private_memory() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  statm >> size >> resident >> shared >> text >> library >> data;
  return data * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void limit_memory(std::uint64_t more) {
  const rlim_t most = private_memory() + more;
  const rlimit both{most, most};
  ::setrlimit(RLIMIT_DATA, &both);
}

}  // namespace ingot::io
