// Values for reports: a server with years of history, and a fleet of many servers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reconciler/fleet/fleet_report.hpp"
#include "reconciler/history/usage.hpp"
#include "reconciler/show/html/server_report.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::testing_support {

inline const Time report_now = *parse_time("2026-11-30T06:52:00Z");

/// A copy of `size` bytes that came from `peer` so many days before now.
inline state::ImageRow copied_row(const std::string& peer, const std::string& name, std::uint64_t size, int days_ago) {
  state::ImageRow row{.name = ImageName::of(peer + "-" + name),
                      .copy = true,
                      .identity = ImageIdentity{server_id(peer), ImageName::of(name), 1},
                      .origin_name = ServerName::of(peer),
                      .copied_from = ServerName::of(peer),
                      .digest = io::sha256(peer + name),
                      .size = size};
  row.papers.time = report_now - std::chrono::hours(24) * days_ago;
  row.papers.peer = peer;
  return row;
}

inline state::ActionRecord recorded(Verb verb, const std::string& address, int days_ago, state::ActionEnd outcome,
                                    Code code = Code::none, const std::string& text = "") {
  const Time time = report_now - std::chrono::hours(24) * days_ago;
  return {.sequence = 0,
          .address = {address},
          .verb = verb,
          .arguments = "",
          .outcome = outcome,
          .code = code,
          .text = text,
          .started = time,
          .finished = time};
}

inline state::RunRecord run_days_ago(int days_ago, int exit_code) {
  const Time time = report_now - std::chrono::hours(24) * days_ago;
  return {.start = {.id = "run",
                    .started = time,
                    .command = "apply",
                    .actor = "",
                    .manifest_path = "",
                    .manifest_digest = {},
                    .git = std::nullopt,
                    .plan_id = ""},
          .finished = time,
          .exit_code = exit_code,
          .actions = {}};
}

/// `days` of history with a copy of 2 to 30 GB from one of `peers` on most days; every third image is removed after a year.
inline show::ServerReport busy_server(int days, const std::vector<std::string>& peers) {
  state::Snapshot now;
  history::UsageBuilder builder;
  std::uint64_t noise = 7;
  const auto next = [&noise] { return (noise = noise * 6364136223846793005ULL + 1442695040888963407ULL) >> 33; };
  for (int ago = days; ago >= 0; --ago) {
    const bool failed = ago % 41 == 3;
    builder.add(run_days_ago(ago, failed ? 3 : 0));
    const std::string& peer = peers[static_cast<std::size_t>(ago * ago) % peers.size()];
    if (failed)
      builder.add(recorded(Verb::copy, "copy." + peer + ".db" + std::to_string(ago), ago, state::ActionEnd::failed,
                           Code::unreachable, "https://" + peer + ".example.net/head: the connection timed out after 30 s"));
    if (ago % 3 == 1) continue;
    auto row = copied_row(peer, "db" + std::to_string(ago), 2'000'000'000 + next() % 28 * 1'000'000'000, ago);
    if (ago % 3 == 0 && ago > 365) {
      row.deleted = true;
      builder.add(recorded(Verb::remove, "copy." + peer + ".db" + std::to_string(ago), ago - 365, state::ActionEnd::done));
    }
    now.images_total += row.deleted ? 0 : 1;
    now.images.push_back(std::move(row));
  }
  now.failing = {Address{"copy." + peers[9 % peers.size()] + ".db3"}, Address{"copy." + peers[1936 % peers.size()] + ".db44"}};
  return {.server = ServerName::of("gold"),
          .id = server_id("gold"),
          .now = report_now,
          .serial = 412,
          .expires = report_now + std::chrono::hours(24) * 13,
          .disk = {.total = 20'000'000'000'000, .available = 1'900'000'000'000},
          .min_free = 500'000'000'000,
          .usage = builder.finish(now, {})};
}

/// Servers that each make series and copy those of the next ones; some are behind, one does not answer.
struct SampleFleet {
  std::vector<fleet::FleetWord> servers;
  std::vector<fleet::HeadTimes> heads;
};
inline SampleFleet sample_fleet(std::size_t servers, std::size_t images_of_each, const std::vector<std::string>& names = {}) {
  SampleFleet fleet;
  const auto id_of = [](std::size_t server) { return server_id("site" + std::to_string(server)); };
  const auto image_name = [&](std::size_t server, std::size_t image) {
    return fmt::format("site{:02}_db{}.{}", server, image / 5, image % 5);
  };
  for (std::size_t i = 0; i < servers; ++i) {
    Catalog catalog;
    for (std::size_t image = 0; image < images_of_each; ++image) {
      catalog.images.push_back(own_image(id_of(i), image_name(i, image), image + 1));
      catalog.images.back().packed->file.length = 1'000'000'000 + image * 150'000'000;
      if (image % 5 == 0)
        catalog.series.push_back({.name = SeriesName::of("db" + std::to_string(image / 5)), .created = image + 1, .members = {}});
      catalog.series.back().members.push_back({catalog.images.back().identity, image + 1});
    }
    for (std::size_t step = 1; step <= servers / 2; ++step) {
      const std::size_t origin = (i + step) % servers;
      const bool late = (i * 7 + step) % 11 == 0;
      for (std::size_t image = 0; image < images_of_each; ++image) {
        if ((image / 5 + step) % 3 == 0 || (late && image % 5 > 2)) continue;
        catalog.images.push_back(copied_image(id_of(origin), image_name(origin, image), image + 1, image + 2));
        if (i == 1 && step == 1 && image == 1) catalog.images.back().digest = io::sha256("other bytes");
      }
    }
    const bool silent = i == 4;
    const Time issued = report_now - std::chrono::hours(5 + 7 * i % 90);
    fleet.servers.push_back({.name = i < names.size() ? names[i] : fmt::format("site{:02}", i),
                             .id = id_of(i),
                             .trouble = silent ? Code::unreachable : Code::none,
                             .why = silent ? "https://site04.example.net/head: the connection timed out after 30 s" : "",
                             .head = plan::SeenHead{.id = id_of(i),
                                                    .own_name = ServerName::of("site"),
                                                    .epoch = 1,
                                                    .serial = images_of_each + i,
                                                    .digest = {},
                                                    .index = {},
                                                    .issued = issued,
                                                    .expires = issued + std::chrono::hours(24 * 7),
                                                    .url = ""},
                             .catalog = std::make_shared<const Catalog>(std::move(catalog))});
    fleet.heads.push_back({});
    for (std::size_t image = 0; image <= images_of_each; image += 2)
      fleet.heads.back().emplace(image + 1, report_now - std::chrono::hours(24) * (3 * (images_of_each - image) + 1));
  }
  return fleet;
}

}  // namespace ingot::testing_support
