// Removes an export: one rename takes it out of sight, then its members go. A removal that was cut short goes on later.
#pragma once

#include <string>

namespace ingot::exports {

/// Removes what is at folder/name, and what an earlier removal of it left. The caller has made sure that ingot made it and that
/// nobody uses it. Nothing there = fine. Error{local}; if anything is mounted in it, nothing is removed.
void take_away(const std::string& folder, const std::string& name);

/// Whether a removal, or an export of this name, that was cut short left something beside the place.
bool has_left_overs(const std::string& folder, const std::string& name);

}  // namespace ingot::exports
