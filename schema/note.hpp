// A note of a plan: something worth knowing that is not a change.
#pragma once

#include <string>

#include "schema/code.hpp"

namespace ingot {

/// A note for the reader of a plan; never changes an exit code.
struct Note {
  Code code = Code::none;  ///< "unmanaged", "source-changed", "before-baseline" … ("ingot schema plan")
  std::string address;     ///< of what it is about; may be ""
  std::string text;
  bool operator==(const Note&) const = default;
};

}  // namespace ingot
