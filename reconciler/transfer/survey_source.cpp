// What a source is, without opening a file: its size for progress and budgets, and the stamp by which a later run notes
// that it changed (R18).
#include <cerrno>
#include <charconv>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/source_walk.hpp"

namespace ingot::transfer {

namespace {

/// One line a member. A name may hold anything but NUL, so NUL ends it. Seconds for what has no content of its own:
/// the tar keeps no more of it.
std::string stamp_line(const std::string& path, const struct stat& status, bool has_time) {
  const bool is_file = S_ISREG(status.st_mode);
  return fmt::format("{}{}{} {} {}.{}\n", path, '\0',
                     is_file                   ? 'f'
                     : S_ISDIR(status.st_mode) ? 'd'
                                               : 'l',
                     S_ISDIR(status.st_mode) ? 0 : status.st_size, has_time ? status.st_mtim.tv_sec : 0,
                     is_file ? status.st_mtim.tv_nsec : 0);
}

/// Of the source itself: what any change of it or of the names in it changes.
std::string top_text(const struct stat& status) {
  return fmt::format("{} {} {}.{} {}.{}", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                     status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

/// Old kernels know no faccessat2, and old container runtimes refuse it.
bool is_readable(const SourceMember& member) {
  const char* const name = member.name.c_str();
  if (faccessat(member.folder, name, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno != EPERM && errno != ENOSYS) return false;
  return geteuid() == 0 || faccessat(member.folder, name, R_OK, 0) == 0;
}

enum class Readable { must_be, was };

void count(const SourceMember& member, Readable readable, SourceSurvey& survey, MemberFaults& faults) {
  if (!S_ISREG(member.status.st_mode) || member.first_of_group != nullptr) return;
  ++survey.files;
  survey.bytes += static_cast<std::uint64_t>(member.status.st_size);
  if (readable == Readable::must_be && !is_readable(member)) faults.add(member.path, with_reason("cannot be read", errno));
}

SourceSurvey survey_of(const Source& source, Readable readable) {
  const struct stat status = source_status(source.path);
  SourceSurvey survey;
  std::uint64_t members = 1;
  io::Sha256 hash;
  if (S_ISREG(status.st_mode)) {
    survey = {.kind = ImageKind::file, .files = 1, .bytes = static_cast<std::uint64_t>(status.st_size), .stamp = {}};
    hash.update("file\n" + stamp_line("", status, true));
  } else {
    survey.kind = ImageKind::tree;
    hash.update("tree\n");
    MemberFaults faults;
    survey.mounts = walk_source(source, faults, [&](const SourceMember& member) {
      ++members;
      count(member, readable, survey, faults);
      hash.update(stamp_line(member.path, member.status, source.exclude.empty() || !S_ISDIR(member.status.st_mode)));
    });
    faults.throw_if_any(source.path);
  }
  survey.stamp = fmt::format("{} {} {}", hash.finish().text(), members, top_text(status));
  return survey;
}

}  // namespace

SourceSurvey survey_source(const Source& source) {
  source_status(source.path);  // a source that is not there is told of as that
  refuse_own_place(source);
  return survey_of(source, Readable::must_be);
}

SourceSurvey survey_again(const Source& source) { return survey_of(source, Readable::was); }

bool is_as_it_was(const SourceSurvey& survey, const std::string& stamp) {
  const auto members = [](std::string_view text) { return text.substr(0, text.find(' ')); };
  return members(survey.stamp) == members(stamp);
}

std::optional<std::uint64_t> members_under_same_top(const std::string& path, const std::string& stamp) {
  const auto first = stamp.find(' ');
  const auto second = first == std::string::npos ? first : stamp.find(' ', first + 1);
  struct stat status {};
  if (second == std::string::npos || lstat(path.c_str(), &status) != 0) return std::nullopt;
  std::uint64_t members = 0;
  if (std::from_chars(stamp.data() + first + 1, stamp.data() + second, members).ec != std::errc()) return std::nullopt;
  return top_text(status) == std::string_view(stamp).substr(second + 1) ? std::optional(members) : std::nullopt;
}

}  // namespace ingot::transfer
