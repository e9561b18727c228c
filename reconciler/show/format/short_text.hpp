// Text for people that must be short: ages, and long text cut.
#pragma once

#include <string>
#include <string_view>

#include "schema/text/quantity.hpp"

namespace ingot::show {

/// "5 minutes", "3 hours", "2 days". Seconds up to 2 minutes, minutes up to 2 hours, hours up to 2 days. Negative: "0 seconds".
std::string age_text(Seconds age);

/// Printable, and at most `most` characters; "…" is the last one if something was cut.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace ingot::show
