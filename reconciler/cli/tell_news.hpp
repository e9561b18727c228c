// Tells a run's news to whom the manifest names.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reconciler/cli/news.hpp"
#include "reconciler/cli/session.hpp"

namespace ingot {

/// Each entry that is due, once, one after the other. One that cannot be told is warned of and changes nothing else; after an
/// interrupt nobody is told. No program is given the variables `withheld`.
void tell_news(const News& news, const std::vector<NotifyEntry>& entries, const std::set<std::string>& withheld,
               const Session& session);

}  // namespace ingot
