#include "reconciler/exports/in_use.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/descriptor.hpp"

namespace ingot::exports {

namespace {

/// A path that is asked about, and how the kernel calls it.
struct Watched {
  std::string asked;
  std::string real;
};

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const transfer::FolderListing listing(opendir(folder.c_str()));
  while (const dirent* const found = listing ? readdir(listing.get()) : nullptr) {
    if (found->d_name[0] != '.') names.emplace_back(found->d_name);
  }
  return names;
}

std::string target_of(const std::string& link) {
  std::string text(4096, '\0');
  const ssize_t length = readlink(link.c_str(), text.data(), text.size());
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

bool is_within(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// One process at a time, until every watched path has a user.
class Uses {
 public:
  explicit Uses(std::vector<Watched> watched) : watched_(std::move(watched)) {}

  void look_at(const std::string& process) {
    process_ = process;
    const std::string folder = "/proc/" + process;
    note(target_of(folder + "/cwd"), "has its working folder there");
    note(target_of(folder + "/root"), "has its root there");
    note(target_of(folder + "/exe"), "runs a program there");
    for (const std::string& open : names_in(folder + "/fd")) note(target_of(folder + "/fd/" + open), "has a file open there");
    std::ifstream maps(folder + "/maps");
    for (std::string line; std::getline(maps, line);) {
      if (const auto path = line.find('/'); path != std::string::npos) note(line.substr(path), "has a file mapped there");
    }
  }
  bool all_found() const { return found_.size() == watched_.size(); }
  std::map<std::string, std::string> found() && { return std::move(found_); }

 private:
  void note(const std::string& path, std::string_view how) {
    if (path.empty()) return;
    for (const Watched& one : watched_) {
      if (!is_within(path, one.real) && path != one.real + " (deleted)") continue;
      found_.try_emplace(one.asked, fmt::format("process {} ({}) {}", process_, program(), how));
    }
  }

  std::string program() const {
    std::ifstream file("/proc/" + process_ + "/comm");
    std::string name;
    std::getline(file, name);
    return name.empty() ? "unknown" : io::printable(name);
  }

  std::vector<Watched> watched_;
  std::string process_;
  std::map<std::string, std::string> found_;
};

std::vector<Watched> watched_paths(const std::vector<std::string>& paths) {
  std::vector<Watched> watched;
  for (const std::string& path : paths) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), &std::free);
    if (real) watched.push_back({.asked = path, .real = real.get()});
  }
  return watched;
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::map<std::string, std::string> uses_of(const std::vector<std::string>& paths) {
  Uses uses(watched_paths(paths));
  const std::string own = std::to_string(getpid());
  for (const std::string& process : names_in("/proc")) {
    if (uses.all_found()) break;
    if (is_number(process) && process != own) uses.look_at(process);
  }
  return std::move(uses).found();
}

}  // namespace ingot::exports
