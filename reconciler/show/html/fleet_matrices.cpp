#include "reconciler/show/html/fleet_matrices.hpp"

#include <algorithm>

#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/svg_charts.hpp"
#include "reconciler/show/html/svg_matrix.hpp"

namespace ingot::show {

namespace {

using fleet::Holding;
using fleet::Standing;

constexpr std::size_t rows_in_a_picture = 100;
constexpr std::size_t rows_of_an_origin = 1000;

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

Mark mark_of(const fleet::FleetHolding& held) {
  if (!held.holding) return Mark::unknown;
  switch (*held.holding) {
    case Holding::origin: return Mark::origin;
    case Holding::present: return held.misses_withdrawal ? Mark::differs : Mark::present;
    case Holding::withdrawn: return Mark::withdrawn;
    case Holding::waiting: return Mark::waiting;
    case Holding::absent: return Mark::none;
    case Holding::differs: return Mark::differs;
  }
  return Mark::none;
}

LegendEntry legend_entry(Mark mark, std::string text) {
  return {.shape = mark == Mark::differs ? LegendShape::cross : LegendShape::mark,
          .style = mark_class(mark),
          .text = std::move(text)};
}

void put_picture(const Matrix& matrix, const std::vector<LegendEntry>& legend, HtmlWriter& html) {
  html.open("figure");
  put_matrix(matrix, html);
  put_legend(legend, html);
  html.close();
}

/// Whether a mark says that something is missing or wrong.
bool is_gap(const fleet::FleetHolding& held) {
  const Mark mark = mark_of(held);
  return mark == Mark::waiting || mark == Mark::differs;
}

/// The images of one origin, which stand together.
struct OriginPart {
  std::size_t begin = 0, end = 0;
  std::uint64_t gaps = 0;  ///< marks that say that something is missing or wrong
};

std::vector<OriginPart> parts_by_origin(const std::vector<fleet::FleetImage>& images) {
  std::vector<OriginPart> parts;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (parts.empty() || images[parts.back().begin].origin != images[i].origin) parts.push_back({.begin = i});
    OriginPart& part = parts.back();
    part.end = i + 1;
    part.gaps += static_cast<std::uint64_t>(std::count_if(images[i].holdings.begin(), images[i].holdings.end(), is_gap));
  }
  return parts;
}

/// The images that are shown. If there are too many, those with gaps come first.
std::vector<const fleet::FleetImage*> shown_images(const std::vector<fleet::FleetImage>& images, const OriginPart& part) {
  std::vector<const fleet::FleetImage*> shown;
  for (std::size_t i = part.begin; i < part.end; ++i) shown.push_back(&images[i]);
  if (shown.size() <= rows_of_an_origin) return shown;
  std::stable_partition(shown.begin(), shown.end(), [](const fleet::FleetImage* image) {
    return std::any_of(image->holdings.begin(), image->holdings.end(), is_gap);
  });
  shown.resize(rows_of_an_origin);
  return shown;
}

std::string title_of(const fleet::FleetImage& image) {
  std::string title = image.identity.name.text();
  for (const auto& series : image.series) title += ", series " + series.text();
  if (image.withdrawn) title += ", withdrawn";
  return image.digest ? title + ", " + image.digest->text() : title;
}

void put_part(const FleetPage& page, const OriginPart& part, bool open, HtmlWriter& html) {
  static const std::vector<LegendEntry> legend{legend_entry(Mark::origin, "made here"),
                                               legend_entry(Mark::present, "copied"),
                                               legend_entry(Mark::waiting, "missing, an older one of its series is here"),
                                               legend_entry(Mark::withdrawn, "withdrawn"),
                                               legend_entry(Mark::differs, "other bytes, or a withdrawal is missing"),
                                               legend_entry(Mark::unknown, "not known")};
  const auto& images = page.report.images;
  if (open)
    html.open("details", {{"open", ""}});
  else
    html.open("details");
  html.open("summary");
  html.text(images[part.begin].origin);
  html.element("small", fmt::format("{}, {}", count_of(part.end - part.begin, "image"),
                                    part.gaps == 0 ? "nothing is missing" : number_text(part.gaps) + " missing or wrong"));
  html.close();
  const auto shown = shown_images(images, part);
  for (std::size_t begin = 0; begin < shown.size(); begin += rows_in_a_picture) {
    Matrix matrix{.title = fmt::format("Images of {} on each server", images[part.begin].origin),
                  .columns = server_names(page),
                  .rows = {}};
    for (std::size_t i = begin; i < std::min(begin + rows_in_a_picture, shown.size()); ++i) {
      matrix.rows.push_back({.label = shown[i]->identity.name.text(), .title = title_of(*shown[i]), .cells = {}});
      for (const auto& held : shown[i]->holdings) matrix.rows.back().cells.push_back({.mark = mark_of(held)});
    }
    put_picture(matrix, legend, html);
  }
  if (const std::size_t more = part.end - part.begin - shown.size(); more > 0)
    html.element("p", fmt::format("{} more not shown.", count_of(more, "image")), {{"class", "note"}});
  html.close();
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
  constexpr std::size_t most = 300;
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
               legend_entry(Mark::unknown, "not known")},
              html);
  if (page.report.series.size() > most)
    html.element("p",
                 fmt::format("{} more series not shown: no server is further behind in them.",
                             number_text(page.report.series.size() - most)),
                 {{"class", "note"}});
}

void put_copies_matrix(const FleetPage& page, HtmlWriter& html) {
  Matrix matrix{
      .title = "Bytes copied from each server (rows) to each server (columns)", .columns = server_names(page), .rows = {}};
  std::uint64_t most = 1;
  std::vector<std::size_t> row_of(page.servers.size(), page.servers.size());
  for (const auto& copies : page.report.copies) most = std::max(most, copies.bytes);
  for (std::size_t from = 0; from < page.servers.size(); ++from) {
    const bool gives = std::any_of(page.report.copies.begin(), page.report.copies.end(),
                                   [&](const fleet::FleetCopies& copies) { return copies.from == from; });
    if (!gives) continue;
    row_of[from] = matrix.rows.size();
    matrix.rows.push_back({.label = page.servers[from].name, .title = "", .cells = std::vector<MatrixCell>(page.servers.size())});
  }
  for (const auto& copies : page.report.copies) {
    if (copies.from) matrix.rows[row_of[*copies.from]].cells[copies.to] = {.mark = heat_of(copies.bytes, most)};
  }
  if (matrix.rows.empty()) return;
  put_picture(matrix,
              {legend_entry(Mark::heat1, "few bytes"), legend_entry(Mark::heat4, fmt::format("up to {}", size_text(most)))},
              html);
}

void put_image_matrices(const FleetPage& page, HtmlWriter& html) {
  constexpr std::size_t few = 200;
  for (const auto& part : parts_by_origin(page.report.images))
    put_part(page, part, part.gaps > 0 || page.report.images.size() <= few, html);
}

}  // namespace ingot::show
