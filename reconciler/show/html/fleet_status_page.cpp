#include "reconciler/show/html/fleet_status_page.hpp"

#include <algorithm>

#include "reconciler/show/format/short_text.hpp"
#include "reconciler/show/html/image_matrices.hpp"
#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/report_pieces.hpp"

namespace ingot::show {

namespace {

constexpr std::size_t most_want_rows = 500, longest_text = 200;

/// Images that are wanted somewhere and not there, and the servers that want them.
struct Lacking {
  std::uint64_t images = 0;
  std::uint64_t servers = 0;
};

Lacking lacking_in(const FleetStatus& status) {
  Lacking lacking;
  std::vector<bool> lacks(status.servers.size());
  for (const auto& image : status.images) {
    bool somewhere = false;
    for (std::size_t i = 0; i < image.holdings.size(); ++i) {
      if (!image.holdings[i].is_lacking()) continue;
      somewhere = true;
      lacks[i] = true;
    }
    if (somewhere) ++lacking.images;
  }
  lacking.servers = static_cast<std::uint64_t>(std::count(lacks.begin(), lacks.end(), true));
  return lacking;
}

/// What a server wants is known only if it answered and publishes its state.
std::string lead_of(const Lacking& lacking, std::uint64_t stated, std::uint64_t servers) {
  if (lacking.images > 0) {
    const bool one = lacking.images == 1, one_server = lacking.servers == 1;
    return fmt::format("{} {} missing on {} that {} {}.", count_of(lacking.images, "image"), one ? "is" : "are",
                       one_server ? "a server" : number_text(lacking.servers) + " servers", one_server ? "wants" : "want",
                       one ? "it" : "them");
  }
  if (stated == 0) return "No server says what it wants.";
  if (stated == servers) return "Nothing that a server wants is missing.";
  return fmt::format("Nothing is missing on {} that {} what {}; of the others it is unknown.", count_of(stated, "server"),
                     stated == 1 ? "says" : "say", stated == 1 ? "it wants" : "they want");
}

std::uint64_t count_words(const FleetStatus& status, bool (*wanted)(const fleet::FleetWord&)) {
  return static_cast<std::uint64_t>(std::count_if(status.servers.begin(), status.servers.end(), wanted));
}

std::uint64_t count_stated(const FleetStatus& status) {
  return count_words(status, [](const fleet::FleetWord& server) { return server.stated != nullptr; });
}

std::vector<Tile> status_tiles(const FleetStatus& status, std::uint64_t lacking) {
  const std::uint64_t silent = count_words(status, [](const fleet::FleetWord& server) { return server.trouble != Code::none; });
  const std::uint64_t stated = count_stated(status);
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
                    {.text = want.state, .mood = want.is_lacking ? Mood::warn : Mood::plain},
                    {.text = want.wanted},
                    {.text = shortened(want.why, longest_text)}});
  }
  put_table({"Server", "Image", "State", "Wanted", "Why"}, rows, wants.size() - rows.size(), html);
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
  const Lacking lacking = lacking_in(status);
  put_page(
      fmt::format("Fleet status of {}", iso_day(history::day_of(status.now))),
      [&](HtmlWriter& html) {
        put_header(fmt::format("Fleet status · {}", moment_text(status.now)),
                   fmt::format("{}, {}", count_of(status.servers.size(), "server"), count_of(status.images.size(), "image")),
                   lead_of(lacking, count_stated(status), status.servers.size()), html);
        put_tiles(status_tiles(status, lacking.images), html);
        put_section(status.every_want ? "Who wants it" : "Wanted and missing", unknown_wants(status.servers), html,
                    [&] { put_want_rows(status, html); });
        put_section("Servers", "", html, [&] { put_server_table(status, html); });
        if (!status.images.empty())
          put_section("Images and servers", "", html, [&] { put_image_matrices(status.servers, status.images, html); });
        html.element("footer", "Made by ingot from what the servers publish. Times are UTC.");
      },
      out);
}

}  // namespace ingot::show
