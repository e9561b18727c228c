#include "reconciler/apply/recover/set_aside.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "schema/text/quantity.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::apply {
namespace {

/// What a database has beside it.
constexpr std::array<const char*, 3> endings{"-wal", "-shm", "-journal"};

std::string old_of(const std::string& path) { return path + ".old"; }

bool is_there(const std::string& path, io::Files& files) {
  return files.status(path).has_value() ||
         std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return files.status(path + ending).has_value(); });
}

void move_if_there(const std::string& from, const std::string& to, io::Files& files) {
  if (files.status(from)) files.rename(from, to);
}

void move_endings(const std::string& from, const std::string& to, io::Files& files) {
  for (const char* const ending : endings) move_if_there(from + ending, to + ending, files);
  files.sync_folder(parent_folder(from));
}

/// Where whoever opens the database must not find it without its log, the database goes first and comes last.
void move_first(const std::string& from, const std::string& to, io::Files& files) {
  move_if_there(from, to, files);
  files.sync_folder(parent_folder(from));
  move_endings(from, to, files);
}

void move_last(const std::string& from, const std::string& to, io::Files& files) {
  move_endings(from, to, files);
  move_if_there(from, to, files);
  files.sync_folder(parent_folder(from));
}

/// By when it was written last, so that one that was moved in part finds the rest again.
std::string name_for_good(const std::string& path, io::Files& files) {
  const std::string old = old_of(path);
  auto found = files.status(old);
  const bool whole = found.has_value();
  for (const char* const ending : endings) found = found ? found : files.status(old + ending);
  std::string time = time_text(Time{Seconds(found.value().mtime_seconds)});
  std::erase_if(time, [](char letter) { return letter == '-' || letter == ':'; });
  const std::string wanted = path + ".set-aside-" + time;
  std::string name = wanted;
  for (int number = 2; whole ? files.status(name).has_value() : is_there(name, files); ++number)
    name = fmt::format("{}-{}", wanted, number);
  return name;
}

}  // namespace

void move_away(const std::string& path, io::Files& files) {
  if (!is_there(path, files)) return;
  files.sync_folder(
      parent_folder(path));  // the new one's name is what tells a run after this one that the old one is to come back
  move_first(path, old_of(path), files);
}

std::string settle_moved(const std::string& path, io::Files& files) {
  const std::string old = old_of(path);
  if (!is_there(old, files)) return "";
  const bool unfinished = files.status(path + ".new") && !files.status(path);
  const std::string to = unfinished ? path : name_for_good(path, files);
  move_last(old, to, files);
  return unfinished ? "" : to;
}

}  // namespace ingot::apply
