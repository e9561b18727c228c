// Which image is on which server, by origin. A fleet may have more images than a page can hold: rows are shared out.
#pragma once

#include <vector>

#include "reconciler/fleet/fleet_status.hpp"
#include "reconciler/show/html/html_writer.hpp"

namespace ingot::show {

/// One folded part for each origin, those with most gaps first; at most 4,000 rows and 160,000 marks in all. Each origin shows
/// its images with gaps before the others. Parts in which something is missing are open.
void put_image_matrices(const std::vector<fleet::FleetWord>& servers, const std::vector<fleet::FleetImage>& images,
                        HtmlWriter& html);

}  // namespace ingot::show
