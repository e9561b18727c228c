#include "reconciler/exports/host_rules.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/owner.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/text_rules.hpp"

namespace ingot::exports {

namespace {

/// With the links of the part that is there resolved.
std::string real_path(const std::string& path) {
  std::string rest;
  for (std::string at = absolute_path(path);; at = parent_folder(at)) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(at.c_str(), nullptr), &std::free);
    if (real) return plain_path(std::string(real.get()) + rest);
    if (at == "/" || at == ".") return plain_path(absolute_path(path));
    rest = at.substr(at.rfind('/')) + rest;
  }
}

bool lies_below(const std::string& path, const std::string& folder) {
  return folder == "/" || path == folder || path.starts_with(folder + "/");
}

/// "" if nobody else can.
std::string who_can_write(const std::string& path, bool may_be_sticky) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || S_ISLNK(status.st_mode)) return "";
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return fmt::format("\"{}\" belongs to {}", io::printable(path), io::user_name(status.st_uid));
  const bool is_sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (may_be_sticky && is_sticky)) return "";
  return fmt::format("others than its owner can write \"{}\" (mode {:04o})", io::printable(path), status.st_mode & 07777U);
}

}  // namespace

std::string absolute_path(const std::string& path) {
  if (path.starts_with('/')) return plain_path(path);
  std::error_code failed;
  const std::string working = std::filesystem::current_path(failed).string();
  return plain_path(working + "/" + path);
}

std::optional<std::string> why_not_below(const std::string& path, const std::vector<std::string>& folders,
                                         const std::string& key) {
  const std::string real = real_path(path);
  for (const std::string& folder : folders) {
    if (lies_below(real, real_path(folder))) return std::nullopt;
  }
  return fmt::format("this runs as root, and \"{}\" lies below no folder that this host's guard file lists in [guard] {}",
                     io::printable(path), key);
}

std::optional<std::string> why_others_can_write(const std::string& path, bool sticky) {
  // Also the links on the way: whoever can write where one lies leads the path elsewhere.
  for (const std::string& way : {absolute_path(path), real_path(path)}) {
    for (std::string at = way;; at = parent_folder(at)) {
      if (std::string who = who_can_write(at, sticky && at != way); !who.empty()) return who;
      if (at == "/" || at == ".") break;
    }
  }
  return std::nullopt;
}

}  // namespace ingot::exports
