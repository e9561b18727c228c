#include "reconciler/show/html/server_report.hpp"

#include <algorithm>

#include "reconciler/show/format/short_text.hpp"
#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/report_pieces.hpp"

namespace ingot::show {

namespace {

using history::Day;

/// The day is one of the last 30.
bool is_recent(Day day, Day today) { return day > today - std::chrono::days(30); }

/// All that the sections need, computed once.
struct ServerFacts {
  const ServerReport& report;
  Day today;
  history::StoreSize size;
  std::optional<history::Forecast> forecast;      ///< until the disk is full
  std::optional<history::Forecast> stop;          ///< until copies stop because of min_free
  std::uint64_t copied = 0;                       ///< bytes in the last 30 days
  history::RunCounts runs;                        ///< of the last 30 days
  std::vector<std::pair<Time, Address>> failing;  ///< failed in the last 30 days and not done since, the latest first

  explicit ServerFacts(const ServerReport& from) : report(from), today(history::day_of(from.now)) {
    const auto& sizes = report.usage.sizes;
    size = history::size_at(sizes, today);
    const std::uint64_t available = report.disk.available;
    forecast = history::forecast(sizes, today, available);
    stop = history::forecast(sizes, today, available > report.min_free ? available - report.min_free : 0);
    for (const auto& [day, peers] : report.usage.copied) {
      if (!is_recent(day, today)) continue;
      for (const auto& [peer, bytes] : peers) copied += bytes.bytes;
    }
    for (const auto& [day, counts] : report.usage.runs) {
      if (!is_recent(day, today)) continue;
      runs.runs += counts.runs;
      runs.with_trouble += counts.with_trouble;
      runs.failures += counts.failures;
    }
    for (const auto& [address, last] : report.usage.failing) {
      if (is_recent(history::day_of(last), today)) failing.emplace_back(last, address);
    }
    std::stable_sort(failing.begin(), failing.end(), [](const auto& one, const auto& other) { return one.first > other.first; });
  }
};

std::string rate_text(std::int64_t bytes_a_day) {
  return (bytes_a_day < 0 ? "-" : "") + size_text(static_cast<std::uint64_t>(std::abs(bytes_a_day)));
}

/// "The store grows by 2.1 GB a day (measured over 90 days). At this rate the disk is full on 2 July 2027."
std::string growth_sentence(const ServerFacts& facts) {
  if (!facts.forecast) return "Less than a week of history is known: too little for a forecast.";
  const history::Forecast& forecast = *facts.forecast;
  if (forecast.bytes_a_day == 0) return fmt::format("The store did not grow in the last {} days.", forecast.days);
  const std::string sentence =
      fmt::format("The store {} by {} a day (measured over {}).", forecast.bytes_a_day > 0 ? "grows" : "shrinks",
                  size_text(static_cast<std::uint64_t>(std::abs(forecast.bytes_a_day))),
                  count_of(static_cast<std::uint64_t>(forecast.days), "day"));
  if (forecast.bytes_a_day < 0) return sentence;
  if (!forecast.full) return sentence + " At this rate the disk lasts more than 100 years.";
  return fmt::format("{} At this rate the disk is full on {}.", sentence, day_text(*forecast.full));
}

std::string lead_of(const ServerFacts& facts) {
  std::string lead = fmt::format("{} in {}. {}", count_of(facts.report.usage.images, "image"), size_text(facts.size.bytes),
                                 growth_sentence(facts));
  if (facts.failing.empty()) return lead;
  return fmt::format("{} In the last 30 days {} failed, and {} not done since.", lead,
                     facts.failing.size() == 1 ? "1 copy or repair" : number_text(facts.failing.size()) + " copies or repairs",
                     facts.failing.size() == 1 ? "was" : "were");
}

Tile full_tile(const ServerFacts& facts) {
  if (!facts.forecast) return {.label = "Disk full", .value = "unknown", .note = "needs a week of history"};
  if (!facts.forecast->full)
    return {.label = "Disk full", .value = "not in sight", .note = "at the current rate", .mood = Mood::good};
  const auto days = (*facts.forecast->full - facts.today).count();
  return {.label = "Disk full",
          .value = iso_day(*facts.forecast->full),
          .note = fmt::format("in {}", count_of(static_cast<std::uint64_t>(days), "day")),
          .mood = days < 30    ? Mood::bad
                  : days < 180 ? Mood::warn
                               : Mood::plain};
}

Tile head_tile(const ServerReport& report) {
  if (report.serial == 0 || !report.expires) return {.label = "Catalog", .value = "not published", .mood = Mood::warn};
  const bool expired = *report.expires <= report.now;
  return {.label = "Catalog",
          .value = fmt::format("serial {}", report.serial),
          .note = fmt::format("{} {}", expired ? "expired" : "valid until", iso_day(history::day_of(*report.expires))),
          .mood = expired ? Mood::bad : Mood::plain};
}

std::vector<Tile> tiles_of(const ServerFacts& facts) {
  const ServerReport& report = facts.report;
  return {{.label = "Store", .value = size_text(facts.size.bytes), .note = count_of(report.usage.images, "image")},
          {.label = "Free", .value = size_text(report.disk.available), .note = "of " + size_text(report.disk.total)},
          {.label = "Growth per day",
           .value = facts.forecast ? rate_text(facts.forecast->bytes_a_day) : "unknown",
           .note = facts.forecast ? fmt::format("over {}", count_of(static_cast<std::uint64_t>(facts.forecast->days), "day"))
                                  : "needs a week of history"},
          full_tile(facts),
          {.label = "Copied in 30 days", .value = size_text(facts.copied)},
          {.label = "Failures in 30 days",
           .value = number_text(facts.runs.failures),
           .note = fmt::format("in {}", count_of(facts.runs.runs, "run")),
           .mood = facts.runs.failures == 0 ? Mood::good : Mood::warn},
          head_tile(report)};
}

void put_growth_table(const ServerFacts& facts, HtmlWriter& html) {
  std::vector<std::vector<Cell>> rows;
  for (const std::int64_t days : {30, 90, 365, 5 * 365}) {
    const Day begin = facts.today - std::chrono::days(days);
    if (facts.report.usage.sizes.front().day > begin) break;
    const history::StoreSize then = history::size_at(facts.report.usage.sizes, begin);
    const auto bytes = static_cast<std::int64_t>(facts.size.bytes - then.bytes);
    const auto images = static_cast<std::int64_t>(facts.size.images - then.images);
    rows.push_back({{.text = count_of(static_cast<std::uint64_t>(days), "day")},
                    number_cell(iso_day(begin)),
                    number_cell(size_text(then.bytes)),
                    number_cell(fmt::format("{}{}", bytes < 0 ? "" : "+", rate_text(bytes))),
                    number_cell(fmt::format("{:+}", images))});
  }
  if (!rows.empty()) put_table({"Last", "From", "Size then", "Change", "Images"}, rows, 0, html);
}

void put_growth(const ServerFacts& facts, HtmlWriter& html) {
  std::string text =
      "Packed files of the images that are here. The forecast continues the average of the last 90 days in a straight line.";
  if (facts.report.min_free > 0) {
    text += fmt::format(" Copies stop earlier, when {} are left (min_free)", size_text(facts.report.min_free));
    text += facts.stop && facts.stop->full ? fmt::format(": on {}.", day_text(*facts.stop->full)) : ".";
  }
  if (facts.report.usage.undated_removals > 0)
    text += fmt::format(" Not counted: {} whose removal date is not in the history.",
                        count_of(facts.report.usage.undated_removals, "image"));
  put_section("Store growth", text, html, [&] {
    if (facts.report.usage.sizes.empty()) return html.element("p", "No image came here yet.");
    put_timeline(growth_chart(facts.report.usage.sizes, facts.today, facts.forecast, facts.report.disk.available), html);
    put_growth_table(facts, html);
  });
}

void put_copied(const ServerFacts& facts, HtmlWriter& html) {
  put_section("Bytes copied", "Packed files of images that came from each peer, by the day on which the copy was done (UTC).",
              html, [&] {
                const auto& copied = facts.report.usage.copied;
                if (copied.empty()) return html.element("p", "Nothing was copied yet.");
                const CopiedParts parts(copied);
                html.element("h3", "Per day, last 90 days");
                put_bars(copied_by_day(copied, parts, facts.today), html);
                html.element("h3", "Per month");
                put_bars(copied_by_month(copied, parts, facts.today), html);
                put_peers(copied, facts.today, html);
                put_days(copied, html);
              });
}

void put_failure_groups(const std::vector<history::FailureGroup>& groups, HtmlWriter& html) {
  constexpr std::size_t most = 40;
  std::vector<std::vector<Cell>> rows;
  for (const auto& group : groups) {
    if (rows.size() == most) break;
    rows.push_back({{.text = group.where},
                    {.text = std::string(text_of(group.code))},
                    number_cell(number_text(group.count)),
                    number_cell(iso_day(history::day_of(group.first))),
                    number_cell(iso_day(history::day_of(group.last))),
                    {.text = shortened(group.text, 240)}});
  }
  put_table({"Peer or address", "Cause", "Times", "First", "Last", "Last message"}, rows, groups.size() - rows.size(), html);
}

void put_failing(const ServerFacts& facts, HtmlWriter& html) {
  constexpr std::size_t most = 40;
  if (facts.failing.empty()) return;
  html.element("h3", "Failed in the last 30 days, and not done since");
  std::vector<std::vector<Cell>> rows;
  for (const auto& [last, address] : facts.failing) {
    if (rows.size() < most) rows.push_back({{.text = address.text}, number_cell(iso_day(history::day_of(last)))});
  }
  put_table({"Address", "Last failure"}, rows, facts.failing.size() - rows.size(), html);
}

void put_failures(const ServerFacts& facts, HtmlWriter& html) {
  const std::string text = fmt::format("In the last 30 days {}, of which {} ended with another exit code than 0.",
                                       count_of(facts.runs.runs, "run"), number_text(facts.runs.with_trouble));
  put_section("Failures", text, html, [&] {
    if (facts.report.usage.failures.empty()) return html.element("p", "No action ever failed.");
    put_bars(failures_by_month(facts.report.usage.runs, facts.today), html);
    put_failing(facts, html);
    html.element("h3", "By place and cause, the latest first");
    put_failure_groups(facts.report.usage.failures, html);
  });
}

}  // namespace

void show_server_report(const ServerReport& report, Output& out) {
  const ServerFacts facts(report);
  put_page(
      fmt::format("{}: server report of {}", report.server.text(), iso_day(facts.today)),
      [&](HtmlWriter& html) {
        put_header(fmt::format("Server report · {}", moment_text(report.now)), report.server.text(), lead_of(facts), html);
        put_tiles(tiles_of(facts), html);
        put_growth(facts, html);
        put_copied(facts, html);
        put_failures(facts, html);
        html.element("footer",
                     fmt::format("Made by ingot from the records of this server. Id: {}. Times are UTC.", report.id.text()));
      },
      out);
}

}  // namespace ingot::show
