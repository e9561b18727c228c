#include "reconciler/command/images/canonical_bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "reconciler/console/byte_progress.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/io/random_hex.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/kind_check.hpp"
#include "schema/error.hpp"

namespace ingot::command {

namespace {

constexpr std::uint64_t read_at_once = 1024 * 1024;

/// A file that goes with its last handle.
std::unique_ptr<io::File> nameless_file(io::Files& files) {
  const char* const folder = std::getenv("TMPDIR");
  const std::string path = fmt::format("{}/ingot-{}", folder == nullptr || *folder == '\0' ? "/tmp" : folder, io::random_hex());
  std::unique_ptr<io::File> file = files.open(path, io::OpenFor::create_new, 0600);
  files.remove(path);
  return file;
}

}  // namespace

CanonicalBytes::CanonicalBytes(const std::string& path, const console::Session& session) : path_(path) {
  const auto there = session.files.status(path);
  if (!there)
    throw Error(Fault::usage, fmt::format("\"{}\" does not exist", io::printable(path)), "name a file or a folder that exists")
        .about(path);
  folder_ = there->kind == io::EntryKind::folder;
  if (!folder_) {
    file_ = session.files.open(path, io::OpenFor::read);
    size_ = file_->status().size;
    return;
  }
  file_ = nameless_file(session.files);
  transfer::write_canonical(
      transfer::Source{.path = path},
      [&](std::string_view bytes) {
        file_->write_all(bytes);
        size_ += bytes.size();
      },
      [](std::uint64_t) { io::throw_if_interrupted(); });
}

void CanonicalBytes::read(std::uint64_t offset, std::span<char> into) {
  while (!into.empty()) {
    // A disk image is mostly holes, and the kernel fills them in slower than they can be made here.
    const std::uint64_t zeros = std::min(file_->hole_at(offset), into.size());
    const std::span<char> part = into.first(zeros > 0 ? zeros : into.size());
    if (zeros > 0)
      std::fill(part.begin(), part.end(), '\0');
    else if (file_->read_at(offset, part) != part.size())
      throw Error(Fault::local, fmt::format("\"{}\" became shorter while it was read", io::printable(path_)),
                  "run it again when nothing writes there");
    offset += part.size();
    into = into.subspan(part.size());
  }
}

delta::Image CanonicalBytes::identify(console::ByteProgress& progress) {
  io::Sha256 hash;
  transfer::KindCheck tree(ImageKind::tree);
  std::string buffer;
  for (std::uint64_t done = 0; done < size_; done += buffer.size()) {
    io::throw_if_interrupted();
    buffer.resize(std::min(read_at_once, size_ - done));
    read(done, buffer);
    hash.update(buffer);
    tree.write(buffer);
    progress.add(buffer.size());
  }
  return {.digest = hash.finish(), .size = size_, .kind = tree.finish().empty() ? ImageKind::tree : ImageKind::file};
}

}  // namespace ingot::command
