// Text from outside made safe for a terminal, a log or one line of output.
#pragma once

#include <string>
#include <string_view>

namespace ingot::io {

/// Control bytes, escapes, DEL, C1, line separators, bidirectional controls and bad UTF-8 become \xNN, byte by byte.
std::string printable(std::string_view text);

}  // namespace ingot::io
