// An open file descriptor with an owner, and the error of a system call as an Error. Only for walking and making trees
// relative to open folders; what must be durable goes through the Files port.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dirent.h>

namespace ingot::transfer {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void reset() noexcept;
  /// Closes and reports what close reports: 0 or errno.
  int close() noexcept;

 private:
  int number_ = -1;
};

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
/// What readdir reads, with an owner.
using FolderListing = std::unique_ptr<DIR, CloseFolder>;

/// Lists an open folder from its beginning, by a descriptor of its own; nullptr: it cannot be read, errno says why.
FolderListing open_listing(int folder);

/// The names in an open folder, "." and ".." aside; nullopt: it cannot be read, errno says why.
std::optional<std::vector<std::string>> names_in(int folder);

/// `failed` and the text of errno: "cannot be opened: Permission denied". For lists of members.
std::string with_reason(const std::string& failed, int error);

/// Throws Error{local}: "cannot <act> \"<path>\": <reason>".
[[noreturn]] void fail_locally(const std::string& act, const std::string& path, int error);

}  // namespace ingot::transfer
