// The matrices of the report of many servers.
#pragma once

#include "reconciler/show/html/fleet_report_page.hpp"
#include "reconciler/show/html/html_writer.hpp"

namespace ingot::show {

void put_series_matrix(const FleetPage& page, HtmlWriter& html);
void put_copies_matrix(const FleetPage& page, HtmlWriter& html);
/// One folded part for each origin, at most 100 images in a picture and 1,000 in a part: those with gaps first. Parts in which
/// something is missing are open.
void put_image_matrices(const FleetPage& page, HtmlWriter& html);

}  // namespace ingot::show
