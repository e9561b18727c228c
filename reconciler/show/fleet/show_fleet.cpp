#include "reconciler/show/fleet/show_fleet.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"

namespace ingot::show {

namespace {

constexpr std::size_t most_names = 5;

bool is_outside(const fleet::FleetServer& server) { return server.manifest.empty(); }

/// "2 images", or "" where nothing is known.
std::string count_text(const fleet::Fleet& fleet, const fleet::FleetFlow& flow) {
  if (is_outside(fleet.servers[flow.from])) return "";
  return fmt::format("{} image{}", flow.images.size(), flow.images.size() == 1 ? "" : "s");
}

std::string names_text(const fleet::FleetFlow& flow) {
  std::string text;
  for (std::size_t i = 0; i < std::min(flow.images.size(), most_names); ++i)
    text += (i == 0 ? ": " : ", ") + flow.images[i].text();
  return flow.images.size() > most_names ? text + " …" : text;
}

void show_flows(const fleet::Fleet& fleet, const Style& style, Output& out) {
  for (std::size_t to = 0; to < fleet.servers.size(); ++to) {
    const auto count =
        std::count_if(fleet.flows.begin(), fleet.flows.end(), [&](const fleet::FleetFlow& flow) { return flow.to == to; });
    if (is_outside(fleet.servers[to])) continue;
    out.print("\n{}{}\n", style.bold(io::printable(fleet.servers[to].name)), count == 0 ? " gets nothing" : " gets");
    for (const auto& flow : fleet.flows) {
      if (flow.to != to) continue;
      const std::string known = count_text(fleet, flow);
      out.print("  from {:<20} {:<28} {}{}  {}\n", io::printable(fleet.servers[flow.from].name), flow.rule,
                known.empty() ? "unknown: not one of these servers" : known, names_text(flow), style.dim(io::printable(flow.at)));
    }
  }
}

Ink ink_of(fleet::Level level) {
  return level == fleet::Level::error ? Ink::red : level == fleet::Level::warning ? Ink::yellow : Ink::dim;
}

std::string summary(const fleet::Fleet& fleet) {
  const auto count = [&](fleet::Level level) {
    return std::count_if(fleet.findings.begin(), fleet.findings.end(),
                         [&](const fleet::FleetFinding& finding) { return finding.level == level; });
  };
  const auto members = std::count_if(fleet.servers.begin(), fleet.servers.end(),
                                     [](const fleet::FleetServer& server) { return !is_outside(server); });
  return fmt::format("{} servers, {} rules: {} errors, {} warnings, {} notes", members, fleet.flows.size(),
                     count(fleet::Level::error), count(fleet::Level::warning), count(fleet::Level::note));
}

/// In double quotes, for dot.
std::string dot_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : io::printable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// In double quotes, for mermaid, which has no other escape.
std::string mermaid_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : io::printable(text)) {
    if (c == '"')
      quoted += "#quot;";
    else if (c == '#')
      quoted += "#35;";
    else
      quoted += c;
  }
  return quoted + "\"";
}

std::string label_of(const fleet::Fleet& fleet, const fleet::FleetFlow& flow) {
  const std::string known = count_text(fleet, flow);
  return known.empty() ? flow.rule : flow.rule + ": " + known;
}

}  // namespace

void show_fleet(const fleet::Fleet& fleet, const Style& style, Output& out) {
  out.print("{}\n", style.bold(summary(fleet)));
  show_flows(fleet, style, out);
  if (!fleet.findings.empty()) out.put('\n');
  for (const auto& finding : fleet.findings) {
    out.print("{} {}: {}\n         {}\n", style.in(ink_of(finding.level), fmt::format("{:<8}", text_of(finding.level))),
              io::printable(finding.at), io::printable(finding.text), io::printable(finding.mend));
  }
}

void show_fleet_json(const fleet::Fleet& fleet, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.fleet/1");
  json.objects("servers", fleet.servers, [&](const auto& server) {
    json.member("name", server.name);
    json.member("id", server.id ? std::optional(server.id->text()) : std::nullopt);
    json.member_or_null("manifest", server.manifest);
  });
  json.objects("flows", fleet.flows, [&](const auto& flow) {
    json.member("from", fleet.servers[flow.from].name);
    json.member("to", fleet.servers[flow.to].name);
    json.member("rule", flow.rule);
    json.member("at", flow.at);
    json.key("images");
    if (is_outside(fleet.servers[flow.from])) {
      json.value(nullptr);
    } else {
      json.begin_array();
      for (const auto& image : flow.images) json.value(image.text());
      json.end_array();
    }
  });
  json.objects("findings", fleet.findings, [&](const auto& finding) {
    json.member("level", text_of(finding.level));
    json.member("code", finding.code);
    json.member("at", finding.at);
    json.member("text", finding.text);
    json.member("mend", finding.mend);
  });
  json.end_object();
  json.finish();
}

void show_fleet_dot(const fleet::Fleet& fleet, Output& out) {
  out.put("digraph fleet {\n  rankdir=LR;\n  node [shape=box];\n");
  for (const auto& server : fleet.servers)
    out.print("  {}{};\n", dot_quoted(server.name), is_outside(server) ? " [style=dashed]" : "");
  for (const auto& flow : fleet.flows) {
    const bool outside = is_outside(fleet.servers[flow.from]);
    const std::string label = dot_quoted(label_of(fleet, flow));
    out.print("  {} -> {} [label={}{}];\n", dot_quoted(fleet.servers[flow.from].name), dot_quoted(fleet.servers[flow.to].name),
              label,
              outside               ? ", style=dashed"
              : flow.images.empty() ? ", color=red"
                                    : "");
  }
  out.put("}\n");
}

void show_fleet_mermaid(const fleet::Fleet& fleet, Output& out) {
  out.put("graph LR\n");
  for (std::size_t i = 0; i < fleet.servers.size(); ++i) {
    const std::string name = mermaid_quoted(fleet.servers[i].name);
    if (is_outside(fleet.servers[i]))
      out.print("  s{}([{}])\n", i, name);
    else
      out.print("  s{}[{}]\n", i, name);
  }
  for (const auto& flow : fleet.flows) {
    const bool dashed = is_outside(fleet.servers[flow.from]) || flow.images.empty();
    out.print("  s{} {}|{}| s{}\n", flow.from, dashed ? "-.->" : "-->", mermaid_quoted(label_of(fleet, flow)), flow.to);
  }
}

}  // namespace ingot::show
