// Where a manifest says that the state is, and what lies beside it on this machine.
#pragma once

#include <string>

#include "schema/manifest/manifest.hpp"
#include "state/engine/place.hpp"

namespace ingot::site {

/// With the password of `state_password_file`, if there is one. Error{manifest}: that file cannot be read.
state::Place place_of(const ServerSection& server);

/// The folder of this machine where the memory of peers is: that of the state file, or `cache` if the state is in a database.
std::string state_folder(const ServerSection& server);

std::string lock_path(const ServerSection& server);

}  // namespace ingot::site
