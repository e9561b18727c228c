// What is built on the Files port alone.
#include "reconciler/io/disk/files.hpp"

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/io/random_hex.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::io {

namespace {

/// Two runs never write one file.
constexpr std::string_view hidden = ".ingot-";

std::string name_beside(const std::string& path) { return fmt::format("{}.{}.new", path, random_hex()); }

bool is_folder(Files& files, const std::string& path) {
  const auto status = files.status(path + "/.");  // the dot follows a link
  return status && status->kind == EntryKind::folder;
}

std::string read_all(File& file, const std::string& path, std::uint64_t at_most) {
  const std::uint64_t size = file.status().size;
  if (size > at_most) {
    throw Error(Fault::local,
                fmt::format("\"{}\" is {} bytes long, more than the {} that it may be", printable(path), size, at_most));
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  bytes.resize(file.read_at(0, bytes));
  return bytes;
}

void remove_if_possible(Files& files, const std::string& path) {
  try {
    files.remove(path);
  } catch (const Error&) {  // the first failure is the one to tell
  }
}

/// Writes a new file beside `path` and renames it; leaves nothing behind when that fails.
void rename_over(Files& files, const std::string& path, mode_t mode, const std::function<void(File&)>& write) {
  const std::string beside = name_beside(path);
  try {
    const auto file = files.open(beside, OpenFor::create_new, mode);
    write(*file);
    file->close();
    files.rename(beside, path);
  } catch (const Error&) {
    remove_if_possible(files, beside);
    throw;
  }
}

}  // namespace

std::string read_file(Files& files, const std::string& path, std::uint64_t at_most) {
  const auto file = files.open(path, OpenFor::read);
  return read_all(*file, path, at_most);
}

std::optional<std::string> read_file_if_there(Files& files, const std::string& path, std::uint64_t at_most) {
  if (!files.status(path)) return std::nullopt;
  return read_file(files, path, at_most);
}

void make_folders(Files& files, const std::string& path, mode_t mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string level = path.substr(0, end);
    if (!level.empty() && !is_folder(files, level)) files.make_folder(level, mode);
    if (end == std::string::npos) return;
  }
}

bool write_new_file(Files& files, const std::string& path, mode_t mode, const std::function<void(File&)>& write) {
  const auto slash = path.rfind('/') + 1;  // 0 if there is none
  const std::string beside = name_beside(path.substr(0, slash) + std::string(hidden) + path.substr(slash));
  bool is_new = false;
  try {
    const auto file = files.open(beside, OpenFor::create_new, mode);
    write(*file);
    file->sync();
    file->close();
    is_new = files.rename_new(beside, path);
  } catch (...) {  // whatever `write` throws
    remove_if_possible(files, beside);
    throw;
  }
  if (!is_new) remove_if_possible(files, beside);
  files.sync_folder(parent_folder(path));
  return is_new;
}

bool write_new_file(Files& files, const std::string& path, std::string_view bytes, mode_t mode) {
  return write_new_file(files, path, mode, [bytes](File& file) { file.write_all(bytes); });
}

bool is_left_by_write_new_file(std::string_view name) { return name.starts_with(hidden) && name.ends_with(".new"); }

void replace_file(Files& files, const std::string& path, std::string_view bytes, mode_t mode, std::optional<Time> mtime) {
  rename_over(files, path, mode, [&](File& file) {
    file.write_all(bytes);
    if (mtime) file.set_mtime(*mtime);
    file.sync();
  });
  files.sync_folder(parent_folder(path));
}

void replace_file_unsynced(Files& files, const std::string& path, std::string_view bytes, mode_t mode) {
  rename_over(files, path, mode, [&](File& file) { file.write_all(bytes); });
}

void replace_readable_file(Files& files, const std::string& path, std::string_view bytes) {
  constexpr mode_t readable = 0644;
  rename_over(files, path, readable, [&](File& file) {
    file.write_all(bytes);
    file.set_mode(readable);
  });
}

}  // namespace ingot::io
