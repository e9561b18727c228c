#include "schema/manifest/problem.hpp"

#include <fmt/format.h>

namespace ingot {

std::string At::text() const { return fmt::format("{}:{}", file, line); }

std::string Problem::line_text() const {
  std::string place = file;
  if (line > 0) place += fmt::format(":{}", line);
  if (line > 0 && column > 0) place += fmt::format(":{}", column);
  return mend.empty() ? fmt::format("{}: {}", place, text) : fmt::format("{}: {}; {}", place, text, mend);
}

}  // namespace ingot
