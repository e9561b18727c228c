// What a source is, without opening a file: its size for progress and budgets, and the stamp by which a later run notes
// that it changed (R18).
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/source_walk.hpp"

namespace ingot {

namespace {

/// One line a member. A name may hold anything but NUL, so NUL ends it. Seconds for what has no content of its own:
/// the tar keeps no more of it.
std::string stamp_line(const std::string& path, const struct stat& status) {
  const bool is_file = S_ISREG(status.st_mode);
  return fmt::format("{}{}{} {} {}.{}\n", path, '\0',
                     is_file                   ? 'f'
                     : S_ISDIR(status.st_mode) ? 'd'
                                               : 'l',
                     S_ISDIR(status.st_mode) ? 0 : status.st_size, status.st_mtim.tv_sec, is_file ? status.st_mtim.tv_nsec : 0);
}

void count(const SourceMember& member, SourceSurvey& survey, MemberFaults& faults) {
  if (!S_ISREG(member.status.st_mode) || member.first_of_group != nullptr) return;
  ++survey.files;
  survey.bytes += static_cast<std::uint64_t>(member.status.st_size);
  if (faccessat(member.folder, member.name.c_str(), R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0) {
    faults.add(member.path, with_reason("cannot be read", errno));
  }
}

}  // namespace

SourceSurvey survey_source(const std::string& path, const std::vector<std::string>& exclude) {
  const struct stat status = source_status(path);
  SourceSurvey survey;
  Sha256 hash;
  if (S_ISREG(status.st_mode)) {
    survey = {.kind = ImageKind::file, .files = 1, .bytes = static_cast<std::uint64_t>(status.st_size), .stamp = {}};
    hash.update("file\n" + stamp_line("", status));
  } else {
    survey.kind = ImageKind::tree;
    hash.update("tree\n");
    MemberFaults faults;
    walk_source(path, exclude, faults, [&](const SourceMember& member) {
      count(member, survey, faults);
      hash.update(stamp_line(member.path, member.status));
    });
    faults.throw_if_any(path);
  }
  survey.stamp = hash.finish().text();
  return survey;
}

}  // namespace ingot
