// Standard input, output and error as this process was given them.
#pragma once

namespace ingot::io {

/// Opens /dev/null in the place of each of the descriptors 0, 1 and 2 that is closed, so that no file or lock that is opened
/// later gets one of these numbers and is written to as if it were the terminal. Call it before anything is opened. false: it
/// cannot.
bool occupy_standard_streams() noexcept;

}  // namespace ingot::io
