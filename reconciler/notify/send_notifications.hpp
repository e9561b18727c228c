// Tells a run's news to whom the manifest names.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/notify/notification.hpp"

namespace ingot::notify {

/// Each entry that is due, once, one after the other. One that cannot be told is warned of and changes nothing else; after an
/// interrupt nobody is told. No program is given the variables `withheld`.
void send_notifications(const Notification& news, const std::vector<NotifyEntry>& entries, const std::set<std::string>& withheld,
                        const console::Session& session);

}  // namespace ingot::notify
