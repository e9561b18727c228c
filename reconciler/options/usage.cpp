#include "reconciler/options/usage.hpp"

#include <fmt/format.h>

#include "schema/error.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::options {

void wrong(const std::string& text, const std::string& mend) { throw Error(Fault::usage, text, mend); }

std::string see(const std::string& command) {
  return command.empty() ? "see: ingot --help" : fmt::format("see: ingot {} --help", command);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, const std::string& otherwise) {
  const auto near = nearest(word, known);
  return near ? fmt::format("did you mean \"{}\"?", *near) : otherwise;
}

}  // namespace ingot::options
