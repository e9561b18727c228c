#include "reconciler/show/html/image_matrices.hpp"

#include <algorithm>
#include <map>

#include "reconciler/show/format/short_text.hpp"
#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/svg_matrix.hpp"

namespace ingot::show {

namespace {

using fleet::Holding;

constexpr std::size_t rows_in_a_picture = 100;
constexpr std::size_t rows_of_a_heading = 7;  ///< the names of the servers need as much room as so many rows
constexpr std::size_t most_image_rows = 4'000, most_image_marks = 160'000;

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

/// Whether a mark says that something is missing or wrong.
bool is_gap(const fleet::FleetHolding& held) {
  const Mark mark = mark_of(held);
  return mark == Mark::waiting || mark == Mark::differs;
}
bool has_gap(const fleet::FleetImage* image) { return std::any_of(image->holdings.begin(), image->holdings.end(), is_gap); }

/// The images that one server made.
struct OriginPart {
  std::string origin;
  std::vector<const fleet::FleetImage*> images;
  std::uint64_t gaps = 0;    ///< marks that say that something is missing or wrong
  std::size_t gap_rows = 0;  ///< images with such a mark
  std::size_t shown = 0;     ///< rows that it may have
};

using Servers = std::vector<fleet::FleetWord>;

std::string origin_text(const fleet::FleetImage& image, const Servers& servers) {
  const bool has_card = std::any_of(servers.begin(), servers.end(),
                                    [&](const fleet::FleetWord& server) { return server.id == image.identity.origin; });
  return image.origin + (has_card ? "" : " (no card)");
}

/// By the identity of the origin: two servers may have the same name.
std::vector<OriginPart> parts_by_origin(const Servers& servers, const std::vector<fleet::FleetImage>& images) {
  std::vector<OriginPart> parts;
  std::map<ServerId, std::size_t> places;
  for (const auto& image : images) {
    const auto [place, is_new] = places.emplace(image.identity.origin, parts.size());
    if (is_new) parts.push_back({.origin = origin_text(image, servers), .images = {}});
    OriginPart& part = parts[place->second];
    part.images.push_back(&image);
    const auto gaps = std::count_if(image.holdings.begin(), image.holdings.end(), is_gap);
    part.gaps += static_cast<std::uint64_t>(gaps);
    if (gaps > 0) ++part.gap_rows;
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const OriginPart& one, const OriginPart& other) { return one.gaps > other.gaps; });
  return parts;
}

/// Room for rows and the headings of their pictures, in rows.
std::size_t room_of(std::size_t rows) { return rows + (rows + rows_in_a_picture - 1) / rows_in_a_picture * rows_of_a_heading; }

/// At most `wanted` rows that fit.
std::size_t rows_within(std::size_t room, std::size_t wanted) {
  constexpr std::size_t picture = rows_in_a_picture + rows_of_a_heading;
  const std::size_t rest = room % picture;
  return std::min(wanted, room / picture * rows_in_a_picture + (rest > rows_of_a_heading ? rest - rows_of_a_heading : 0));
}

/// First a fair share for the gaps of each; then all of those with most gaps, as far as it goes.
void share_rows(std::size_t room, std::vector<OriginPart>& parts) {
  std::vector<OriginPart*> fewest_first;
  for (auto& part : parts) fewest_first.push_back(&part);
  std::stable_sort(fewest_first.begin(), fewest_first.end(),
                   [](const OriginPart* one, const OriginPart* other) { return one->gap_rows < other->gap_rows; });
  for (std::size_t i = 0; i < fewest_first.size(); ++i) {
    OriginPart& part = *fewest_first[i];
    part.shown = rows_within(room / (fewest_first.size() - i), part.gap_rows);
    room -= room_of(part.shown);
  }
  for (auto& part : parts) {
    room += room_of(part.shown);
    part.shown = rows_within(room, part.images.size());
    room -= room_of(part.shown);
  }
}

std::string title_of(const fleet::FleetImage& image) {
  std::string title = image.identity.name.text();
  for (const auto& series : image.series) title += ", series " + series.text();
  return shortened(image.withdrawn ? title + ", withdrawn" : title, 300);
}

void put_pictures(const std::vector<const fleet::FleetImage*>& images, const OriginPart& part, const Servers& servers,
                  HtmlWriter& html) {
  for (std::size_t begin = 0; begin < images.size(); begin += rows_in_a_picture) {
    Matrix matrix{.title = fmt::format("Images of {} on each server", part.origin), .columns = {}, .rows = {}};
    for (const auto& server : servers) matrix.columns.push_back(server.name);
    for (std::size_t i = begin; i < std::min(begin + rows_in_a_picture, images.size()); ++i) {
      matrix.rows.push_back({.label = images[i]->identity.name.text(), .title = title_of(*images[i]), .cells = {}});
      for (const auto& held : images[i]->holdings) matrix.rows.back().cells.push_back({.mark = mark_of(held)});
    }
    html.open("figure");
    put_matrix(matrix, html);
    html.close();
  }
}

void put_part(const OriginPart& part, bool open, const Servers& servers, HtmlWriter& html) {
  if (open)
    html.open("details", {{"open", ""}});
  else
    html.open("details");
  html.open("summary");
  html.text(part.origin);
  html.element("small", fmt::format("{}, {}", count_of(part.images.size(), "image"),
                                    part.gaps == 0 ? "nothing is missing" : number_text(part.gaps) + " missing or wrong"));
  html.close();
  std::vector<const fleet::FleetImage*> shown = part.images;
  if (part.shown < shown.size()) std::stable_partition(shown.begin(), shown.end(), has_gap);
  shown.resize(part.shown);
  put_pictures(shown, part, servers, html);
  if (const std::size_t more = part.images.size() - part.shown; more > 0)
    html.element("p", fmt::format("{} not shown; \"ingot fleet status --cards DIR\" lists them.", count_of(more, "image")),
                 {{"class", "note"}});
  html.close();
}

}  // namespace

void put_image_matrices(const std::vector<fleet::FleetWord>& servers, const std::vector<fleet::FleetImage>& images,
                        HtmlWriter& html) {
  constexpr std::size_t few = 200;
  html.open("figure");
  put_legend(
      {legend_entry(Mark::origin, "origin: made here"), legend_entry(Mark::present, "present: copied"),
       legend_entry(Mark::waiting, "waiting: wanted, or an older one of its series is here"),
       legend_entry(Mark::withdrawn, "withdrawn"),
       legend_entry(Mark::differs, "differs: other bytes, or the withdrawal is missing"), legend_entry(Mark::unknown, "unknown")},
      html);
  html.close();
  std::vector<OriginPart> parts = parts_by_origin(servers, images);
  share_rows(rows_that_fit(servers.size(), most_image_rows, most_image_marks), parts);
  for (const auto& part : parts) put_part(part, part.gaps > 0 || images.size() <= few, servers, html);
}

}  // namespace ingot::show
