// Walks a source folder in canonical order, relative to open folders and never through a link. Says what is there;
// what to do with a member is the visitor's business.
#pragma once

#include <functional>
#include <set>
#include <string>

#include <sys/stat.h>

#include "reconciler/transfer/descriptor.hpp"
#include "reconciler/transfer/member_faults.hpp"
#include "reconciler/transfer/source.hpp"

namespace ingot::transfer {

/// Of a member that was other at a second look.
inline constexpr const char* changed_while_read = "changed while it was read";

/// A member as the walk found it. `folder` is the open folder that holds it, or, for a folder, the folder itself.
struct SourceMember {
  const std::string& path;  ///< as in the tar: "./", "./a/", "./a/b"
  const std::string& name;  ///< in `folder`; "" for a folder
  const struct stat& status;
  int folder;
  const std::string* first_of_group;  ///< the path of the hard link group's first member, if this is a later one
};

/// What the source itself is: a folder or a regular file. Error{incomplete}: not there, a link, anything else.
struct stat source_status(const std::string& path);

/// Error{incomplete}: the source is, or lies in, a place of this server's own.
void refuse_own_place(const Source& source);

/// Opens the source, never through a link at its end. Error{incomplete}.
Descriptor open_source(const std::string& source, int flags);

/// Whether two looks at one inode saw the same content.
bool is_unchanged(const struct stat& before, const struct stat& after);

/// Visits the members of a folder that no glob of `exclude` names; sockets, devices, FIFOs, folders that cannot be read or that
/// change meanwhile, and places of this server's own, go to `faults`, and the walk goes on. Gives what it left out since
/// something is mounted there: of a folder the content, and a file altogether.
std::set<std::string> walk_source(const Source& source, MemberFaults& faults,
                                  const std::function<void(const SourceMember&)>& visit);

}  // namespace ingot::transfer
