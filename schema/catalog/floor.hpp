// The floor of trust: what was accepted of a server once is never undercut.
#pragma once

#include <cstdint>

#include "schema/catalog/serial.hpp"
#include "schema/digest.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

/// The lowest head that may still be accepted of a server; never goes down, survives unregistering (R5).
struct Floor {
  ServerId id;
  std::uint64_t epoch = 0;
  Serial serial = 0;
  Digest head;  ///< of the payload of the head at (epoch, serial)
  std::uint64_t root_version = 1;
  Time issued;  ///< when the head at (epoch, serial) was issued
  bool operator==(const Floor&) const = default;
};

}  // namespace ingot
