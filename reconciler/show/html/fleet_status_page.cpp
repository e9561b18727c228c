#include "reconciler/show/html/fleet_status_page.hpp"

#include <algorithm>

#include "reconciler/show/format/short_text.hpp"
#include "reconciler/show/html/image_matrices.hpp"
#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/report_pieces.hpp"

namespace ingot::show {

namespace {

constexpr std::size_t most_want_rows = 500, longest_text = 200;

std::uint64_t count_lacking(const FleetStatus& status) {
  std::uint64_t count = 0;
  for (const auto& image : status.images) {
    count += static_cast<std::uint64_t>(std::count_if(image.holdings.begin(), image.holdings.end(),
                                                      [](const fleet::FleetHolding& held) { return held.is_lacking(); }));
  }
  return count;
}

std::uint64_t count_words(const FleetStatus& status, bool (*wanted)(const fleet::FleetWord&)) {
  return static_cast<std::uint64_t>(std::count_if(status.servers.begin(), status.servers.end(), wanted));
}

std::vector<Tile> status_tiles(const FleetStatus& status, std::uint64_t lacking) {
  const std::uint64_t silent = count_words(status, [](const fleet::FleetWord& server) { return server.trouble != Code::none; });
  const std::uint64_t stated = count_words(status, [](const fleet::FleetWord& server) { return server.stated != nullptr; });
  return {{.label = "Servers",
           .value = number_text(status.servers.size()),
           .note = silent == 0 ? "all answered" : fmt::format("{} without a usable answer", number_text(silent)),
           .mood = silent == 0 ? Mood::good : Mood::warn},
          {.label = "Images", .value = number_text(status.images.size())},
          {.label = "Wanted and missing",
           .value = number_text(lacking),
           .note = fmt::format("on {} that publish their state", count_of(stated, "server")),
           .mood = lacking > 0                       ? Mood::bad
                   : stated == status.servers.size() ? Mood::good
                                                     : Mood::plain}};
}

void put_want_rows(const FleetStatus& status, HtmlWriter& html) {
  const auto wants = want_rows(status);
  if (wants.empty()) return html.element("p", "None.");
  std::vector<std::vector<Cell>> rows;
  for (const auto& want : wants) {
    if (rows.size() == most_want_rows) break;
    rows.push_back({{.text = want.server},
                    {.text = want.origin + " / " + want.image},
                    {.text = want.here, .mood = want.is_lacking ? Mood::warn : Mood::plain},
                    {.text = want.wanted},
                    {.text = shortened(want.why, longest_text)}});
  }
  put_table({"Server", "Image", "Here", "Wanted", "Rule"}, rows, wants.size() - rows.size(), html);
}

void put_server_table(const FleetStatus& status, HtmlWriter& html) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& server : status.servers) {
    std::vector<Cell> cells;
    for (auto& text : server_row(server, status.now)) cells.push_back({.text = shortened(text, longest_text)});
    cells[1].mood = server.trouble == Code::none ? Mood::good : Mood::bad;
    rows.push_back(std::move(cells));
  }
  put_table({"Server", "Answer", "Serial", "Signed", "Age", "Wants", "Why"}, rows, 0, html);
}

}  // namespace

void show_fleet_status_page(const FleetStatus& status, Output& out) {
  const std::uint64_t lacking = count_lacking(status);
  fleet::FleetReport images;
  images.images = status.images;
  put_page(
      fmt::format("Fleet status of {}", iso_day(history::day_of(status.now))),
      [&](HtmlWriter& html) {
        put_header(fmt::format("Fleet status · {}", moment_text(status.now)),
                   fmt::format("{}, {}", count_of(status.servers.size(), "server"), count_of(status.images.size(), "image")),
                   lacking == 0 ? "Nothing that a server is known to want is missing."
                                : fmt::format("{} on a server that wants it.",
                                              lacking == 1 ? "1 image is missing" : number_text(lacking) + " images are missing"),
                   html);
        put_tiles(status_tiles(status, lacking), html);
        put_section(status.every_want ? "Who wants it" : "Wanted and missing", unknown_wants(status.servers), html,
                    [&] { put_want_rows(status, html); });
        put_section("Servers", "", html, [&] { put_server_table(status, html); });
        if (!status.images.empty())
          put_section("Images and servers", "", html, [&] {
            put_image_matrices({.servers = status.servers, .report = images, .manifests = nullptr, .now = status.now}, html);
          });
        html.element("footer", "Made by ingot from what the servers publish. Times are UTC.");
      },
      out);
}

}  // namespace ingot::show
