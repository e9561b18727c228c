#include "reconciler/exports/in_use.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/exports/mounted_paths.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/descriptor.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

/// A path that is asked about, and how the kernel calls it.
struct Watched {
  std::string asked;
  std::string real;
  std::optional<PlaceOnDevice> place;
};

/// This process lacks something, so that it saw nothing; that another process cannot be looked at, or ended, is no error.
bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

/// None of a folder that this user may not read, or that is gone.
std::vector<std::string> names_at(const std::string& path) {
  const transfer::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto names = folder ? transfer::names_in(folder.get()) : std::nullopt;
  if (!names && is_shortage(errno)) transfer::fail_locally("list", path, errno);
  return std::move(names).value_or(std::vector<std::string>());
}

std::string target_of(const std::string& link) {
  std::string text(4096, '\0');
  const ssize_t length = readlink(link.c_str(), text.data(), text.size());
  if (length < 0 && is_shortage(errno)) transfer::fail_locally("read", link, errno);
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

/// What can be read of it; none of a file that this user may not read, or whose process ended.
std::string text_of_file(const std::string& path) {
  const transfer::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && is_shortage(errno)) transfer::fail_locally("read", path, errno);
  std::string text;
  std::array<char, 65536> piece{};
  for (ssize_t length = 1; file && length > 0;) {
    length = ::read(file.get(), piece.data(), piece.size());
    if (length < 0 && is_shortage(errno)) transfer::fail_locally("read", path, errno);
    if (length > 0) text.append(piece.data(), static_cast<std::size_t>(length));
  }
  return text;
}

/// One process at a time, until every watched path has a user.
class Uses {
 public:
  explicit Uses(std::vector<Watched> watched) : watched_(std::move(watched)), own_namespace_(target_of("/proc/self/ns/mnt")) {}

  void look_at(const std::string& process) {
    process_ = process;
    const std::string folder = "/proc/" + process;
    mounts_ = mounts_of(target_of(folder + "/ns/mnt"));
    note(target_of(folder + "/cwd"), "has its working folder there");
    note(target_of(folder + "/root"), "has its root there");
    note(target_of(folder + "/exe"), "runs a program there");
    for (const std::string& open : names_at(folder + "/fd")) note(target_of(folder + "/fd/" + open), "has a file open there");
    std::istringstream maps(text_of_file(folder + "/maps"));
    for (std::string line; std::getline(maps, line);) {
      if (const auto path = line.find('/'); path != std::string::npos) note(line.substr(path), "has a file mapped there");
    }
  }
  bool all_found() const { return found_.size() == watched_.size(); }
  std::map<std::string, std::string> found() && { return std::move(found_); }

 private:
  /// Of the process that is looked at; one look for all processes of a namespace.
  const MountedPaths& mounts_of(const std::string& name) {
    const std::string& process = name.empty() || name == own_namespace_ ? "self" : process_;
    const auto found = namespaces_.find(process == "self" ? own_namespace_ : name);
    if (found != namespaces_.end()) return found->second;
    return namespaces_.emplace(process == "self" ? own_namespace_ : name, text_of_file("/proc/" + process + "/mountinfo"))
        .first->second;
  }

  void note(const std::string& path, std::string_view how) {
    if (!path.starts_with('/')) return;
    const auto place = mounts_.get().locate(path);
    for (const Watched& one : watched_) {
      const bool is_there = place && one.place ? place->device == one.place->device && is_within(place->path, one.place->path)
                                               : is_within(path, one.real);
      if (is_there || path == one.real + " (deleted)")
        found_.try_emplace(one.asked, fmt::format("process {} ({}) {}", process_, program(), how));
    }
  }

  std::string program() const {
    std::string name = text_of_file("/proc/" + process_ + "/comm");
    name = name.substr(0, name.find('\n'));
    return name.empty() ? "unknown" : io::printable(name);
  }

  std::vector<Watched> watched_;
  std::string own_namespace_;
  std::map<std::string, MountedPaths> namespaces_;
  MountedPaths none_{""};
  std::reference_wrapper<const MountedPaths> mounts_{none_};
  std::string process_;
  std::map<std::string, std::string> found_;
};

std::vector<Watched> watched_paths(const std::vector<std::string>& paths) {
  const MountedPaths mounts(text_of_file("/proc/self/mountinfo"));
  std::vector<Watched> watched;
  for (const std::string& path : paths) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), &std::free);
    if (real)
      watched.push_back({.asked = path, .real = real.get(), .place = mounts.locate(real.get())});
    else if (errno != ENOENT && errno != ENOTDIR)
      transfer::fail_locally("look at", path, errno);
  }
  return watched;
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::map<std::string, std::string> uses_of(const std::vector<std::string>& paths) {
  const std::string own = target_of("/proc/self");
  if (own.empty()) throw Error(Fault::local, "nothing can tell which processes use an export: /proc is not there", "mount /proc");
  Uses uses(watched_paths(paths));
  for (const std::string& process : names_at("/proc")) {
    if (uses.all_found()) break;
    if (is_number(process) && process != own) uses.look_at(process);
  }
  return std::move(uses).found();
}

}  // namespace ingot::exports
