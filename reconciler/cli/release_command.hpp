// key release, and key sign and install of what it writes.
#pragma once

#include <string>
#include <vector>

#include "reconciler/cli/key_arguments.hpp"
#include "reconciler/cli/session.hpp"
#include "schema/root.hpp"

namespace ingot {

/// Signs with the release keys that are here; installed at once if they suffice, otherwise written to a file.
int release_images(const ReleaseImages& wanted, const Session& session);
/// Signs with whatever it is told to, in the file: which keys count is judged when it is installed.
int sign_releases(const SignRoot& wanted, std::vector<Envelope> releases, const Session& session);
int install_release_file(std::vector<Envelope> releases, const Session& session);

}  // namespace ingot
