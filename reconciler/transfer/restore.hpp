// Canonical bytes → the tree or the file that they were taken from. Written beside the destination and renamed, so that
// it is there whole or not at all; never outside it, never through a link. What ends in zeros becomes holes again.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ingot {

struct Restored {
  /// Owners, set-id bits that go with them, or capabilities were left out, because only root may give them.
  bool owners_left_out = false;
};

/// Makes a tree out of canonical tar bytes. Error{usage}: `destination` is there and is no empty folder, or the folder
/// that shall hold it is not there. Error{local}. Error{untrusted}: bytes that are no canonical tar.
class TreeRestorer {
 public:
  explicit TreeRestorer(const std::string& destination);
  ~TreeRestorer();  ///< removes what was not committed
  void write(std::string_view bytes);
  Restored commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Makes a file. Error{usage}: `destination` is there and is no empty file, or the folder that shall hold it is not
/// there. Error{local}.
class FileRestorer {
 public:
  explicit FileRestorer(const std::string& destination);
  ~FileRestorer();  ///< removes what was not committed
  void write(std::string_view bytes);
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot
