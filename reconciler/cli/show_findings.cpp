#include "reconciler/cli/show_findings.hpp"

#include "reconciler/cli/json_writer.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/quantity.hpp"

namespace ingot {

namespace {

std::string looked_at(const Findings& findings) {
  return fmt::format("{} image{} and {} published file{}", findings.images, findings.images == 1 ? "" : "s", findings.pieces, findings.pieces == 1 ? "" : "s");
}

void show_faults(const Findings& findings, const Style& style, Output& out) {
  for (const auto& fault : findings.faults) {
    out.print("{}: {}{}\n", style.red(printable(fault.what)), printable(fault.why), fault.path.empty() ? "" : fmt::format(" ({})", printable(fault.path)));
  }
}

void show_json(std::string_view format, std::string_view verdict, std::string_view list, const Findings& findings, bool with_bytes, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", format);
  json.member(verdict, findings.faults.empty());
  json.member("images", findings.images);
  json.member("pieces", findings.pieces);
  if (with_bytes) json.member("bytes", findings.bytes);
  json.key(list);
  json.begin_lines();
  for (const auto& fault : findings.faults) {
    json.begin_object();
    json.member("what", fault.what);
    json.member_or_null("path", fault.path);
    json.member("text", fault.why);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.finish();
}

}  // namespace

void show_drift(const Findings& findings, const Style& style, Output& out) {
  show_faults(findings, style, out);
  if (findings.faults.empty()) out.print("No drift: {} are where they should be.\n", looked_at(findings));
  else out.print("{}\n", style.bold(fmt::format("Drift: {} of {} are not as they were applied.", findings.faults.size(), looked_at(findings))));
}

void show_drift_json(const Findings& findings, Output& out) { show_json("ingot.drift/1", "clean", "drift", findings, false, out); }

void show_verify(const Findings& findings, const Style& style, Output& out) {
  show_faults(findings, style, out);
  if (findings.faults.empty()) out.print("Whole: {}, {} re-hashed.\n", looked_at(findings), size_text(findings.bytes));
  else out.print("{}\n", style.bold(fmt::format("Damaged: {} of {}.", findings.faults.size(), looked_at(findings))));
}

void show_verify_json(const Findings& findings, Output& out) { show_json("ingot.verify/1", "whole", "damaged", findings, true, out); }

}  // namespace ingot
