// The bound on the memory of a child that runs libgit2.
#pragma once

#include <cstdint>

namespace ingot::io {

/// This process can have so many bytes of private memory beyond what it has now. Mapped files do not count, or a large pack could
/// not be read; nor does what a sanitizer has reserved.
void limit_memory(std::uint64_t more);

}  // namespace ingot::io
