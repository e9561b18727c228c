#include "reconciler/show/fleet/show_fleet_status.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/markdown.hpp"
#include "reconciler/show/format/table.hpp"

namespace ingot::show {

namespace {

constexpr std::size_t most_wants = 100;

std::vector<std::string> image_row(const fleet::FleetImage& image) {
  std::vector<std::string> cells{image.identity.name.text() + (image.withdrawn ? " (withdrawn)" : ""),
                                 io::printable(image.origin)};
  for (const auto& held : image.holdings) cells.push_back(holding_text(held));
  return cells;
}

void show_images(const FleetStatus& status, const Style& style, Output& out) {
  std::vector<Column> columns{{"IMAGE"}, {"OF"}};
  for (const auto& server : status.servers) columns.push_back({io::printable(server.name)});
  Table table(columns);
  for (const auto& image : status.images) table.row(image_row(image));
  if (table.empty()) return;
  table.show(out, style);
  out.put('\n');
}

void show_wants(const FleetStatus& status, bool verbose, const Style& style, Output& out) {
  const auto rows = want_rows(status);
  if (rows.empty()) return;
  Table table({{"SERVER"}, {"IMAGE"}, {"OF"}, {"STATE"}, {"WANTED"}, {"WHY"}});
  const std::size_t shown = verbose ? rows.size() : std::min(rows.size(), most_wants);
  for (std::size_t i = 0; i < shown; ++i)
    table.row({rows[i].server, rows[i].image, rows[i].origin, rows[i].state, rows[i].wanted, rows[i].why});
  table.show(out, style);
  if (shown < rows.size()) out.print("{} more (-v shows them)\n", rows.size() - shown);
  out.put('\n');
}

void show_servers(const FleetStatus& status, const Style& style, Output& out) {
  Table table({{"SERVER"}, {"ANSWER"}, {"SERIAL", Align::right}, {"SIGNED"}, {"AGE", Align::right}, {"WANTS"}, {"WHY"}});
  for (const auto& server : status.servers) table.row(server_row(server, status.now));
  table.show(out, style);
}

std::vector<std::string> markdown_cells(std::vector<std::string> cells) {
  for (auto& one : cells) one = markdown_cell(one);
  return cells;
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
  const fleet::FleetWant& want = held.want;
  json.member("wanted", want.wanted == fleet::Wanted::unknown ? std::nullopt : std::optional(want.wanted == fleet::Wanted::yes));
  json.member_or_null("rule", want.rule ? want.rule->address : "");
  json.member_or_null("at", want.rule ? want.rule->at : "");
  json.member_or_null("why_not", want.code);
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
  json.member("publishes_state", server.trouble == Code::none ? std::optional(server.stated != nullptr) : std::optional<bool>());
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
  json.values("series", image.series, [&](const auto& series) { return series.text(); });
  json.key("servers");
  json.begin_array();
  for (std::size_t i = 0; i < servers.size(); ++i) put_holding(servers[i], image.holdings[i], json);
  json.end_array();
  json.end_object();
}

}  // namespace

void show_fleet_status(const FleetStatus& status, bool verbose, const Style& style, Output& out) {
  show_images(status, style, out);
  show_wants(status, verbose, style, out);
  show_servers(status, style, out);
  if (const std::string unknown = unknown_wants(status.servers); !unknown.empty()) out.print("\n{}\n", style.dim(unknown));
}

void show_fleet_status_json(const FleetStatus& status, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.fleetstatus/1");
  json.key("servers");
  json.begin_lines();
  for (const auto& server : status.servers) put_server(server, json);
  json.end_array();
  json.key("images");
  json.begin_lines();
  for (const auto& image : status.images) put_image(status.servers, image, json);
  json.end_array();
  json.end_object();
  json.finish();
}

std::string fleet_status_markdown(const FleetStatus& status) {
  std::vector<MarkdownSection> sections;
  const auto rows = want_rows(status);
  if (!rows.empty()) {
    sections.push_back(markdown_table(status.every_want ? "\n### Who wants it\n" : "\n### Wanted and missing\n",
                                      {"server", "image", "of", "state", "wanted", "why"}));
    for (const auto& row : rows) {
      add_row(sections.back(), {markdown_cell(row.server), markdown_cell(row.image), markdown_cell(row.origin), row.state,
                                row.wanted, markdown_cell(row.why)});
    }
  }
  sections.push_back(markdown_table("\n### Servers\n", {"server", "answer", "serial", "signed", "age", "wants", "why"}));
  for (const auto& server : status.servers) add_row(sections.back(), markdown_cells(server_row(server, status.now)));
  std::vector<std::string> headings{"image", "of"};
  for (const auto& server : status.servers) headings.push_back(markdown_cell(io::printable(server.name)));
  sections.push_back(markdown_table(fmt::format("\n<details><summary>Images: {}</summary>\n", status.images.size()), headings));
  sections.back().after = "\n</details>\n";
  for (const auto& image : status.images) add_row(sections.back(), markdown_cells(image_row(image)));
  const std::string unknown = unknown_wants(status.servers);
  return fitted_markdown(
      fmt::format("<!-- ingot fleet status -->\n## Images on {}\n{}", plan::counted(status.servers.size(), "server"),
                  unknown.empty() ? "" : "\n" + markdown_code(unknown) + "\n"),
      std::move(sections));
}

}  // namespace ingot::show
