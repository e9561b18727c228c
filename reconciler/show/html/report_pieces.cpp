#include "reconciler/show/html/report_pieces.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "reconciler/show/html/report_page.hpp"

namespace ingot::show {

namespace {

using history::Day;
using std::chrono::days;

constexpr int days_shown = 90, months_shown = 60;

/// Months since the year 0.
int month_of(Day day) {
  const std::chrono::year_month_day date(day);
  return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}
Day first_day_of(int month) {
  return std::chrono::year(month / 12) / std::chrono::month(static_cast<unsigned>(month % 12) + 1) / std::chrono::day(1);
}
/// "Nov 2026"
std::string month_text(int month) {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{} {}", names[static_cast<std::size_t>(month % 12)], month / 12);
}

/// "Nov 2026: 2.4 GB (london 2.1 GB, paris 300 MB)"
std::string bar_title(const std::string& when, const Bar& bar, const CopiedParts& parts) {
  std::uint64_t total = 0;
  std::string of;
  for (std::size_t i = 0; i < bar.parts.size(); ++i) {
    total += bar.parts[i];
    if (bar.parts[i] > 0) of += fmt::format("{}{} {}", of.empty() ? "" : ", ", parts.names()[i], size_text(bar.parts[i]));
  }
  return fmt::format("{}: {}{}", when, size_text(total), of.empty() ? "" : " (" + of + ")");
}

void add_copied(const std::map<std::string, history::Copied>& peers, const CopiedParts& parts, Bar& bar) {
  for (const auto& [peer, copied] : peers) bar.parts[parts.part_of(peer)] += copied.bytes;
}

/// The months of a chart: from the first with something in it, at most so many, and at least a year.
int first_month(std::optional<Day> first, Day today) {
  const int now = month_of(today);
  const int wanted = first ? std::min(month_of(*first), now - 11) : now - 11;
  return std::max(wanted, now - months_shown + 1);
}

/// Of a chart of months: each if there are few, else each January.
std::string month_label(int month, int count) {
  if (count <= 14) return month_text(month).substr(0, 3) + (month % 12 == 0 ? fmt::format(" {}", month / 12) : "");
  return month % 12 == 0 ? fmt::format("{}", month / 12) : "";
}

/// Labels of an axis of days.
std::vector<ChartTick> ticks_of(Day begin, Day end) {
  constexpr int most = 12;
  std::vector<ChartTick> ticks;
  const int first = month_of(begin) + 1, last = month_of(end);
  if (last - first < 1) {
    const auto step = std::max<std::int64_t>(1, (end - begin).count() / 6);
    for (Day day = begin + days(step); day < end; day += days(step))
      ticks.push_back({day.time_since_epoch().count(), iso_day(day)});
    return ticks;
  }
  int step = 1;
  for (const int wider : {2, 3, 6, 12, 24, 60, 120}) {
    if ((last - first) / step >= most) step = wider;
  }
  for (int month = first; month <= last; ++month) {
    if (month % step != 0) continue;
    ticks.push_back(
        {first_day_of(month).time_since_epoch().count(), step >= 12 ? fmt::format("{}", month / 12) : month_text(month)});
  }
  return ticks;
}

/// Few enough points for a drawing: each change, or the size at the end of equal steps.
std::vector<ChartPoint> points_of(const std::vector<history::StoreSize>& sizes, Day today) {
  constexpr std::int64_t most = 300;
  std::vector<ChartPoint> points;
  const auto add = [&](Day day, std::uint64_t bytes) { points.push_back({day.time_since_epoch().count(), bytes}); };
  const Day begin = sizes.front().day;
  if (static_cast<std::int64_t>(sizes.size()) <= most) {
    for (const auto& size : sizes) {
      if (size.day <= today) add(size.day, size.bytes);
    }
  } else {
    const std::int64_t step = ((today - begin).count() + most - 1) / most;
    for (Day day = begin; day < today; day += days(std::max<std::int64_t>(step, 1))) add(day, history::size_at(sizes, day).bytes);
  }
  const std::uint64_t now = history::size_at(sizes, today).bytes;
  if (points.empty() || points.back().x < today.time_since_epoch().count()) add(today, now);
  return points;
}

struct PeerSums {
  std::uint64_t month = 0, year = 0, all = 0, images = 0;
  Day last;
};

}  // namespace

std::string iso_day(Day day) { return time_text(Time(day)).substr(0, 10); }

CopiedParts::CopiedParts(const CopiedByDay& copied) {
  std::map<std::string, std::uint64_t> totals;
  for (const auto& [day, peers] : copied) {
    for (const auto& [peer, bytes] : peers) totals[peer] += bytes.bytes;
  }
  std::vector<std::pair<std::string, std::uint64_t>> ranked(totals.begin(), totals.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& one, const auto& other) { return one.second > other.second; });
  const std::size_t own = ranked.size() <= most_parts ? ranked.size() : most_parts - 1;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    parts_.emplace(ranked[i].first, std::min(i, own == ranked.size() ? i : own));
    if (i < own) names_.push_back(ranked[i].first);
  }
  if (own < ranked.size()) names_.push_back(fmt::format("{} other peers", ranked.size() - own));
}

std::size_t CopiedParts::part_of(const std::string& peer) const { return parts_.at(peer); }

