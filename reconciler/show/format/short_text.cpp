#include "reconciler/show/format/short_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/table.hpp"

namespace ingot::show {

std::string age_text(Seconds age) {
  const auto in = [&](std::int64_t unit, std::string_view name) {
    const std::int64_t count = std::max<std::int64_t>(age.count() / unit, 0);
    return fmt::format("{} {}{}", count, name, count == 1 ? "" : "s");
  };
  if (age.count() < 120) return in(1, "second");
  if (age.count() < 7200) return in(60, "minute");
  return age.count() < 172'800 ? in(3600, "hour") : in(86'400, "day");
}

std::string shortened(std::string_view text, std::size_t most) {
  std::string safe = io::printable(text);
  if (text_width(safe) <= most) return safe;
  std::size_t end = 0;
  for (std::size_t count = 0; end < safe.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(safe[end]) & 0xC0U) != 0x80U;
    if (begins && ++count == most) break;
  }
  return safe.substr(0, end) + "…";
}

}  // namespace ingot::show
