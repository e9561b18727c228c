#include "tests/fleet_simulation/report.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::fleet_simulation {

namespace {

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }
double number(std::uint64_t value) { return static_cast<double>(value); }

/// What the servers of one kind gave.
void add_loads(std::vector<Figure>& figures, const std::string& name, const std::string& who, const std::vector<Load>& loads,
               double days) {
  if (loads.empty()) return;
  Load sum;
  for (const Load& load : loads) {
    sum.served += load.served;
    sum.busiest_hour_requests = std::max(sum.busiest_hour_requests, load.busiest_hour_requests);
    sum.busiest_hour_bytes = std::max(sum.busiest_hour_bytes, load.busiest_hour_bytes);
  }
  if (sum.served.requests == 0) return;
  const double count = static_cast<double>(loads.size());
  figures.push_back({name + "_requests_a_day", who + ": requests a day", number(sum.served.requests) / count / days});
  figures.push_back({name + "_bytes_a_day", who + ": bytes a day", number(sum.served.bytes) / count / days, "bytes"});
  figures.push_back({name + "_busiest_requests", who + ": requests a second that the busiest hour asks for",
                     number(sum.busiest_hour_requests) / hour});
  figures.push_back({name + "_busiest_bytes", who + ": bytes a second that the busiest hour asks for",
                     number(sum.busiest_hour_bytes) / hour, "bytes"});
}

void add_spreads(std::vector<Figure>& figures, const FleetModel& model) {
  const auto spreads = model.spreads();
  const auto add = [&](const std::string& name, const std::string& text,
                       const std::function<double(const FleetModel::Spread&)>& of) {
    std::vector<double> values;
    for (const auto& spread : spreads) values.push_back(of(spread) / 60);
    if (values.empty()) return;
    std::sort(values.begin(), values.end());
    figures.push_back({name + "_median", text + ", the median image", values[values.size() / 2], "minutes"});
    figures.push_back({name + "_worst", text + ", the slowest image", values.back(), "minutes"});
  };
  add("half_have_it", "half of the sites have a new image", [](const auto& spread) { return spread.half; });
  add("most_have_it", "95 % have it", [](const auto& spread) { return spread.most; });
  add("all_have_it", "all have it", [](const auto& spread) { return spread.all; });
}

std::string bytes_text(double bytes) {
  if (bytes >= 1e12) return fmt::format("{:.2f} TB", bytes / 1e12);
  if (bytes >= 1e9) return fmt::format("{:.2f} GB", bytes / 1e9);
  if (bytes >= 1e6) return fmt::format("{:.2f} MB", bytes / 1e6);
  if (bytes >= 1e3) return fmt::format("{:.1f} kB", bytes / 1e3);
  return fmt::format("{:.0f} bytes", bytes);
}

std::string value_text(double value, const std::string& unit) {
  if (unit == "bytes") return bytes_text(value);
  if (unit == "s") return fmt::format("{:.3f} s", value);
  if (unit == "minutes" && value >= 2 * 60 * 24) return fmt::format("{:.1f} days", value / 60 / 24);
  if (unit == "minutes" && value >= 120) return fmt::format("{:.1f} hours", value / 60);
  const std::string text = value == static_cast<double>(static_cast<std::int64_t>(value)) ? fmt::format("{:.0f}", value)
                                                                                          : fmt::format("{:.2f}", value);
  return unit.empty() ? text : text + " " + unit;
}

std::string table_of(const std::string& title, const std::vector<std::uint32_t>& columns, const std::vector<GrowthRow>& rows) {
  if (rows.empty()) return "";
  std::string text = fmt::format("\n{:<52}", title);
  for (const auto column : columns) text += fmt::format("{:>14}", column);
  text += "\n";
  for (const GrowthRow& row : rows) {
    text += fmt::format("{:<52}", row.what);
    for (const double value : row.values) text += fmt::format("{:>14}", value_text(value, row.unit));
    text += "\n";
  }
  return text;
}

std::string rows_json(const std::vector<std::uint32_t>& columns, const std::vector<GrowthRow>& rows) {
  std::vector<std::string> items;
  for (const GrowthRow& row : rows)
    items.push_back(
        fmt::format("{{\"what\":\"{}\",\"unit\":\"{}\",\"values\":[{}]}}", row.what, row.unit, fmt::join(row.values, ",")));
  return fmt::format("{{\"columns\":[{}],\"rows\":[{}]}}", fmt::join(columns, ","), fmt::join(items, ","));
}

/// Names and numbers alone are in it.
std::string quoted(const std::string& text) {
  std::string found = "\"";
  for (const char c : text) found += c == '"' || c == '\\' || c < ' ' ? '\'' : c;
  return found + "\"";
}

}  // namespace

