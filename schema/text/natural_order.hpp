// The order of versions and numbered names: 19.9 stands before 19.24.
#pragma once

#include <string_view>

namespace ingot {

/// Whether `one` stands before `other`: runs of digits compare as numbers of any length, other bytes by value, and a text stands
/// before what continues it. Texts that compare alike ("1.02", "1.2") stand in the order of their bytes.
bool natural_less(std::string_view one, std::string_view other);

}  // namespace ingot
