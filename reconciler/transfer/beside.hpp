// A place beside a destination: what is made there takes the destination's name when it is whole, in one rename.
#pragma once

#include <string>

#include "reconciler/transfer/descriptor.hpp"
#include "schema/image.hpp"

namespace ingot {

class Beside {
 public:
  /// Error{usage}: the destination is there and is not empty, or is a link, or its folder is not there.
  Beside(const std::string& destination, ImageKind kind);
  ~Beside();  ///< removes what was not committed
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  /// The new folder (mode 0700, without inherited ACLs) or file (for writing), opened.
  const Descriptor& made() const { return made_; }
  Descriptor& made() { return made_; }
  const std::string& destination() const { return destination_; }
  /// Renames and syncs the folder that holds it. Error{local}: also if something came there meanwhile.
  void commit();

 private:
  void check_destination(ImageKind kind) const;
  void make(ImageKind kind);

  std::string destination_;
  std::string name_;       ///< the destination's, in parent_
  std::string temporary_;  ///< ours; "" once it is renamed
  bool replaces_ = false;  ///< an empty folder or file stands there
  Descriptor parent_;
  Descriptor made_;
};

/// Removes an entry and all below it, never through a link. Goes on where something cannot be removed.
void remove_tree(int folder, const std::string& name) noexcept;

}  // namespace ingot
