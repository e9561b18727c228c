// Whether a file or a folder already is an image.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "schema/digest.hpp"
#include "schema/image.hpp"

namespace ingot::transfer {

/// Reads the whole of `path`, and no more than `size` canonical bytes. False for whatever is not just this image, or cannot be
/// read. `progress` gets the bytes read of regular files.
bool is_just(const std::string& path, ImageKind kind, const Digest& digest, std::uint64_t size,
             const std::function<void(std::uint64_t)>& progress);

}  // namespace ingot::transfer
