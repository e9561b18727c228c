#include "reconciler/apply/set_aside.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "schema/text_rules.hpp"

namespace ingot {
namespace {

/// The file itself last: a run that is cut off before finds it under its name.
constexpr std::array<const char*, 4> endings{"-wal", "-shm", "-journal", ""};

constexpr const char* infix = ".set-aside-";

std::string compact(Time time) {
  std::string text = time_text(time);
  std::erase_if(text, [](char letter) { return letter == '-' || letter == ':'; });
  return text;
}

/// What was moved aside last, also if only a part of it was; "": nothing.
std::string newest_aside(const std::string& path, Files& files) {
  const std::string folder = parent_folder(path);
  std::string newest;
  for (const std::string& name : files.list(folder)) {
    std::string aside = (folder.ends_with('/') ? folder : folder + "/") + name;
    if (!aside.starts_with(path + infix)) continue;
    for (const std::string ending : endings) {
      if (!ending.empty() && aside.ends_with(ending)) aside.resize(aside.size() - ending.size());
    }
    newest = std::max(newest, aside);
  }
  return newest;
}

}  // namespace

std::string set_aside(const std::string& path, Files& files, Time now) {
  std::string aside;
  for (const char* const ending : endings) {
    if (!files.status(path + ending)) continue;
    if (aside.empty()) {
      const std::string wanted = path + infix + compact(now);
      aside = wanted;
      for (int number = 2; files.status(aside) || files.status(aside + "-wal"); ++number) aside = fmt::format("{}-{}", wanted, number);
    }
    files.rename(path + ending, aside + ending);
  }
  if (!aside.empty()) files.sync_folder(parent_folder(path));
  return aside;
}

void take_back(const std::string& path, Files& files) {
  if (!files.status(path + ".new")) return;  // it bears that name until it is given its own
  const std::string aside = newest_aside(path, files);
  // With the file itself under its name, only what belongs to it and was moved before it is taken back.
  if (aside.empty() || (files.status(path) && files.status(aside))) return;
  for (const char* const ending : endings) {
    if (files.status(aside + ending) && !files.status(path + ending)) files.rename(aside + ending, path + ending);
  }
  files.sync_folder(parent_folder(path));
}

}  // namespace ingot
