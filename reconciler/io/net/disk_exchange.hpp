// One request to a peer on a mounted disk (file://), without libcurl: regular files only, ranges exact, bounded.
#pragma once

#include <string>

#include "reconciler/io/net/throttle.hpp"
#include "reconciler/io/net/transport.hpp"

namespace ingot::io {

/// `folder` ends with "/". `url` and `why` of the answer are left to the caller, who knows how the peer is named.
/// `stopped`: set if the sink wanted no more. Throws what the sink threw, Error{interrupted or terminated}.
Response read_from_disk(const std::string& folder, const Request& request, const ByteSink& sink, Throttle& throttle,
                        bool& stopped);

}  // namespace ingot::io
