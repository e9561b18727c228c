#include "reconciler/show/html/fleet_report_page.hpp"

#include <algorithm>

#include "reconciler/show/format/short_text.hpp"
#include "reconciler/show/html/fleet_matrices.hpp"
#include "reconciler/show/html/image_matrices.hpp"
#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/report_pieces.hpp"

namespace ingot::show {

namespace {

using fleet::Standing;

constexpr std::size_t most_rows = 200;

std::uint64_t count_servers(const FleetPage& page, bool troubled) {
  return static_cast<std::uint64_t>(std::count_if(page.servers.begin(), page.servers.end(), [&](const fleet::FleetWord& one) {
    return (one.trouble == Code::none) != troubled;
  }));
}

std::uint64_t count_images(const FleetPage& page, const std::function<bool(const fleet::FleetHolding&)>& wanted) {
  return static_cast<std::uint64_t>(std::count_if(
      page.report.images.begin(), page.report.images.end(),
      [&](const fleet::FleetImage& image) { return std::any_of(image.holdings.begin(), image.holdings.end(), wanted); }));
}

bool misses_withdrawal(const fleet::FleetHolding& held) { return held.misses_withdrawal; }
bool differs(const fleet::FleetHolding& held) { return held.holding == fleet::Holding::differs; }

std::uint64_t lagging_series(const FleetPage& page) {
  return static_cast<std::uint64_t>(std::count_if(page.report.series.begin(), page.report.series.end(),
                                                  [](const fleet::FleetSeries& series) { return series.affected > 0; }));
}

/// Who lacks the newest image. If a server is silent, newer images than those that were seen may exist.
std::string behind_text(std::uint64_t behind, std::uint64_t answered, std::uint64_t silent) {
  if (answered == 0) return "No server gave a usable answer: cached data is shown.";
  const std::string_view known = silent == 0     ? ""
                                 : answered == 1 ? "As far as the server that answered shows, "
                                                 : "As far as the servers that answered show, ";
  if (behind == 0 && answered == 1)
    return fmt::format("{} has the newest image of every series that it follows.",
                       silent == 0 ? "The server" : fmt::format("{}it", known));
  if (behind == 0)
    return fmt::format("{} have the newest image of every series that they follow.",
                       silent == 0 ? fmt::format("All {} servers", number_text(answered))
                                   : fmt::format("{}all {} of them", known, number_text(answered)));
  return fmt::format("{}{} of {} {} the newest image of a series that {} {}.", known, number_text(behind),
                     count_of(answered + silent, "server"), behind == 1 ? "lacks" : "lack", behind == 1 ? "it" : "they",
                     behind == 1 ? "follows" : "follow");
}

std::string lead_of_fleet(const FleetPage& page) {
  const std::uint64_t answered = count_servers(page, false), silent = count_servers(page, true);
  std::string lead = behind_text(page.report.servers_behind, answered, silent);
  if (answered > 0 && silent > 0)
    lead += fmt::format(" {} did not give a usable answer: cached data is shown.", count_of(silent, "server"));
  if (const auto wrong = count_images(page, differs); wrong > 0)
    lead += fmt::format(" {} with other bytes than the origin's: see \"Needs action\".", count_of(wrong, "image"));
  return lead;
}

std::vector<Tile> fleet_tiles(const FleetPage& page) {
  const std::uint64_t silent = count_servers(page, true), lagging = lagging_series(page);
  std::uint64_t bytes = 0, copied = 0;
  for (const auto& totals : page.report.totals) bytes += totals.bytes;
  for (const auto& copies : page.report.copies) copied += copies.bytes;
  return {{.label = "Servers",
           .value = number_text(page.servers.size()),
           .note = silent == 0 ? "all answered" : fmt::format("{} without a usable answer", number_text(silent)),
           .mood = silent == 0 ? Mood::good : Mood::warn},
          {.label = "Servers behind",
           .value = number_text(page.report.servers_behind),
           .note = fmt::format("in {} of {}", number_text(lagging), count_of(page.report.series.size(), "series")),
           .mood = page.report.servers_behind > 0 ? Mood::warn
                   : silent > 0                   ? Mood::plain
                                                  : Mood::good},
          {.label = "Images", .value = number_text(page.report.images.size())},
          {.label = "Published bytes", .value = size_text(bytes), .note = size_text(copied) + " of them are copies"},
          {.label = "Withdrawals missing",
           .value = number_text(count_images(page, misses_withdrawal)),
           .mood = count_images(page, misses_withdrawal) == 0 ? Mood::good : Mood::bad}};
}

std::string since_text_of(const std::optional<fleet::SerialTime>& since, Time now) {
  if (!since) return "unknown";
  const std::string day = iso_day(history::day_of(since->time));
  const std::string ago = now > since->time ? age_text(now - since->time) : "";
  if (since->exact) return fmt::format("{} ({})", day, ago.empty() ? "just now" : ago);
  return ago.empty() ? day + " or earlier" : fmt::format("{} or earlier (at least {})", day, ago);
}

/// A server and a series in which it is behind.
struct Lag {
  const fleet::FleetSeries* series = nullptr;
  std::size_t server = 0;

