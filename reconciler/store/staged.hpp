// What one action wrote into staging/, and the names that it shall get. Store::name_all gives them to many actions at once, so
// that these share the waits for the disk. What has no name when this goes, goes too; a copy stays for the next run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/store/staged_file.hpp"
#include "schema/catalog/catalog.hpp"

namespace ingot::store {

enum class Place { public_tree, private_tree };

class Staged {
 public:
  /// Bytes that get the name of their digest in the tree of `place`.
  struct Object {
    Piece piece;
    Place place;
  };
  /// A file of the store that is replaced.
  struct Replaced {
    std::string path;
  };
  struct One {
    std::unique_ptr<StagedFile> file;
    std::variant<Object, Replaced> name;
  };

  /// `bytes`: the length of the file.
  void add(One one, std::uint64_t bytes) {
    files_.push_back(std::move(one));
    bytes_ += bytes;
  }
  std::vector<One>& files() { return files_; }
  std::uint64_t bytes() const { return bytes_; }
  bool empty() const { return files_.empty(); }

 private:
  std::vector<One> files_;
  std::uint64_t bytes_ = 0;
};

}  // namespace ingot::store
