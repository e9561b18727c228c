#include "reconciler/io/disk/secret_file.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::io {

namespace {

constexpr mode_t writable_by_others = 0002;
constexpr mode_t sticky = 01000;  // of a folder: only the owner of an entry may replace it

}  // namespace

std::string followed_secret(Files& files, const std::string& path) {
  const auto there = files.status(path);
  if (!there || there->kind != EntryKind::link) return path;
  const auto refuse = [&](const std::string& why, const std::string& mend) {
    throw Error(Fault::local, fmt::format("the link \"{}\" {}", printable(path), why), mend).about(path);
  };
  std::error_code failed;
  const std::string target = std::filesystem::canonical(path, failed).string();
  if (failed) refuse(fmt::format("leads to no file: {}", failed.message()), "let it lead to the file with the secret");
  const auto found = files.status(target);
  if (!found || found->kind != EntryKind::file)
    refuse(fmt::format("leads to \"{}\", which is not a file", printable(target)), "let it lead to the file with the secret");
  if ((found->mode & writable_by_others) != 0)
    refuse(fmt::format("leads to \"{}\", which everybody on this machine may write to (mode {:04o})", printable(target),
                       found->mode),
           fmt::format("chmod o-w \"{}\"", printable(target)));
  const std::string folder = parent_folder(target);
  const auto around = files.status(folder);
  if (around && (around->mode & writable_by_others) != 0 && (around->mode & sticky) == 0)
    refuse(fmt::format("leads into the folder \"{}\", where everybody on this machine may replace files (mode {:04o})",
                       printable(folder), around->mode),
           fmt::format("chmod o-w \"{}\"", printable(folder)));
  return target;
}

}  // namespace ingot::io
