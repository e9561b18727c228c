#include "reconciler/apply/publish/fresh_ids.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>

#include "schema/error.hpp"

namespace ingot::apply {

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    throw Error(Fault::internal, "the kernel gives no random bits");
  return bits;
}

std::string new_lineage() { return fmt::format("{:016x}{:016x}", random_bits(), random_bits()); }

std::string new_run_id(Time started, std::uint64_t random) {
  std::string text = time_text(started);
  std::erase_if(text, [](char one) { return one == '-' || one == ':'; });
  return fmt::format("{}-{:06x}", text, random & 0xFFFFFF);
}

}  // namespace ingot::apply
