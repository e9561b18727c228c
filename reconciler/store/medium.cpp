#include "reconciler/store/medium.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

constexpr std::size_t step = 1024 * 1024;
// A stick is slow: its writes go on while the next bytes are read.
constexpr std::uint64_t bytes_between_write_backs = 32 * 1024 * 1024;
constexpr std::string_view head_file = "head.dsse";

std::string part_of(const std::string& path) { return path + ".part"; }

/// Reads the first `length` bytes of a file into a hash; fewer, if it ends before.
void hash_bytes(io::File& file, std::uint64_t length, io::Sha256& hash, const std::function<void(std::uint64_t)>& progress) {
  std::string buffer(step, '\0');
  for (std::uint64_t done = 0; done < length;) {
    io::throw_if_interrupted();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(step, length - done));
    const std::size_t got = file.read_at(done, std::span(buffer).first(wanted));
    if (got == 0) return;
    hash.update(std::string_view(buffer).substr(0, got));
    progress(got);
    done += got;
  }
}

}  // namespace

Medium::Medium(io::Files& files, std::string folder) : files_(&files), folder_(std::move(folder)) {}

std::optional<std::string> Medium::head() const {
  return io::read_file_if_there(*files_, at(std::string(head_file)), largest_head);
}

bool Medium::has(const std::string& path, std::uint64_t length) const {
  const auto status = files_->status(at(path));
  return status && status->kind == io::EntryKind::file && status->size == length;
}

std::uint64_t Medium::begun(const std::string& path) const {
  const auto status = files_->status(at(part_of(path)));
  return status && status->kind == io::EntryKind::file ? status->size : 0;
}

bool Medium::is_whole(const std::string& path, const Piece& piece, const std::function<void(std::uint64_t)>& progress) const {
  if (!has(path, piece.length)) return false;
  io::Sha256 hash;
  hash_bytes(*files_->open(at(path), io::OpenFor::read), piece.length, hash, progress);
  return hash.finish() == piece.digest;
}

void Medium::make_folders_of(const std::string& path) {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    files_->make_folder(at(path.substr(0, slash)), io::readable_folder_if_possible);
}

bool Medium::append(const std::string& from, io::File& to, const std::string& path, const Piece& piece,
                    const std::function<void(std::uint64_t)>& progress) {
  std::uint64_t done = to.status().size;
  if (done > piece.length) to.truncate(done = 0);
  const bool resumes = done > 0;
  io::Sha256 hash;
  hash_bytes(to, done, hash, progress);
  const auto source = files_->open(from, io::OpenFor::read);
  std::string buffer(step, '\0');
  std::uint64_t handed_to_disk = done;
  while (done < piece.length) {
    io::throw_if_interrupted();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(step, piece.length - done));
    const std::size_t got = source->read_at(done, std::span(buffer).first(wanted));
    if (got == 0) break;
    const auto bytes = std::string_view(buffer).substr(0, got);
    to.write_at(done, bytes);
    hash.update(bytes);
    progress(got);
    done += got;
    if (done - handed_to_disk < bytes_between_write_backs) continue;
    to.start_writeback(handed_to_disk, done - handed_to_disk);
    handed_to_disk = done;
  }
  if (done == piece.length && hash.finish() == piece.digest) return true;
  to.truncate(0);
  if (resumes) return false;
  files_->remove(at(part_of(path)));
  throw Error(Fault::local, fmt::format("\"{}\" is damaged: it is not what its name says", io::printable(from)),
              "run \"ingot verify --repair\" on this server, then this again")
      .with_code(Code::damaged)
      .about(path);
}

void Medium::copy(const std::string& from, const std::string& path, const Piece& piece,
                  const std::function<void(std::uint64_t)>& progress) {
  make_folders_of(path);
  const auto file = files_->open(at(part_of(path)), io::OpenFor::create_or_open, io::readable_file_if_possible);
  if (!append(from, *file, path, piece, progress)) append(from, *file, path, piece, progress);
  file->sync();
  file->close();
  files_->rename(at(part_of(path)), at(path));
}

void Medium::put(const std::string& path, std::string_view bytes) {
  make_folders_of(path);
  const auto there = has(path, bytes.size()) ? io::read_file_if_there(*files_, at(path), bytes.size()) : std::nullopt;
  if (there && *there == bytes) return;
  files_->remove(at(part_of(path)));  // it may be a link, or have another mode
  const auto file = files_->open(at(part_of(path)), io::OpenFor::create_new, io::readable_file_if_possible);
  file->write_at(0, bytes);
  file->sync();
  file->close();
  files_->rename(at(part_of(path)), at(path));
}

void Medium::publish_head(std::string_view envelope) {
  files_->sync_file_system(folder_);
  put(std::string(head_file), envelope);
  files_->sync_folder(folder_);
}

}  // namespace ingot::store
