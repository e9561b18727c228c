// Canonical bytes → the tree or the file that they were taken from. Written beside the destination and renamed, so that
// it is there whole or not at all; never outside it, never through a link.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "reconciler/transfer/beside.hpp"
#include "reconciler/transfer/left_out.hpp"

namespace ingot::transfer {

struct RestoreOptions {
  bool sparse = false;               ///< leave holes where 4 KiB blocks are all zeros
  bool special = true;               ///< false: without set-id bits, capabilities and ACLs
  Allowed allowed = Allowed::empty;  ///< at the destination
  /// Called once with the path of what was made, whole and verified, before it is synced and gets its name. May throw. Not
  /// called for an empty folder that is filled in place.
  std::function<void(const std::string& made)> before_name = {};
};

/// Makes a tree out of canonical tar bytes. Error{usage}: `destination` is there and is no empty folder, or the folder
/// that shall hold it is not there. Error{local}. Error{untrusted}: bytes that are no canonical tar.
/// An empty folder that cannot be replaced (a mount point, the working folder, one in a folder that this user cannot write)
/// is filled in place; until it is whole it holds a folder ".ingot-partial-XXXXXXXX".
class TreeRestorer {
 public:
  explicit TreeRestorer(const std::string& destination, RestoreOptions options = {});
  ~TreeRestorer();  ///< removes what was not committed
  void write(std::string_view bytes);
  LeftOut commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Makes a file. Error{usage}: `destination` is there and is no empty file, or cannot be replaced, or the folder that shall
/// hold it is not there. Error{local}.
class FileRestorer {
 public:
  explicit FileRestorer(const std::string& destination, RestoreOptions options = {});
  ~FileRestorer();  ///< removes what was not committed
  void write(std::string_view bytes);
  LeftOut commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::transfer
