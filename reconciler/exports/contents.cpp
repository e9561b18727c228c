#include "reconciler/exports/contents.hpp"

#include <cerrno>
#include <set>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/attributes.hpp"
#include "reconciler/transfer/mounts.hpp"
#include "reconciler/transfer/source_walk.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

constexpr std::size_t stride = 1024 * 1024;
constexpr std::size_t longest_kept_target = 4096;
class Contents {
 public:
  explicit Contents(bool changes) : changes_(changes) {}

  /// `name` in the open folder; "" for the folder itself.
  void add(const std::string& path, int folder, const std::string& name, const struct stat& status, const std::string* group) {
    const bool is_folder = S_ISDIR(status.st_mode);
    // An image that is a file says nothing of times.
    const bool has_time = !path.empty() && !(is_folder && changes_);
    add_text(path);
    add_text(fmt::format("{:o} {}:{} {}", status.st_mode, status.st_uid, status.st_gid, is_folder ? 0 : status.st_size));
    if (has_time) add_text(fmt::format("{}.{:09}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
    if (S_ISLNK(status.st_mode)) return add_target(folder, name);
    if (group != nullptr) return add_text("like " + *group);
    if (is_folder) return add_attributes(folder);
    const transfer::Descriptor open(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat now {};
    if (!open || fstat(open.get(), &now) != 0 || !transfer::is_unchanged(status, now)) return fail();
    add_attributes(open.get());
    add_bytes(open.get(), status);
  }
  void fail() { is_whole_ = false; }
  std::optional<Digest> finish() { return is_whole_ ? std::optional(hash_.finish()) : std::nullopt; }

 private:
  /// NUL ends a text: no name holds one.
  void add_text(const std::string& text) { hash_.update(text + '\0'); }

  void add_target(int folder, const std::string& name) {
    std::string target(longest_kept_target, '\0');
    const ssize_t length = readlinkat(folder, name.c_str(), target.data(), target.size());
    if (length < 0) return fail();
    add_text(target.substr(0, static_cast<std::size_t>(length)));
  }

  /// Those that an image keeps.
  void add_attributes(int open) {
    transfer::TarMember member;
    std::set<std::string> others;
    if (transfer::read_attributes(open, member, others) != 0) return fail();
    for (const std::string* const text : {&member.access_acl, &member.default_acl}) add_text(*text);
    add_text(fmt::format("{}", member.capability.size()));
    hash_.update(member.capability);
  }

  void add_bytes(int open, const struct stat& status) {
    off_t done = 0;
    for (ssize_t count = 1; count > 0; done += count) {
      io::throw_if_interrupted();
      do count = ::read(open, buffer_.data(), buffer_.size());
      while (count < 0 && errno == EINTR);
      if (count < 0) return fail();
      hash_.update(std::string_view(buffer_).substr(0, static_cast<std::size_t>(count)));
    }
    struct stat now {};
    if (done != status.st_size || fstat(open, &now) != 0 || !transfer::is_unchanged(status, now)) fail();
  }

  bool changes_;
  bool is_whole_ = true;
  std::string buffer_ = std::string(stride, '\0');
  io::Sha256 hash_;
};

}  // namespace

std::optional<Digest> contents_of(const std::string& path, const std::vector<std::string>& changes) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || transfer::is_mount_point(AT_FDCWD, path)) return std::nullopt;
  Contents contents(!changes.empty());
  if (S_ISREG(status.st_mode)) {
    contents.add("", AT_FDCWD, path, status, nullptr);
    return contents.finish();
  }
  if (!S_ISDIR(status.st_mode) || !transfer::mounts_below(path).empty()) return std::nullopt;
  transfer::MemberFaults faults;
  try {
    transfer::walk_source({.path = path, .exclude = changes}, faults, [&](const transfer::SourceMember& member) {
      contents.add(member.path, member.folder, member.name, member.status, member.first_of_group);
    });
  } catch (const Error& error) {
    if (error.fault() != Fault::incomplete) throw;
    return std::nullopt;  // it went away
  }
  return faults.empty() ? contents.finish() : std::nullopt;
}

}  // namespace ingot::exports
