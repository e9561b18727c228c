// A place beside a destination: what is made there takes the destination's name when it is whole, in one rename. Where an
// empty folder cannot be replaced, the place is inside it, and what was made moves up.
#pragma once

#include <string>
#include <vector>

#include "reconciler/transfer/descriptor.hpp"
#include "schema/image.hpp"

namespace ingot::transfer {

/// What may stand at a destination already.
enum class Allowed {
  nothing,
  empty,
  anything,  ///< what is made is only to be looked at: commit() ends in an Error{local} if something is there
};

class Beside {
 public:
  /// Error{usage}: the destination is there and is not what `allowed` says, or is a link, or a file that cannot be replaced, or
  /// its folder is not there. Removes what earlier extracts to the same destination left when they were killed.
  Beside(const std::string& destination, ImageKind kind, Allowed allowed = Allowed::empty);
  ~Beside();  ///< removes what was not committed
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  /// The new folder (mode 0700, without inherited ACLs) or file (for writing), opened.
  const Descriptor& made() const { return made_; }
  Descriptor& made() { return made_; }
  const std::string& destination() const { return destination_; }
  /// The path of what is being made, until commit().
  std::string made_path() const;
  /// The destination's own folder, if it is filled in place: it keeps its identity, and gets its metadata after commit().
  const Descriptor* in_place() const { return in_place_ ? &parent_ : nullptr; }
  /// Renames and syncs the folder that holds it. Error{local}: also if something came there meanwhile.
  void commit();

 private:
  /// Opens the destination if it is there, and refuses what is not empty.
  void look_at_destination(ImageKind kind, Allowed allowed);
  bool is_to_be_filled_in_place(const Descriptor& found) const;
  void fill_in_place(Descriptor found);
  void refuse_what_is_in(const Descriptor& found) const;
  void make(ImageKind kind);
  int try_to_make(ImageKind kind);
  int make_and_lock(ImageKind kind, const std::string& name);
  bool is_still_at(const std::string& name) const;
  int taken_away();
  void move_up();

  std::string destination_;
  std::string name_;       ///< the destination's, in parent_
  std::string temporary_;  ///< ours; "" once it is renamed
  bool replaces_ = false;  ///< an empty folder or file stands there
  bool in_place_ = false;  ///< parent_ is the destination itself
  Descriptor parent_;
  Descriptor made_;
  Descriptor lock_;  ///< says that temporary_ is in use
};

/// A new name for something that is made, or moved, beside `name` in the same folder.
std::string temporary_name(const std::string& name);
/// Names in the open folder that temporary_name(name) gave.
std::vector<std::string> temporary_names(int folder, const std::string& name);
/// Removes what processes that are gone left beside `name`. What a living process works on stays.
void remove_left_overs(int folder, const std::string& name);

/// Makes the names in an open folder durable, where its file system can. `path` is for messages. Error{local}.
void sync_names(const Descriptor& folder, const std::string& path);

/// Removes an entry and all below it, never through a link, and nothing of what is mounted there. Goes on where something cannot
/// be removed.
void remove_tree(int folder, const std::string& name) noexcept;

}  // namespace ingot::transfer