  const fleet::SeriesStanding& standing() const { return series->standings[server]; }
};

/// The longest behind first; those of which nobody knows since when last.
std::vector<Lag> lags_of(const FleetPage& page) {
  std::vector<Lag> lags;
  for (const auto& series : page.report.series) {
    for (std::size_t i = 0; i < page.servers.size(); ++i) {
      if (series.standings[i].standing == Standing::behind) lags.push_back({&series, i});
    }
  }
  std::stable_sort(lags.begin(), lags.end(), [](const Lag& one, const Lag& other) {
    const auto& mine = one.standing().since;
    const auto& others = other.standing().since;
    return mine && (!others || mine->time < others->time);
  });
  return lags;
}

std::vector<Cell> lag_row(const Lag& lag, const FleetPage& page) {
  const fleet::SeriesStanding& standing = lag.standing();
  return {{.text = page.servers[lag.server].name},
          {.text = page.servers[lag.series->origin].name + " / " + lag.series->name.text()},
          {.text = standing.has ? standing.has->text() : ""},
          {.text = lag.series->latest.text()},
          number_cell(number_text(standing.behind), Mood::warn),
          {.text = since_text_of(standing.since, page.now)},
          {.text = standing.is_certain ? "" : "cached data"}};
}

void put_behind(const FleetPage& page, HtmlWriter& html) {
  constexpr std::size_t at_once = 25, most_folded = 1000;
  static const std::vector<std::string> headings{"Server", "Series", "Has", "Newest", "Behind", "Since", "Note"};
  const std::vector<Lag> lags = lags_of(page);
  if (lags.empty()) return html.element("p", "None.");
  std::vector<std::vector<Cell>> rows, folded;
  for (const Lag& lag : lags) {
    auto& to = rows.size() < at_once ? rows : folded;
    if (to.size() < most_folded) to.push_back(lag_row(lag, page));
  }
  put_table(headings, rows, 0, html);
  if (folded.empty()) return;
  html.open("details", {{"class", "after"}});
  html.element("summary", fmt::format("{} more", number_text(lags.size() - rows.size())));
  put_table(headings, folded, lags.size() - rows.size() - folded.size(), html);
  html.close();
}

void put_series(const FleetPage& page, HtmlWriter& html) {
  put_section("Servers that lack the newest image",
              "A server follows a series if it has one of its images. Only published images count. The date is when the first "
              "missing image was published, as far as heads of its origin were seen here. The longest behind come first.",
              html, [&] { put_behind(page, html); });
  if (page.report.series.empty()) return;
  put_section("Series and servers", "A number says how many published images a server is behind.", html,
              [&] { put_series_matrix(page, html); });
}

/// How much of the head's lifetime is over, as a small bar.
void put_age_bar(const plan::SeenHead& head, Time now, HtmlWriter& html) {
  constexpr std::int64_t width = 72;
  const std::int64_t whole = std::max<std::int64_t>((head.expires - head.issued).count(), 1);
  const std::int64_t used = std::clamp<std::int64_t>((now - head.issued).count(), 0, whole);
  html.open("svg", {{"width", width}, {"height", 8}, {"aria-hidden", "true"}});
  html.empty("rect", {{"class", "c6"}, {"width", width}, {"height", 8}, {"rx", 2}, {"opacity", "0.3"}});
  html.empty("rect", {{"class", used * 4 > whole * 3 ? "c1" : "c0"}, {"width", used * width / whole}, {"height", 8}, {"rx", 2}});
  html.close();
}

void put_server_row(const FleetPage& page, std::size_t i, HtmlWriter& html) {
  const fleet::FleetWord& server = page.servers[i];
  const fleet::FleetTotals& totals = page.report.totals[i];
  html.open("tr");
  html.element("td", server.name);
  html.element("td", text_of(server.trouble == Code::none ? Code::ok : server.trouble),
               {{"class", server.trouble == Code::none ? "good" : "bad"}});
  html.element("td", server.head ? number_text(server.head->serial) : "-", {{"class", "n"}});
  html.element("td", server.head && page.now > server.head->issued ? age_text(page.now - server.head->issued) : "-",
               {{"class", "n"}});
  html.open("td");
  if (server.head) put_age_bar(*server.head, page.now, html);
  html.close();
  html.element("td", server.head ? iso_day(history::day_of(server.head->expires)) : "-",
               {{"class", server.head && server.head->expires <= page.now ? "n bad" : "n"}});
  html.element("td", number_text(totals.own), {{"class", "n"}});
  html.element("td", number_text(totals.copies), {{"class", "n"}});
  html.element("td", size_text(totals.bytes), {{"class", "n"}});
  html.element("td", shortened(server.why, 200));
  html.close();
}

void put_servers(const FleetPage& page, HtmlWriter& html) {
  put_section("Servers", "The bar shows how much of the head's lifetime is over. A server must sign a new head before its end.",
              html, [&] {
                html.open("div", {{"class", "frame"}, {"tabindex", "0"}});
                html.open("table");
                html.open("thead");
                html.open("tr");
                for (const char* heading : {"Server", "Answer", "Serial", "Head's age", "Lifetime", "Valid until", "Own images",
                                            "Copies", "Bytes", "Why"}) {
                  const std::string_view name(heading);
                  const bool number = name != "Server" && name != "Answer" && name != "Lifetime" && name != "Why";
                  if (number)
                    html.element("th", name, {{"class", "n"}});
                  else
                    html.element("th", name);
                }
                html.close();
                html.close();
                html.open("tbody");
                for (std::size_t i = 0; i < page.servers.size(); ++i) put_server_row(page, i, html);
                html.close();
                html.close();
                html.close();
              });
}

void put_copies(const FleetPage& page, HtmlWriter& html) {
  if (page.report.copies.empty()) return;
  put_section("Who copies from whom",
              "Each server gets an image from the server that made it. Bytes are those of the packed files; a darker square "
              "means more bytes.",
              html, [&] {
                put_copies_matrix(page, html);
                std::vector<const fleet::FleetCopies*> ranked;
                for (const auto& copies : page.report.copies) ranked.push_back(&copies);
                std::stable_sort(
                    ranked.begin(), ranked.end(),
                    [](const fleet::FleetCopies* one, const fleet::FleetCopies* other) { return one->bytes > other->bytes; });
                std::vector<std::vector<Cell>> rows;
                for (const auto* copies : ranked) {
                  if (rows.size() == most_rows) break;
                  rows.push_back({{.text = copies->from_name + (copies->from ? "" : " (no card)")},
                                  {.text = page.servers[copies->to].name},
                                  number_cell(number_text(copies->images)),
                                  number_cell(size_text(copies->bytes))});
                }
                put_table({"From", "To", "Images", "Bytes"}, rows, ranked.size() - rows.size(), html);
              });
}

void put_needs_action(const FleetPage& page, HtmlWriter& html) {
  std::vector<std::vector<Cell>> rows;
  std::uint64_t more = 0;
  for (const auto& image : page.report.images) {
    for (std::size_t i = 0; i < page.servers.size(); ++i) {
      const fleet::FleetHolding& held = image.holdings[i];
      if (!differs(held) && !misses_withdrawal(held)) continue;
      if (rows.size() == most_rows) {
        ++more;
        continue;
      }
      rows.push_back({{.text = page.servers[i].name},
                      {.text = image.origin + " / " + image.identity.name.text()},
                      {.text = differs(held) ? "has other bytes than its origin signed" : "lacks the withdrawal of its origin",
                       .mood = Mood::bad}});
    }
  }
  if (rows.empty()) return;
  put_section("Needs action", "", html, [&] { put_table({"Server", "Image", "Trouble"}, rows, more, html); });
}

Mood mood_of(fleet::Level level) {
  return level == fleet::Level::error ? Mood::bad : level == fleet::Level::warning ? Mood::warn : Mood::plain;
}

void put_manifests(const FleetPage& page, HtmlWriter& html) {
  if (page.manifests == nullptr) return;
  const fleet::Fleet& fleet = *page.manifests;
  put_section("What the manifests ask for", "Rules are evaluated as if every image were new.", html, [&] {
    std::vector<std::vector<Cell>> rows;
    for (const auto& flow : fleet.flows) {
      if (rows.size() == most_rows) break;
      const bool outside = fleet.servers[flow.from].manifest.empty();
      rows.push_back({{.text = fleet.servers[flow.from].name},
                      {.text = fleet.servers[flow.to].name},
                      {.text = flow.rule},
                      number_cell(outside ? "unknown" : number_text(flow.images.size())),
                      {.text = flow.at}});
    }
    put_table({"From", "To", "Rule", "Images", "Place"}, rows, fleet.flows.size() - rows.size(), html);
    if (fleet.findings.empty()) return;
    html.element("h3", "Findings");
    rows.clear();
    for (const auto& finding : fleet.findings) {
      if (rows.size() == most_rows) break;
      rows.push_back({{.text = std::string(text_of(finding.level)), .mood = mood_of(finding.level)},
                      {.text = finding.at},
                      {.text = shortened(finding.text, 300)},
                      {.text = shortened(finding.mend, 300)}});
    }
    put_table({"Level", "Place", "Finding", "What to do"}, rows, fleet.findings.size() - rows.size(), html);
  });
}

}  // namespace

void show_fleet_report(const FleetPage& page, Output& out) {
  put_page(
      fmt::format("Fleet report of {}", iso_day(history::day_of(page.now))),
      [&](HtmlWriter& html) {
        const std::string title =
            fmt::format("{}, {}", count_of(page.servers.size(), "server"), count_of(page.report.images.size(), "image"));
        put_header(fmt::format("Fleet report · {}", moment_text(page.now)), title, lead_of_fleet(page), html);
        put_tiles(fleet_tiles(page), html);
        put_needs_action(page, html);
        put_series(page, html);
        put_servers(page, html);
        put_copies(page, html);
        put_manifests(page, html);
        if (!page.report.images.empty())
          put_section(
              "Images and servers",
              "Images by the server that made them. If there are too many, those with something missing or wrong come first.",
              html, [&] { put_image_matrices(page.servers, page.report.images, html); });
        html.element("footer",
                     "Made by ingot from what the servers publish. What a server wants is known only if it publishes its state. "
                     "Times are UTC.");
      },
      out);
}

}  // namespace ingot::show
