#include "reconciler/show/fleet/fleet_status_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/show/format/short_text.hpp"

namespace ingot::show {

namespace {

std::string state_text(const fleet::FleetHolding& held) {
  if (!held.holding) return "unknown";
  const std::string word(text_of(*held.holding));
  if (!held.is_certain) return word == "absent" ? "unknown" : fmt::format("unknown ({})", word);
  return held.misses_withdrawal ? word + ", not withdrawn" : word;
}

/// "sites/paris/ingot.toml:41 (subscription.london.all)", with why it leaves the image out.
std::string why_text(const fleet::FleetWant& want) {
  if (!want.rule) return want.wanted == fleet::Wanted::yes ? "it is protected there" : "no subscription names it";
  const std::string rule = io::printable(want.rule->address);
  const std::string place = want.rule->at.empty() ? rule : fmt::format("{} ({})", io::printable(want.rule->at), rule);
  if (want.wanted == fleet::Wanted::unknown) return place + ": the catalog of its origin is not known here";
  return want.code == Code::none ? place : fmt::format("{}: {}", place, text_of(want.code));
}

std::string_view text_of_wanted(fleet::Wanted wanted) {
  switch (wanted) {
    case fleet::Wanted::unknown: return "unknown";
    case fleet::Wanted::no: return "no";
    case fleet::Wanted::yes: return "yes";
  }
  return "";
}

bool is_shown(const fleet::FleetHolding& held, bool every_want) {
  if (held.is_lacking() || !every_want) return held.is_lacking();
  const bool is_copy = held.holding != fleet::Holding::origin;
  return is_copy && (held.want.rule != nullptr || held.want.wanted == fleet::Wanted::yes ||
                     (held.want.wanted == fleet::Wanted::no && held.holding == fleet::Holding::present));
}

}  // namespace

std::string holding_text(const fleet::FleetHolding& held) {
  const std::string state = state_text(held);
  if (held.want.wanted == fleet::Wanted::unknown || held.holding == fleet::Holding::origin) return state;
  return state + (held.want.wanted == fleet::Wanted::yes ? ", wanted" : ", not wanted");
}

std::vector<WantRow> want_rows(const FleetStatus& status) {
  std::vector<WantRow> rows;
  for (const auto& image : status.images) {
    for (std::size_t i = 0; i < status.servers.size(); ++i) {
      const fleet::FleetHolding& held = image.holdings[i];
      if (image.identity.origin == status.servers[i].id || !is_shown(held, status.every_want)) continue;
      rows.push_back({.server = io::printable(status.servers[i].name),
                      .image = image.identity.name.text(),
                      .origin = io::printable(image.origin),
                      .state = state_text(held),
                      .wanted = std::string(text_of_wanted(held.want.wanted)),
                      .why = why_text(held.want),
                      .is_lacking = held.is_lacking()});
    }
  }
  std::stable_partition(rows.begin(), rows.end(), [](const WantRow& row) { return row.is_lacking; });
  return rows;
}

std::vector<std::string> server_row(const fleet::FleetWord& server, Time now) {
  const auto& head = server.head;
  return {io::printable(server.name),
          std::string(text_of(server.trouble == Code::none ? Code::ok : server.trouble)),
          head ? std::to_string(head->serial) : "-",
          head ? time_text(head->issued) : "-",
          head ? age_text(now - head->issued) : "-",
          server.stated ? "published" : "unknown",
          io::printable(server.why)};
}

std::string unknown_wants(const std::vector<fleet::FleetWord>& servers) {
  constexpr std::size_t most = 6;
  std::vector<std::string> names;
  for (const auto& server : servers) {
    if (!server.stated && server.trouble == Code::none) names.push_back(io::printable(server.name));
  }
  if (names.empty()) return "";
  return fmt::format("What {} want{} is unknown: publish_state = true in [server] publishes it.", plan::some_listed(names, most),
                     names.size() == 1 ? "s" : "");
}

}  // namespace ingot::show
