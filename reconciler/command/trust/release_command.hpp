// key release, and key sign and install of what it writes.
#pragma once

#include <string>
#include <vector>

#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/console/session.hpp"
#include "reconciler/options/arguments.hpp"
#include "schema/catalog/root.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::command {

/// Signs with the release keys that are here; installed at once if they suffice, otherwise written to a file.
int release_images(const options::ReleaseImages& wanted, const console::Session& session);
/// Signs with whatever it is told to, in the file: which keys count is judged when it is installed.
int sign_releases(const options::SignRoot& wanted, std::vector<Envelope> releases, const console::Session& session);
int install_release_file(std::vector<Envelope> releases, const console::Session& session);

/// The keys for a role in the server's folder; warns of each that cannot be used. Error{usage}: there is none; Error{local}: none
/// that can be used.
apply::KeysHere keys_to_sign_with(apply::KeyRole role, const ServerSection& server, const console::Session& session);

}  // namespace ingot::command
