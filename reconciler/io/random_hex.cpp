#include "reconciler/io/random_hex.hpp"

#include <random>

#include <fmt/format.h>

namespace ingot::io {

std::string random_hex() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace ingot::io
