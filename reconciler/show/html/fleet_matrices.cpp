#include "reconciler/show/html/fleet_matrices.hpp"

#include <algorithm>

#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/svg_matrix.hpp"

namespace ingot::show {

namespace {

using fleet::Standing;

/// For matrices with a number or a shade of its own in each cell.
std::size_t rows_of(const FleetPage& page) { return rows_that_fit(page.servers.size(), 300, 12'000); }

std::vector<std::string> server_names(const FleetPage& page) {
  std::vector<std::string> names;
  for (const auto& server : page.servers) names.push_back(server.name);
  return names;
}

MatrixCell cell_of(const fleet::SeriesStanding& standing) {
  switch (standing.standing) {
    case Standing::none: return {};
    case Standing::owner: return {.mark = Mark::origin};
    case Standing::current: return {.mark = Mark::present};
    case Standing::behind: return {.mark = Mark::waiting, .text = number_text(standing.behind)};
    case Standing::unknown: return {.mark = Mark::unknown};
  }
  return {};
}

void put_picture(const Matrix& matrix, const std::vector<LegendEntry>& legend, HtmlWriter& html) {
  html.open("figure");
  put_matrix(matrix, html);
  put_legend(legend, html);
  html.close();
}

void put_rest(std::size_t count, std::string_view one, HtmlWriter& html) {
  if (count > 0) html.element("p", fmt::format("{} more not shown.", count_of(count, one)), {{"class", "note"}});
}

/// The servers that others copied from; if there are too many, those that gave most. In the order of the servers.
std::vector<std::size_t> givers_of(const FleetPage& page, std::size_t most, std::size_t& left_out) {
  std::vector<std::uint64_t> bytes(page.servers.size());
  std::vector<std::size_t> givers;
  for (const auto& copies : page.report.copies) {
    if (!copies.from) continue;
    bytes[*copies.from] += copies.bytes;
    givers.push_back(*copies.from);
  }
  std::sort(givers.begin(), givers.end());
  givers.erase(std::unique(givers.begin(), givers.end()), givers.end());
  left_out = givers.size() - std::min(givers.size(), most);
  std::stable_sort(givers.begin(), givers.end(), [&](std::size_t one, std::size_t other) { return bytes[one] > bytes[other]; });
  givers.resize(givers.size() - left_out);
  std::sort(givers.begin(), givers.end());
  return givers;
}

/// A quarter of the largest each.
Mark heat_of(std::uint64_t bytes, std::uint64_t most) {
  const std::uint64_t quarter = most / 4;
  if (bytes > quarter * 3) return Mark::heat4;
  if (bytes > quarter * 2) return Mark::heat3;
  return bytes > quarter ? Mark::heat2 : Mark::heat1;
}

}  // namespace

void put_series_matrix(const FleetPage& page, HtmlWriter& html) {
  const std::size_t most = rows_of(page);
  Matrix matrix{.title = "Series and servers: who has the newest image", .columns = server_names(page), .rows = {}};
  for (const auto& series : page.report.series) {
    if (matrix.rows.size() == most) break;
    matrix.rows.push_back({.label = page.servers[series.origin].name + " / " + series.name.text(),
                           .title = fmt::format("newest: {}", series.latest.text()),
                           .cells = {}});
    for (const auto& standing : series.standings) matrix.rows.back().cells.push_back(cell_of(standing));
  }
  put_picture(matrix,
              {legend_entry(Mark::origin, "makes the series"), legend_entry(Mark::present, "has the newest image"),
               legend_entry(Mark::unknown, "unknown")},
              html);
  put_rest(page.report.series.size() - matrix.rows.size(), "series", html);
}

void put_copies_matrix(const FleetPage& page, HtmlWriter& html) {
  Matrix matrix{
      .title = "Bytes copied from each server (rows) to each server (columns)", .columns = server_names(page), .rows = {}};
  std::uint64_t most = 1;
  std::vector<std::size_t> row_of(page.servers.size(), page.servers.size());
  for (const auto& copies : page.report.copies) most = std::max(most, copies.bytes);
  std::size_t left_out = 0;
  for (const std::size_t from : givers_of(page, rows_of(page), left_out)) {
    row_of[from] = matrix.rows.size();
    matrix.rows.push_back({.label = page.servers[from].name, .title = "", .cells = std::vector<MatrixCell>(page.servers.size())});
  }
  for (const auto& copies : page.report.copies) {
    if (copies.from && row_of[*copies.from] < matrix.rows.size())
      matrix.rows[row_of[*copies.from]].cells[copies.to] = {.mark = heat_of(copies.bytes, most)};
  }
  if (matrix.rows.empty()) return;
  put_picture(matrix,
              {legend_entry(Mark::heat1, "few bytes"), legend_entry(Mark::heat4, fmt::format("up to {}", size_text(most)))},
              html);
  put_rest(left_out, "server", html);
}

}  // namespace ingot::show
