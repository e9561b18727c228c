#include "reconciler/transfer/same_image.hpp"

#include <sys/stat.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "schema/error.hpp"

namespace ingot::transfer {

namespace {

/// Ends the reading of what is larger than the image.
struct Larger {};

}  // namespace

bool is_just(const std::string& path, ImageKind kind, const Digest& digest, std::uint64_t size,
             const std::function<void(std::uint64_t)>& progress) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return false;
  if (kind == ImageKind::file && (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != size)) return false;
  if (kind == ImageKind::tree && !S_ISDIR(status.st_mode)) return false;
  io::Sha256 hash;
  std::uint64_t seen = 0;
  const auto take = [&](std::string_view bytes) {
    seen += bytes.size();
    if (seen > size) throw Larger();
    hash.update(bytes);
  };
  try {
    write_canonical({.path = path}, take, progress);
  } catch (const Larger&) { return false; } catch (const Error& error) {
    if (error.fault() != Fault::incomplete) throw;
    return false;
  }
  return seen == size && hash.finish() == digest;
}

}  // namespace ingot::transfer
