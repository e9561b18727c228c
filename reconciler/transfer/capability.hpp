// The value of security.capability, as linux/capability.h has it (struct vfs_ns_cap_data). Pure.
#pragma once

#include <string_view>

namespace ingot::transfer {

/// Whether the kernel takes it for one: 20 bytes of revision 2, or 24 of revision 3, which name the root user of a namespace.
bool is_capability(std::string_view value);

}  // namespace ingot::transfer
