#include "reconciler/show/catalog/show_findings.hpp"

#include <map>
#include <set>

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

namespace {

struct Counted {
  FindingKind kind;
  std::uint64_t looked_at;
  std::string_view noun;
};

/// Images and published files are told even if there are none.
std::vector<Counted> counts_of(const Findings& findings) {
  std::vector<Counted> counts{{FindingKind::image, findings.images, "image"},
                              {FindingKind::piece, findings.pieces, "published file"}};
  if (findings.deltas > 0) counts.push_back({FindingKind::delta, findings.deltas, "delta"});
  if (findings.exports > 0) counts.push_back({FindingKind::exported, findings.exports, "exported image"});
  return counts;
}

/// "2 images, 5 published files and 1 delta"
std::string looked_at(const Findings& findings) {
  const auto counts = counts_of(findings);
  std::string text;
  for (const Counted& one : counts) {
    const std::string_view before = text.empty() ? "" : &one == &counts.back() ? " and " : ", ";
    text += fmt::format("{}{}", before, plan::counted(one.looked_at, one.noun));
  }
  return text;
}

/// "1 of 2 images, 0 of 5 published files"
std::string faults_of(const Findings& findings) {
  std::map<FindingKind, std::set<std::string>> faulty;
  for (const Finding& fault : findings.faults) {
    // An image may have several faults; pages and deltas have one name and a path each.
    const bool by_path = fault.kind == FindingKind::piece || fault.kind == FindingKind::delta;
    faulty[fault.kind].insert(by_path ? fault.what + " " + fault.path : fault.what);
  }
  std::string text;
  for (const Counted& one : counts_of(findings))
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", faulty[one.kind].size(), plan::counted(one.looked_at, one.noun));
  if (faulty.contains(FindingKind::state)) text += ", the state";
  if (const std::size_t links = faulty[FindingKind::link].size(); links > 0)
    text += fmt::format(", {} of exports", plan::counted(links, "link"));
  return text;
}

void show_lines(const std::vector<Finding>& findings, const std::string& before, Ink ink, const Style& style, Output& out) {
  for (const auto& finding : findings) {
    out.print("{}: {}{}\n", style.in(ink, before + io::printable(finding.what)), io::printable(finding.why),
              finding.path.empty() ? "" : fmt::format(" ({})", io::printable(finding.path)));
  }
}

void show_faults(const Findings& findings, const Style& style, Output& out) {
  show_lines(findings.faults, "", Ink::red, style, out);
}

/// Gives what the last line says of those that are mended.
std::string show_mended_and_faults(const Findings& findings, const Style& style, Output& out) {
  show_lines(findings.repaired, "repaired ", Ink::green, style, out);
  show_faults(findings, style, out);
  return findings.repaired.empty() ? "" : fmt::format(" {} repaired.", findings.repaired.size());
}

void put_list(std::string_view key, const std::vector<Finding>& findings, JsonWriter& json) {
  json.objects(key, findings, [&](const auto& finding) {
    json.member("what", finding.what);
    json.member_or_null("path", finding.path);
    json.member("text", finding.why);
  });
}

void begin_json(std::string_view format, std::string_view verdict, const Findings& findings, JsonWriter& json) {
  json.begin_object();
  json.member("format", format);
  json.member(verdict, findings.faults.empty());
  json.member("images", findings.images);
  json.member("pieces", findings.pieces);
}

}  // namespace

void show_drift(const Findings& findings, const Style& style, Output& out) {
  show_faults(findings, style, out);
  if (findings.faults.empty())
    out.print("No drift: {} as applied.\n", looked_at(findings));
  else
    out.print("{}\n", style.bold(fmt::format("Drift: not as applied: {}.", faults_of(findings))));
}

void show_drift_json(const Findings& findings, Output& out) {
  JsonWriter json(out);
  begin_json("ingot.drift/1", "clean", findings, json);
  json.member("exports", findings.exports);
  put_list("drift", findings.faults, json);
  json.end_object();
  json.finish();
}

void show_verify(const Findings& findings, const Style& style, Output& out) {
  const std::string repaired = show_mended_and_faults(findings, style, out);
  if (findings.faults.empty())
    out.print("Whole: {}, {} re-hashed.{}\n", looked_at(findings), size_text(findings.bytes), repaired);
  else
    out.print("{}\n", style.bold(fmt::format("Damaged: {}.{}", faults_of(findings), repaired)));
}

void show_verify_upload(const Findings& findings, const std::string& place, const Style& style, Output& out) {
  const std::string repaired = show_mended_and_faults(findings, style, out);
  const std::string objects = plan::counted(findings.pieces, "object"), where = io::printable(place);
  if (findings.faults.empty()) {
    out.print("Complete: {} in {} {} as uploaded.{}\n", objects, where, findings.pieces == 1 ? "is" : "are", repaired);
  } else {
    const std::size_t wrong = findings.faults.size();
    out.print("{}\n", style.bold(fmt::format("Incomplete: {} of {} in {} {} missing or wrong.{}", wrong, objects, where,
                                             wrong == 1 ? "is" : "are", repaired)));
  }
}

void show_verify_json(const Findings& findings, Output& out) {
  JsonWriter json(out);
  begin_json("ingot.verify/1", "whole", findings, json);
  json.member("bytes", findings.bytes);
  put_list("damaged", findings.faults, json);
  put_list("repaired", findings.repaired, json);
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
