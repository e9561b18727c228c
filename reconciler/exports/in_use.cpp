#include "reconciler/exports/in_use.hpp"

#include <algorithm>
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
#include "reconciler/transfer/mounts.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

/// A path that is asked about, and how the kernel calls it.
struct Watched {
  std::string asked;
  std::string real;
  std::optional<PlaceOnDevice> place;
};

/// None of a folder that this user may not read, or that is gone.
std::vector<std::string> names_at(const std::string& path) {
  const transfer::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto names = folder ? transfer::names_in(folder.get()) : std::nullopt;
  if (!names && transfer::is_shortage(errno)) transfer::fail_locally("list", path, errno);
  return std::move(names).value_or(std::vector<std::string>());
}

std::string target_of(const std::string& link) {
  std::string text(4096, '\0');
  const ssize_t length = readlink(link.c_str(), text.data(), text.size());
  if (length < 0 && transfer::is_shortage(errno)) transfer::fail_locally("read", link, errno);
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

/// One process at a time, until every watched path has a user.
class Uses {
 public:
  explicit Uses(std::vector<Watched> watched) : watched_(std::move(watched)) {
    namespaces_.emplace(target_of("/proc/self/ns/mnt"), transfer::text_of_proc("/proc/self/mountinfo"));
  }

  /// To be called for every process before the first is looked at. A process with another root lists the mounts below that, but
  /// its paths begin at the root of the namespace.
  void learn_mounts_of(const std::string& process) {
    const std::string folder = "/proc/" + process;
    const std::string name = target_of(folder + "/ns/mnt");
    if (name.empty() || namespaces_.contains(name) || target_of(folder + "/root") != "/") return;
    namespaces_.emplace(name, transfer::text_of_proc(folder + "/mountinfo"));
  }

  void look_at(const std::string& process) {
    process_ = process;
    const std::string folder = "/proc/" + process;
    const auto known = namespaces_.find(target_of(folder + "/ns/mnt"));
    mounts_ = known == namespaces_.end() ? none_ : known->second;
    note(target_of(folder + "/cwd"), "has its working folder there");
    note(target_of(folder + "/root"), "has its root there");
    note(target_of(folder + "/exe"), "runs a program there");
    for (const std::string& open : names_at(folder + "/fd")) note(target_of(folder + "/fd/" + open), "has a file open there");
    std::istringstream maps(transfer::text_of_proc(folder + "/maps"));
    std::string last;  // a file is mapped in several pieces, one after another
    for (std::string line; std::getline(maps, line);) {
      const auto path = line.find('/');
      if (path == std::string::npos || line.substr(path) == last) continue;
      last = line.substr(path);
      note(last, "has a file mapped there");
    }
  }
  bool all_found() const { return found_.size() == watched_.size(); }
  std::map<std::string, std::string> found() && { return std::move(found_); }

 private:
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
    std::string name = transfer::text_of_proc("/proc/" + process_ + "/comm");
    name = name.substr(0, name.find('\n'));
    return name.empty() ? "unknown" : io::printable(name);
  }

  std::vector<Watched> watched_;
  std::map<std::string, MountedPaths> namespaces_;
  MountedPaths none_{""};
  std::reference_wrapper<const MountedPaths> mounts_{none_};
  std::string process_;
  std::map<std::string, std::string> found_;
};

std::vector<Watched> watched_paths(const std::vector<std::string>& paths) {
  const MountedPaths mounts(transfer::text_of_proc("/proc/self/mountinfo"));
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
  std::vector<std::string> processes = names_at("/proc");
  std::erase_if(processes, [&](const std::string& name) { return !is_number(name) || name == own; });
  for (const std::string& process : processes) uses.learn_mounts_of(process);
  for (auto process = processes.begin(); process != processes.end() && !uses.all_found(); ++process) uses.look_at(*process);
  return std::move(uses).found();
}

}  // namespace ingot::exports
