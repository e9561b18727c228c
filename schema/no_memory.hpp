// What std::bad_alloc is told as, with Fault::local: it is the machine's, no bug.
#pragma once

namespace ingot {

inline constexpr const char* no_memory = "out of memory";
inline constexpr const char* free_memory =
    "free some memory, raise the limit (ulimit -v, MemoryMax=), or lower --parallel, and run it again";

}  // namespace ingot
