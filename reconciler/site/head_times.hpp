// When heads of servers were signed, as far as they were seen: a catalog gives its events serials, not times.
#pragma once

#include <map>
#include <string>

#include "reconciler/io/disk/files.hpp"
#include "schema/catalog/serial.hpp"
#include "schema/digest.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::site {

/// The newest heads of one server that were seen; at most `most_head_times`.
using HeadTimes = std::map<Serial, Time>;
inline constexpr std::size_t most_head_times = 8'192;

/// Adds a head to those that are kept for this server in `folder`, and gives all. A damaged file counts as not there. What
/// cannot be written is given all the same: the next call then does not know it.
HeadTimes note_head_time(io::Files& files, const std::string& folder, const ServerId& id, Serial serial, Time issued);
/// Those that are kept.
HeadTimes head_times(io::Files& files, const std::string& folder, const ServerId& id);

}  // namespace ingot::site
