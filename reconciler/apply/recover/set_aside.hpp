// The old state file while a new one is made: moved aside, never removed, and taken back if the making was cut off. While it is
// made the new one bears the state's name with ".new" (State::restore), and the old one waits under ".old"; so the two names
// tell how far a run came that died, at any instant.
#pragma once

#include <string>

#include "reconciler/io/disk/files.hpp"

namespace ingot::apply {

/// Moves the state `path`, with what its database has beside it, out of the way. The new state must be there, beside it.
/// Error{local}.
void move_away(const std::string& path, io::Files& files);

/// Ends what move_away began: where nothing has got the state's name since, the old one gets it back; else the old one gets a
/// name for good, with the time at which it was written last. Gives that; "": nothing was moved away, or it is back.
/// Error{local}.
std::string settle_moved(const std::string& path, io::Files& files);

}  // namespace ingot::apply
