#include "state/peer_table.hpp"

#include <algorithm>
#include <tuple>

#include "state/lines.hpp"

namespace ingot::state {

namespace {

Selector read_selector(Statement& row) {
  const auto kind = row.next<std::string>();
  auto selector = parse_selector(kind, row.next_text());
  if (!selector) row.damaged("a subscription that selects nothing");
  return *std::move(selector);
}

}  // namespace

std::vector<std::string> read_lines(Statement& row) {
  auto lines = parse_lines(row.next_text());
  if (!lines) row.damaged("a list that is none");
  return *std::move(lines);
}

std::vector<Registration> read_registrations(Database& database, LeftOut* left_out) {
  std::vector<Registration> registrations;
  Statement rows =
      database.query("SELECT name, own_name, id, urls, serial, head, registered, seen FROM registration ORDER BY name, id");
  each_row_of(rows, left_out, [&] {
    registrations.push_back(Registration{.name = rows.next<ServerName>(),
                                         .own_name = rows.next<ServerName>(),
                                         .id = rows.next<ServerId>(),
                                         .urls = read_lines(rows),
                                         .serial = rows.next<Serial>(),
                                         .head = rows.next<Digest>(),
                                         .registered = rows.next<Time>(),
                                         .seen = rows.next<Time>()});
  });
  return registrations;
}

std::vector<SubscriptionRow> read_subscriptions(Database& database, LeftOut* left_out) {
  std::vector<SubscriptionRow> subscriptions;
  Statement rows = database.query(
      "SELECT peer, peer_name, kind, value, baseline, since, options, rule, instantiated, stopped, copies FROM subscription");
  each_row_of(rows, left_out, [&] {
    subscriptions.push_back(SubscriptionRow{.peer = rows.next<ServerId>(),
                                            .peer_name = rows.next<ServerName>(),
                                            .selector = read_selector(rows),
                                            .baseline = rows.next<Serial>(),
                                            .since = rows.next<std::string>(),
                                            .options = rows.next<std::string>(),
                                            .rule = rows.next<std::string>(),
                                            .instantiated = rows.next<Time>(),
                                            .stopped = rows.next<std::optional<Serial>>(),
                                            .copies = rows.next<std::uint64_t>()});
  });
  std::sort(subscriptions.begin(), subscriptions.end(), [](const auto& one, const auto& other) {
    return std::tie(one.peer, one.selector) < std::tie(other.peer, other.selector);
  });
  return subscriptions;
}

std::optional<Follow> read_follow(Statement& row) {
  auto peer = row.next<std::optional<ServerName>>();
  auto series = row.next<std::optional<SeriesName>>();
  if (!peer || !series) return std::nullopt;
  return Follow{.peer = *std::move(peer), .series = *std::move(series)};
}

}  // namespace ingot::state
