// The peer's root of trust: pinned by its card, then followed version by version.
#pragma once

#include <cstdint>

#include "reconciler/observe/visit.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::observe {

/// A chain longer than this in one run is hostile.
inline constexpr int most_new_roots = 64;

/// The newest root that is known here: the cached chain, begun with root 1, which is fetched if it is not cached.
Tried<trust::TrustedRoot> known_root(const Visit& visit);

/// Asks for newer roots, one after the other, until there is none or `up_to` is reached; each is kept.
/// A root that does not follow the one before is untrusted.
Tried<trust::TrustedRoot> newer_root(const Visit& visit, const trust::TrustedRoot& known, std::uint64_t up_to = UINT64_MAX);

}  // namespace ingot::observe