BarChart copied_by_day(const CopiedByDay& copied, const CopiedParts& parts, Day today) {
  BarChart chart{
      .title = "Bytes copied on each of the last 90 days, by peer", .parts = parts.names(), .bars = {}, .value_text = size_text};
  for (Day day = today - days(days_shown - 1); day <= today; day += days(1)) {
    Bar bar{.label = "", .title = "", .parts = std::vector<std::uint64_t>(parts.names().size())};
    if (const auto found = copied.find(day); found != copied.end()) add_copied(found->second, parts, bar);
    const auto ago = (today - day).count();
    if (ago % 14 == 0) bar.label = iso_day(day).substr(5);
    bar.title = bar_title(iso_day(day), bar, parts);
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

BarChart copied_by_month(const CopiedByDay& copied, const CopiedParts& parts, Day today) {
  BarChart chart{.title = "Bytes copied in each month, by peer", .parts = parts.names(), .bars = {}, .value_text = size_text};
  const int first = first_month(copied.empty() ? std::nullopt : std::optional(copied.begin()->first), today);
  const int count = month_of(today) - first + 1;
  for (int month = first; month < first + count; ++month) {
    Bar bar{.label = month_label(month, count), .title = "", .parts = std::vector<std::uint64_t>(parts.names().size())};
    const auto end = copied.lower_bound(first_day_of(month + 1));
    for (auto day = copied.lower_bound(first_day_of(month)); day != end; ++day) add_copied(day->second, parts, bar);
    bar.title = bar_title(month_text(month), bar, parts);
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

BarChart failures_by_month(const std::map<Day, history::RunCounts>& runs, Day today) {
  BarChart chart{.title = "Failed actions in each month", .parts = {"failed actions"}, .bars = {}, .value_text = number_text};
  const int first = first_month(runs.empty() ? std::nullopt : std::optional(runs.begin()->first), today);
  const int count = month_of(today) - first + 1;
  for (int month = first; month < first + count; ++month) {
    std::uint64_t failures = 0;
    const auto end = runs.lower_bound(first_day_of(month + 1));
    for (auto day = runs.lower_bound(first_day_of(month)); day != end; ++day) failures += day->second.failures;
    chart.bars.push_back({.label = month_label(month, count),
                          .title = fmt::format("{}: {}", month_text(month), count_of(failures, "failure")),
                          .parts = {failures}});
  }
  return chart;
}

Timeline growth_chart(const std::vector<history::StoreSize>& sizes, Day today, const std::optional<history::Forecast>& forecast,
                      std::uint64_t available) {
  Timeline chart{.title = "Bytes in the store over time",
                 .points = points_of(sizes, today),
                 .ahead = std::nullopt,
                 .edge = std::nullopt,
                 .edge_label = "",
                 .ticks = {},
                 .value_text = size_text};
  const std::uint64_t now = chart.points.back().y;
  Day end = today;
  if (forecast && forecast->bytes_a_day > 0) {
    const std::int64_t horizon = std::max<std::int64_t>(90, (today - sizes.front().day).count() / 2);
    end = forecast->full ? std::min(*forecast->full, today + days(horizon)) : today + days(horizon);
    const auto ahead = static_cast<std::uint64_t>(forecast->bytes_a_day) * static_cast<std::uint64_t>((end - today).count());
    chart.ahead = ChartPoint{end.time_since_epoch().count(), now + ahead};
    chart.legend = {"bytes in the store", "forecast"};
  }
  const std::uint64_t full = now + available;
  if (full / 3 <= std::max<std::uint64_t>(chart.ahead ? chart.ahead->y : now, 1)) {
    chart.edge = full;
    chart.edge_label = fmt::format("disk full: {}", size_text(full));
  }
  chart.ticks = ticks_of(sizes.front().day, end);
  return chart;
}

void put_peers(const CopiedByDay& copied, Day today, HtmlWriter& html) {
  std::map<std::string, PeerSums> sums;
  for (const auto& [day, peers] : copied) {
    for (const auto& [peer, bytes] : peers) {
      PeerSums& sum = sums[peer];
      if (day > today - days(30)) sum.month += bytes.bytes;
      if (day > today - days(365)) sum.year += bytes.bytes;
      sum.all += bytes.bytes;
      sum.images += bytes.images;
      sum.last = day;
    }
  }
  std::vector<std::pair<std::string, PeerSums>> ranked(sums.begin(), sums.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& one, const auto& other) { return one.second.all > other.second.all; });
  constexpr std::size_t most = 100;
  std::vector<std::vector<Cell>> rows;
  for (const auto& [peer, sum] : ranked) {
    if (rows.size() == most) break;
    rows.push_back({{.text = peer},
                    number_cell(size_text(sum.month)),
                    number_cell(size_text(sum.year)),
                    number_cell(size_text(sum.all)),
                    number_cell(number_text(sum.images)),
                    number_cell(iso_day(sum.last))});
  }
  put_table({"Peer", "30 days", "365 days", "All", "Images", "Last copy"}, rows, ranked.size() - rows.size(), html);
}

void put_days(const CopiedByDay& copied, HtmlWriter& html) {
  constexpr std::size_t most = 200;
  std::vector<std::vector<Cell>> rows;
  std::uint64_t more = 0;
  for (auto day = copied.rbegin(); day != copied.rend(); ++day) {
    for (const auto& [peer, bytes] : day->second) {
      if (rows.size() < most)
        rows.push_back({{.text = iso_day(day->first)},
                        {.text = peer},
                        number_cell(size_text(bytes.bytes)),
                        number_cell(number_text(bytes.images))});
      else
        ++more;
    }
  }
  html.element("h3", "By day and peer");
  html.open("details");
  html.open("summary");
  html.text("The newest days");
  html.close();
  put_table({"Day", "Peer", "Bytes", "Images"}, rows, more, html);
  html.close();
}

}  // namespace ingot::show
