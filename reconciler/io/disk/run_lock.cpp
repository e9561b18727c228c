#include "reconciler/io/disk/run_lock.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"

namespace ingot::io {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_tries{100};
/// holder() holds a shared lock for an instant; a single try must not take that for a run.
constexpr milliseconds glance{10};
constexpr int most_glances = 20;
constexpr std::size_t longest_holder = 1024;
constexpr const char* no_holder_text = "a run that did not say who it is";

int open_file(const std::string& path, int flags) {
  int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  while (descriptor < 0 && errno == EINTR) descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  return descriptor;
}

/// true: locked; false: somebody else holds it.
bool try_flock(int descriptor, int kind, const std::string& path) {
  while (::flock(descriptor, kind | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw file_error("lock", path, errno);
  }
  return true;
}

/// Whether the path still leads to the file that was locked: somebody may have removed it and made a new one.
bool is_still_there(int descriptor, const std::string& path) {
  struct stat locked {};
  struct stat named {};
  if (::fstat(descriptor, &locked) != 0) throw file_error("look at", path, errno);
  if (::stat(path.c_str(), &named) != 0) {
    if (errno == ENOENT) return false;
    throw file_error("look at", path, errno);
  }
  return locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

std::string holder_text(int descriptor) {
  std::array<char, longest_holder> buffer{};
  const ssize_t count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  std::string text(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return printable(text);
}

/// Only a message for others: on a full disk they are told of a run that did not say who it is.
void write_holder(int descriptor, const std::string& who) {
  const std::string line = who.substr(0, longest_holder - 1) + "\n";
  while (::ftruncate(descriptor, 0) != 0) {
    if (errno != EINTR) return;
  }
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t count = ::pwrite(descriptor, line.data() + done, line.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno != EINTR) return;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
}

struct Attempt {
  int descriptor = -1;  ///< ≥ 0: the lock is ours
  std::string holder;   ///< else: who has it, "" if it did not say
};

Attempt attempt(const std::string& path) {
  for (;;) {
    OwnedDescriptor file(open_file(path, O_RDWR | O_CREAT));
    if (file.get() < 0) throw file_error("open the lock", path, errno);
    if (!try_flock(file.get(), LOCK_EX, path)) return {-1, holder_text(file.get())};
    if (is_still_there(file.get(), path)) return {file.release(), {}};
  }
}

}  // namespace

RunLock::RunLock(int descriptor) : descriptor_(descriptor) {}
RunLock::RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
RunLock& RunLock::operator=(RunLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  if (::ftruncate(descriptor_, 0) != 0) {  // only the message for others would be old
  }
  ::close(descriptor_);
}

RunLock RunLock::take(const std::string& path, const std::string& who, Seconds timeout, Clock& clock) {
  const auto deadline = clock.steady() + timeout;
  int glances = 0;
  for (;;) {
    const Attempt tried = attempt(path);
    if (tried.descriptor >= 0) {
      RunLock lock(tried.descriptor);
      write_holder(tried.descriptor, who);
      return lock;
    }
    if (tried.holder.empty() && glances++ < most_glances) {
      sleep_unless_interrupted(clock, glance);
      continue;
    }
    if (clock.steady() >= deadline) {
      throw Error(
          Fault::busy,
          fmt::format("another run holds \"{}\": {}", printable(path), tried.holder.empty() ? no_holder_text : tried.holder),
          "wait until it is done, or use --lock-timeout; the lock is freed by itself when that process ends")
          .about(path);
    }
    sleep_unless_interrupted(clock, between_tries);
  }
}

std::optional<std::string> RunLock::holder(const std::string& path) {
  const OwnedDescriptor file(open_file(path, O_RDONLY));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw file_error("open the lock", path, errno);
  }
  if (try_flock(file.get(), LOCK_SH, path)) return std::nullopt;
  const std::string text = holder_text(file.get());
  return text.empty() ? no_holder_text : text;
}

}  // namespace ingot::io
