// Names for new things: a state's lineage and a run. Random bits come from the kernel.
#pragma once

#include <cstdint>
#include <string>

#include "schema/text/quantity.hpp"

namespace ingot::apply {

/// Error{internal} if the kernel has none to give.
std::uint64_t random_bits();

/// 32 hex digits, never the same twice.
std::string new_lineage();

/// "20261123T020000Z-1a2b3c": sorts by time; the lowest 24 bits of `random` keep runs of one second apart.
std::string new_run_id(Time started, std::uint64_t random);

}  // namespace ingot::apply
