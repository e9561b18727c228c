// A published tree on another disk, such as a USB stick: files are added to it, and none is ever removed. It may know neither
// links nor modes. The head is replaced last, so that a half-written tree is the one of the run before.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "reconciler/io/disk/files.hpp"
#include "schema/catalog/catalog.hpp"

namespace ingot::store {

class Medium {
 public:
  /// `files` outlives it. `folder` is there.
  Medium(io::Files& files, std::string folder);

  /// The bytes of head.dsse; nullopt: there is none.
  std::optional<std::string> head() const;
  /// Whether a file is there with this length. Paths here are relative to the folder: "b/ab/abcd…".
  bool has(const std::string& path, std::uint64_t length) const;
  /// Whether anything is there.
  bool is_there(const std::string& path) const { return files_->status(at(path)).has_value(); }
  /// Bytes that an interrupted run has written of a file that is not there yet.
  std::uint64_t begun(const std::string& path) const;
  /// Whether the file's bytes are those of the piece. Error{local}: it cannot be read. `progress` gets the bytes that were read.
  bool is_whole(const std::string& path, const Piece& piece, const std::function<void(std::uint64_t)>& progress) const;

  /// Copies the file `from`, which is this piece; goes on where an interrupted run stopped. Durable when it returns, but for the
  /// folder. `progress` gets the bytes that came, those of the interrupted run too. Error{local}: `from` is damaged, or the
  /// medium is full or fails; what was written is kept for the next run.
  void copy(const std::string& from, const std::string& path, const Piece& piece,
            const std::function<void(std::uint64_t)>& progress);
  /// A small file: durable but for the folder; nothing is done if it is there with these bytes.
  void put(const std::string& path, std::string_view bytes);
  /// Makes all that was written durable, then replaces the head.
  void publish_head(std::string_view envelope);

 private:
  std::string at(const std::string& path) const { return folder_ + "/" + path; }
  void make_folders_of(const std::string& path);
  /// False: what an interrupted run has left is not the beginning of the piece.
  bool append(const std::string& from, io::File& to, const std::string& path, const Piece& piece,
              const std::function<void(std::uint64_t)>& progress);

  io::Files* files_;
  std::string folder_;
};

}  // namespace ingot::store
