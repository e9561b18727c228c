// The old state file while a new one is made: moved aside, never removed, and taken back if the making was cut off.
#pragma once

#include <string>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/files.hpp"

namespace ingot {

/// Moves the state `path`, with what its database has beside it, to a name of this time. Gives where it is now; "": nothing
/// had that name. Error{local}.
std::string set_aside(const std::string& path, Files& files, Time now);

/// If a making of the state `path` was cut off after the old one was moved aside, the old one gets its name back. Error{local}.
void take_back(const std::string& path, Files& files);

}  // namespace ingot
