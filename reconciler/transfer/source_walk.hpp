// Walks a source folder in canonical order, relative to open folders and never through a link. Says what is there;
// what to do with a member is the visitor's business.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "reconciler/transfer/descriptor.hpp"
#include "reconciler/transfer/member_faults.hpp"

namespace ingot {

/// A member as the walk found it. `folder` is the open folder that holds it, or, for a folder, the folder itself.
struct SourceMember {
  const std::string& path;  ///< as in the tar: "./", "./a/", "./a/b"
  const std::string& name;  ///< in `folder`; "" for a folder
  const struct stat& status;
  int folder;
  const std::string* first_of_group;  ///< the path of the hard link group's first member, if this is a later one
};

/// What the source itself is: a folder or a regular file. Error{incomplete}: not there, a link, anything else.
struct stat source_status(const std::string& source);

/// Opens the source, never through a link at its end. Error{incomplete}.
Descriptor open_source(const std::string& source, int flags);

/// Whether two looks at one inode saw the same content.
bool is_unchanged(const struct stat& before, const struct stat& after);

/// Visits the members of the folder `source` that no glob of `exclude` names; sockets, devices, FIFOs, folders that
/// cannot be read or that change meanwhile go to `faults`, and the walk goes on.
void walk_source(const std::string& source, const std::vector<std::string>& exclude, MemberFaults& faults,
                 const std::function<void(const SourceMember&)>& visit);

}  // namespace ingot
