// Series × servers, and who copies how much from whom, as matrices.
#pragma once

#include "reconciler/show/html/fleet_report_page.hpp"
#include "reconciler/show/html/html_writer.hpp"

namespace ingot::show {

/// At most 300 rows and 12,000 marks in each.
void put_series_matrix(const FleetPage& page, HtmlWriter& html);
void put_copies_matrix(const FleetPage& page, HtmlWriter& html);

}  // namespace ingot::show
