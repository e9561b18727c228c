// What the entries of a catalog weigh: a bound on the memory that a reader needs for them, whatever their text is like.
#pragma once

#include <cstdint>

#include "schema/catalog/catalog.hpp"

namespace ingot {

/// All entries of a catalog together (published-tree.md). Some 400,000 images with a few labels each.
inline constexpr std::uint64_t heaviest_catalog = 512 * 1024 * 1024;

/// In bytes; at least what the value takes in memory, without the vector's room to grow.
std::uint64_t weight_of(const ImageEntry& image);
std::uint64_t weight_of(const ImageTombstone& tombstone);
std::uint64_t weight_of(const SeriesEntry& series);  ///< with its members
std::uint64_t weight_of(const SeriesMember& member);
std::uint64_t weight_of(const SeriesTombstone& tombstone);
std::uint64_t weight_of(const TypeEntry& type);

/// How many images the index promises, but no more than a catalog may hold.
std::uint64_t images_to_expect(const Index& index);

}  // namespace ingot
