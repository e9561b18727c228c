// The published tree. A reader who holds any head finds all that it names (R25): pieces become durable under their final
// names before the head that names them takes its place in one rename.
#include <algorithm>
#include <sstream>

#include <fmt/core.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/store/staged_file.hpp"
#include "reconciler/store/store.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

using namespace layout;

std::string head_path(const std::string& folder) { return folder + "/public/head.dsse"; }
std::string root_path(const std::string& folder, std::uint64_t version) {
  return fmt::format("{}/public/root/{}.dsse", folder, version);
}
std::string page_path(const std::string& folder) { return folder + "/public/index.html"; }
std::string left_out_path(const std::string& folder) { return folder + "/LEFT_OUT"; }
std::string piece_path(const std::string& folder, const Digest& digest) {
  return fmt::format("{}/public/c/{}", folder, digest.hex());
}

constexpr std::uint64_t longest_left_out = 8 * 1024 * 1024;

/// "" too if it cannot be read.
std::string left_out_text(io::Files& files, const std::string& folder) {
  try {
    return io::read_file_if_there(files, left_out_path(folder), longest_left_out).value_or("");
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    return "";
  }
}

}  // namespace

std::optional<std::string> Store::published_head() const {
  return io::read_file_if_there(*files_, head_path(folder_), largest_head);
}

std::optional<std::string> Store::published_root(std::uint64_t version) const {
  return io::read_file_if_there(*files_, root_path(folder_, version), largest_root);
}

void Store::publish_root(std::uint64_t version, std::string_view envelope) {
  if (const auto there = published_root(version)) {
    if (*there == envelope) return;
    throw Error(Fault::local, fmt::format("root version {} is published already, with other bytes", version),
                "a root version never changes: publish the next version");
  }
  StagedFile staged(*files_, staging(folder_));
  staged.write(envelope);
  staged.finish(modes_of(Place::public_tree).file);
  const std::string path = root_path(folder_, version);
  if (!files_->rename_new(staged.path(), path))
    throw Error(Fault::local, fmt::format("\"{}\" was created by another program meanwhile", io::printable(path)));
  staged.release();
  files_->sync_folder(parent(path));
}

void Store::publish_piece(const Piece& piece, std::string_view bytes) {
  if (bytes.size() != piece.length || io::sha256(bytes) != piece.digest)
    throw Error(Fault::internal, "a file of the catalog does not match its digest");
  const std::string path = piece_path(folder_, piece.digest);
  if (is_whole(*files_, path, piece.digest)) return;
  StagedFile staged(*files_, staging(folder_));
  staged.write(bytes);
  staged.finish(modes_of(Place::public_tree).file);
  // In one step (R25): the disk may have failed only to read it. What can be made again needs no quarantine.
  const auto there = files_->status(path);
  if (there && there->kind != io::EntryKind::file) set_aside(path, piece.digest);
  files_->rename(staged.path(), path);
  staged.release();
}

bool Store::has_piece(const Piece& piece) const {
  const auto status = files_->status(piece_path(folder_, piece.digest));
  return status && status->kind == io::EntryKind::file && status->size == piece.length;
}

std::optional<std::string> Store::published_piece(const Piece& piece) const {
  return io::read_file_if_there(*files_, piece_path(folder_, piece.digest), std::max(piece.length, largest_index));
}

void Store::publish_head(std::string_view envelope, Time now) {
  files_->sync_folder(public_folder() + "/root");
  files_->sync_folder(public_folder() + "/c");
  Time mtime = now;
  if (const auto old = files_->status(head_path(folder_))) mtime = std::max(mtime, Time(Seconds(old->mtime_seconds + 1)));
  replace(head_path(folder_), envelope, modes_of(Place::public_tree).file, mtime);
}

std::optional<std::string> Store::published_page(std::uint64_t at_most) const {
  const auto there = files_->status(page_path(folder_));
  if (!there) return std::nullopt;
  if (there->kind != io::EntryKind::file || there->size > at_most) return "";
  return io::read_file_if_there(*files_, page_path(folder_), at_most);
}

void Store::publish_page(std::string_view bytes) { replace(page_path(folder_), bytes, modes_of(Place::public_tree).file); }

void Store::remove_page() {
  files_->remove(page_path(folder_));
  files_->sync_folder(public_folder());
}

std::set<Digest> Store::left_out() const {
  std::set<Digest> digests;
  std::istringstream lines(left_out_text(*files_, folder_));
  for (std::string line; std::getline(lines, line);) {
    if (const auto digest = Digest::parse(line)) digests.insert(*digest);
  }
  return digests;
}

void Store::note_left_out(const std::set<Digest>& digests) {
  std::string text;
  for (const auto& digest : digests) {
    const std::string line = digest.text() + "\n";
    if (text.size() + line.size() > longest_left_out) break;
    text += line;
  }
  if (text == left_out_text(*files_, folder_)) return;
  replace(left_out_path(folder_), text, 0644);
}

}  // namespace ingot::store
