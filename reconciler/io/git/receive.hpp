// The fetch itself, by libgit2, to be run in a process of its own (fetch.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "reconciler/io/git/fetch.hpp"

namespace ingot::io {

/// As fetch_git, without its time limits.
void receive_git(const std::string& url, const std::string& folder, std::uint64_t most_bytes,
                 const std::function<void(const FetchProgress&)>& progress);

}  // namespace ingot::io
