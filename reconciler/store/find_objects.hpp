// Bytes that nothing tells of any more, known by what they hold.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/store/store.hpp"

namespace ingot::store {

/// Looks for images' bytes, by their digests and sizes, in all that lies in the store but `known`: it reads and unpacks what
/// may hold them. What is not whole is not found.
std::map<Digest, Packed> find_objects(const Store& store, io::Files& files, const std::map<Digest, std::uint64_t>& wanted,
                                      const std::set<Digest>& known);

}  // namespace ingot::store
