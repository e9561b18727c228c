// Names that nobody else gives, on whatever machine that shares the disk: process ids come again, in containers soon.
#pragma once

#include <string>

namespace ingot::io {

/// 16 hex digits, never the same twice.
std::string random_hex();

}  // namespace ingot::io
