#include "reconciler/show/fleet/show_fleet_status.hpp"

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/short_text.hpp"
#include "reconciler/show/format/table.hpp"

namespace ingot::show {

namespace {

std::string cell_text(const fleet::FleetHolding& held) {
  if (!held.holding) return "unknown";
  const std::string word(text_of(*held.holding));
  if (!held.is_certain) return word == "absent" ? "unknown" : fmt::format("unknown ({})", word);
  return held.misses_withdrawal ? word + ", not withdrawn" : word;
}

void show_servers(const std::vector<fleet::FleetWord>& servers, Time now, const Style& style, Output& out) {
  Table table({{"SERVER"}, {"ANSWER"}, {"SERIAL", Align::right}, {"SIGNED"}, {"AGE", Align::right}, {""}});
  for (const auto& server : servers) {
    const auto& head = server.head;
    table.row({io::printable(server.name), std::string(text_of(server.trouble == Code::none ? Code::ok : server.trouble)),
               head ? std::to_string(head->serial) : "-", head ? time_text(head->issued) : "-",
               head ? age_text(now - head->issued) : "-", io::printable(server.why)});
  }
  table.show(out, style);
}

void put_holding(const fleet::FleetWord& server, const fleet::FleetHolding& held, JsonWriter& json) {
  const bool known = held.holding && held.is_certain;
  const bool here = held.holding && *held.holding != fleet::Holding::absent && *held.holding != fleet::Holding::waiting;
  json.begin_object();
  json.member("server", server.name);
  json.member("status", known ? text_of(*held.holding) : std::string_view("unknown"));
  json.member("last", held.holding && !held.is_certain ? std::optional(text_of(*held.holding)) : std::nullopt);
  json.member("digest_equal", known && here ? std::optional(*held.holding != fleet::Holding::differs) : std::nullopt);
  json.member("misses_withdrawal", held.misses_withdrawal);
  json.end_object();
}

void put_server(const fleet::FleetWord& server, JsonWriter& json) {
  json.begin_object();
  json.member("name", server.name);
  json.member("id", server.id.text());
  json.member("status", server.trouble == Code::none ? Code::ok : server.trouble);
  json.member_or_null("text", server.why);
  json.member("serial", server.head ? std::optional(server.head->serial) : std::nullopt);
  json.member("issued", server.head ? std::optional(server.head->issued) : std::nullopt);
  json.end_object();
}

void put_image(const std::vector<fleet::FleetWord>& servers, const fleet::FleetImage& image, JsonWriter& json) {
  json.begin_object();
  json.member("name", image.identity.name.text());
  json.key("origin");
  json.begin_object();
  json.member("name", image.origin);
  json.member("id", image.identity.origin.text());
  json.end_object();
  json.member("created", image.identity.created);
  json.member("digest", image.digest ? std::optional(image.digest->text()) : std::nullopt);
  json.member("withdrawn", image.withdrawn);
  json.key("series");
  json.begin_array();
  for (const auto& series : image.series) json.value(series.text());
  json.end_array();
  json.key("servers");
  json.begin_array();
  for (std::size_t i = 0; i < servers.size(); ++i) put_holding(servers[i], image.holdings[i], json);
  json.end_array();
  json.end_object();
}

}  // namespace

void show_fleet_status(const std::vector<fleet::FleetWord>& servers, const std::vector<fleet::FleetImage>& images, Time now,
                       const Style& style, Output& out) {
  std::vector<Column> columns{{"IMAGE"}, {"OF"}};
  for (const auto& server : servers) columns.push_back({io::printable(server.name)});
  Table table(columns);
  for (const auto& image : images) {
    std::vector<std::string> cells{image.identity.name.text() + (image.withdrawn ? " (withdrawn)" : ""),
                                   io::printable(image.origin)};
    for (const auto& held : image.holdings) cells.push_back(cell_text(held));
    table.row(std::move(cells));
  }
  if (!table.empty()) {
    table.show(out, style);
    out.put('\n');
  }
  show_servers(servers, now, style, out);
}

void show_fleet_status_json(const std::vector<fleet::FleetWord>& servers, const std::vector<fleet::FleetImage>& images,
                            Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.fleetstatus/1");
  json.key("servers");
  json.begin_lines();
  for (const auto& server : servers) put_server(server, json);
  json.end_array();
  json.key("images");
  json.begin_lines();
  for (const auto& image : images) put_image(servers, image, json);
  json.end_array();
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
