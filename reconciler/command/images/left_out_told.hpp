// What of an image could not be kept where it was unpacked: owners, modes, capabilities …
#pragma once

#include "reconciler/console/session.hpp"
#include "reconciler/transfer/restore.hpp"

namespace ingot::command {

/// Tells it, with a hint. Returns exit_done; or exit_incomplete if more than owners is missing and `no_special` did not allow
/// that.
int tell_left_out(const transfer::LeftOut& left_out, bool no_special, const console::Session& session);

}  // namespace ingot::command
