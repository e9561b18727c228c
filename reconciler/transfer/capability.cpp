#include "reconciler/transfer/capability.hpp"

namespace ingot::transfer {

bool is_capability(std::string_view value) {
  constexpr std::size_t word = 4;
  constexpr std::string_view nobody{"\xFF\xFF\xFF\xFF", word};
  if (value.size() < word || static_cast<unsigned char>(value[0]) > 1 || value[1] != 0 || value[2] != 0) return false;
  const char revision = value[3];
  return (revision == 2 && value.size() == 5 * word) || (revision == 3 && value.size() == 6 * word && !value.ends_with(nobody));
}

}  // namespace ingot::transfer