std::vector<Figure> figures_of(const Fleet& fleet, const FleetModel& model) {
  const SiteTotals& totals = model.totals();
  const double days = number(static_cast<std::uint64_t>(fleet.end())) / day;
  const double sites = fleet.sites();
  std::uint32_t lacking = 0;
  for (std::uint32_t site = 0; site < fleet.sites(); ++site) lacking += model.has_all(site) ? 0U : 1U;
  const double idle_peers = number(totals.idle) * fleet.origins();
  const double reading = number(totals.read);
  std::vector<Figure> figures{
      {"sites_that_lack_images", "sites that lack an image at the end", static_cast<double>(lacking)},
      {"polls", "polls", number(totals.polls)},
      {"idle_share", "  of them without news and failures", ratio(number(totals.idle), number(totals.polls)) * 100, "%"},
      {"failed_share", "  of them with a peer that did not answer", ratio(number(totals.failed), number(totals.polls)) * 100,
       "%"},
      {"idle_requests_a_peer", "idle poll: requests a peer", ratio(number(totals.idle_heads.requests), idle_peers)},
      {"idle_bytes_a_peer", "idle poll: bytes a peer", ratio(number(totals.idle_heads.bytes), idle_peers), "bytes"},
      {"news_requests", "poll that reads new catalogs: requests for their pages", ratio(number(totals.pieces.requests), reading)},
      {"news_bytes", "  bytes", ratio(number(totals.pieces.bytes), reading), "bytes"},
      {"catalog_bytes_a_day", "a site: bytes of heads and catalogs a day",
       number(totals.heads.bytes + totals.pieces.bytes) / sites / days, "bytes"},
      {"copies_a_site", "a site: copies at the end", number(totals.copies) / sites},
      {"image_bytes_a_day", "a site: bytes of images a day", number(totals.images.bytes) / sites / days, "bytes"},
      {"recorded_runs_a_year", "a site: runs in the history, a year", number(totals.recorded) / sites / days * 365},
  };
  add_spreads(figures, model);
  const Network& network = model.network();
  add_loads(figures, "origin", "an origin", network.origins(), days);
  add_loads(figures, "cache", fleet.options().topology == Topology::cdn ? "an edge" : "a mirror", network.caches(), days);
  add_loads(figures, "upload", "an origin's uploads", network.uploads(), days);
  Fetch catalogs, ever;
  for (std::uint32_t i = 0; i < fleet.origins(); ++i) {
    catalogs += model.origin(i).catalog.whole();
    ever += model.origin(i).catalog.ever();
  }
  const CatalogModel& first = model.origin(0).catalog;
  const double origins = fleet.origins();
  figures.push_back({"catalog_bytes", "an origin's catalog at the end", number(catalogs.bytes) / origins, "bytes"});
  figures.push_back({"catalog_files", "  files", number(catalogs.requests) / origins});
  figures.push_back({"index_bytes", "  of them the index", number(first.index_bytes(first.serial())), "bytes"});
  figures.push_back({"ever_bytes", "all pages that it ever published, without gc", number(ever.bytes) / origins, "bytes"});
  figures.push_back({"ever_files", "  files", number(ever.requests) / origins});
  figures.push_back({"cached_bytes", "a site: catalogs of all origins in its cache", number(catalogs.bytes), "bytes"});
  return figures;
}

std::string report_text(const Fleet& fleet, const CheckResult& check, const std::vector<Figure>& figures, const Growth& growth) {
  const Options& options = fleet.options();
  std::string text = fmt::format(
      "{} servers ({} origins, {} sites), {} images, {} nights, {}; {} % down, {} % slow, {} % with a wrong clock; seed {}\n",
      options.servers, fleet.origins(), fleet.sites(), options.images, fleet.nights(), text_of(options.topology), options.down,
      options.slow, options.skew, options.seed);
  text += fmt::format("the model against {} real servers: {} publications, {} polls ({} idle), {} copies: {}\n\n", check.servers,
                      check.publications, check.polls, check.idle_polls, check.copies,
                      check.differences.empty() ? "the same" : fmt::format("{} differences", check.differences.size()));
  for (const std::string& difference : check.differences) text += "  " + difference + "\n";
  for (const Figure& figure : figures) text += fmt::format("{:<60}{:>14}\n", figure.text, value_text(figure.value, figure.unit));
  text += table_of("real code: images of the origin", growth.images, growth.rows);
  text += table_of("real code: runs in the history", growth.runs, growth.history);
  return text;
}

std::string report_json(const Fleet& fleet, const CheckResult& check, const std::vector<Figure>& figures, const Growth& growth) {
  const Options& options = fleet.options();
  std::vector<std::string> values, differences;
  for (const Figure& figure : figures) values.push_back(fmt::format("\"{}\":{}", figure.name, figure.value));
  for (const std::string& difference : check.differences) differences.push_back(quoted(difference));
  return fmt::format(
      "{{\"format\":\"ingot.fleet-simulation/1\",\"servers\":{},\"origins\":{},\"images\":{},\"nights\":{},\"topology\":\"{}\","
      "\"seed\":{},\n\"check\":{{\"servers\":{},\"publications\":{},\"polls\":{},\"idle_polls\":{},\"copies\":{},\"differences\":"
      "[{}]}},\n"
      "\"figures\":{{{}}},\n\"growth\":{},\n\"history\":{}}}\n",
      options.servers, fleet.origins(), options.images, fleet.nights(), text_of(options.topology), options.seed, check.servers,
      check.publications, check.polls, check.idle_polls, check.copies, fmt::join(differences, ","), fmt::join(values, ","),
      rows_json(growth.images, growth.rows), rows_json(growth.runs, growth.history));
}

}  // namespace ingot::fleet_simulation
