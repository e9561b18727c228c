// The style sheet of all reports.
#pragma once

#include <string_view>

namespace ingot::show {

/// CSS; begins and ends with a newline. Its digest is in the page's Content-Security-Policy.
extern const std::string_view report_style;

}  // namespace ingot::show
