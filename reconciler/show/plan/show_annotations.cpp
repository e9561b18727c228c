#include "reconciler/show/plan/show_annotations.hpp"

#include <algorithm>
#include <map>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"

namespace ingot::show {

namespace {

/// As workflow commands want it; properties also escape what would end them.
std::string github_text(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (special)
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      escaped += c;
  }
  return escaped;
}

std::string_view github_word(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

void put_github(const Annotation& one, Output& out) {
  out.print("::{} ", github_word(one.severity));
  if (!one.file.empty()) out.print("file={},", github_text(one.file, true));
  if (one.line > 0) out.print("line={},", one.line);
  if (one.column > 0) out.print("col={},", one.column);
  out.print("title={}::{}\n", github_text("ingot: " + one.code, true), github_text(one.text, false));
}

/// The same for the same complaint wherever its line is now; equal ones are counted.
class Fingerprints {
 public:
  std::string of(const Annotation& one) {
    const std::string what = one.file + "\n" + one.code + "\n" + one.text;
    return io::sha256(fmt::format("{}\n{}", what, seen_[what]++)).hex();
  }

 private:
  std::map<std::string, std::size_t> seen_;
};

std::string_view sarif_level(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

/// A path as a relative reference (RFC 3986).
std::string uri_of(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return path.starts_with('/') ? "file://" + uri : uri;
}

void put_message(std::string_view key, const std::string& text, JsonWriter& json) {
  json.key(key);
  json.begin_object();
  json.member("text", text);
  json.end_object();
}

std::vector<std::string> codes_in(const std::vector<Annotation>& annotations) {
  std::vector<std::string> codes;
  for (const auto& one : annotations) codes.push_back(one.code);
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

void put_location(const Annotation& one, JsonWriter& json) {
  json.key("locations");
  json.begin_array();
  if (!one.file.empty()) {
    json.begin_object();
    json.key("physicalLocation");
    json.begin_object();
    json.key("artifactLocation");
    json.begin_object();
    json.member("uri", uri_of(one.file));
    if (!one.file.starts_with('/')) json.member("uriBaseId", "%SRCROOT%");
    json.end_object();
    json.key("region");
    json.begin_object();
    json.member("startLine", std::max(one.line, 1));  // of a whole file its beginning: viewers want a line
    if (one.column > 0) json.member("startColumn", one.column);
    json.end_object();
    json.end_object();
    json.end_object();
  }
  json.end_array();
}

void put_result(const Annotation& one, std::size_t rule, const std::string& fingerprint, JsonWriter& json) {
  json.begin_object();
  json.member("ruleId", one.code);
  json.member("ruleIndex", rule);
  json.member("level", sarif_level(one.severity));
  put_message("message", one.text, json);
  put_location(one, json);
  json.key("partialFingerprints");
  json.begin_object();
  json.member("primaryLocationLineHash", fingerprint.substr(0, 16) + ":1");
  json.end_object();
  json.end_object();
}

/// As text or an attribute of XML 1.0, which holds neither control characters nor U+FFFE and U+FFFF.
std::string xml_text(std::string_view text) {
  const std::string safe = io::printable(text);
  std::string escaped;
  for (std::size_t at = 0; at < safe.size(); ++at) {
    const std::string_view rest = std::string_view(safe).substr(at);
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      escaped += rest[2] == '\xBE' ? "\\u{fffe}" : "\\u{ffff}";
      at += 2;
      continue;
    }
    switch (safe[at]) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&apos;"; break;
      default: escaped += safe[at];
    }
  }
  return escaped;
}

std::string place_text(const Annotation& one) {
  std::string text = one.file.empty() ? "ingot" : one.file;
  if (one.line > 0) text += fmt::format(":{}", one.line);
  if (one.column > 0) text += fmt::format(":{}", one.column);
  return text;
}

}  // namespace

void show_github(const std::vector<Annotation>& annotations, Output& out) {
  for (const Severity severity : {Severity::error, Severity::warning}) {
    std::vector<const Annotation*> these;
    for (const auto& one : annotations) {
      if (one.severity == severity) these.push_back(&one);
    }
    const bool all = these.size() <= most_github_annotations;
    const std::size_t shown = all ? these.size() : most_github_annotations - 1;
    for (std::size_t i = 0; i < shown; ++i) put_github(*these[i], out);
    if (!all)
      out.print("::{} title=ingot: more::{} more: see the summary of the job or the plan\n", github_word(severity),
                these.size() - shown);
  }
}

void show_code_quality(const std::vector<Annotation>& annotations, Output& out) {
  JsonWriter json(out);
  Fingerprints fingerprints;
  json.begin_lines();
  for (const auto& one : annotations) {
    json.begin_object();
    json.member("description", one.text);
    json.member("check_name", "ingot/" + one.code);
    json.member("fingerprint", fingerprints.of(one));
    json.member("severity", one.severity == Severity::error ? "critical" : "major");
    json.key("location");
    json.begin_object();
    json.member("path", one.file);
    json.key("lines");
    json.begin_object();
    json.member("begin", std::max(one.line, 1));
    json.end_object();
    json.end_object();
    json.end_object();
  }
  json.end_array();
  json.finish();
}

void show_sarif(const std::vector<Annotation>& annotations, bool completed, const std::string& version, Output& out) {
  const std::vector<std::string> codes = codes_in(annotations);
  Fingerprints fingerprints;
  JsonWriter json(out);
  json.begin_object();
  json.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  json.member("version", "2.1.0");
  json.key("runs");
  json.begin_array();
  json.begin_object();
  json.key("tool");
  json.begin_object();
  json.key("driver");
  json.begin_object();
  json.member("name", "ingot");
  json.member("version", version);
  json.member("informationUri", "man:ingot(1)");
  json.objects("rules", codes, [&](const auto& code) {
    json.member("id", code);
    put_message("shortDescription", "ingot: " + code, json);
  });
  json.end_object();
  json.end_object();
  json.member("columnKind", "unicodeCodePoints");
  json.key("invocations");
  json.begin_array();
  json.begin_object();
  json.member("executionSuccessful", completed);
  json.end_object();
  json.end_array();
  json.key("results");
  json.begin_lines();
  for (const auto& one : annotations) {
    const auto rule = static_cast<std::size_t>(std::lower_bound(codes.begin(), codes.end(), one.code) - codes.begin());
    put_result(one, rule, fingerprints.of(one), json);
  }
  json.end_array();
  json.end_object();
  json.end_array();
  json.end_object();
  json.finish();
}

void show_junit(const std::vector<Annotation>& annotations, const std::string& subject, Output& out) {
  const std::size_t tests = std::max<std::size_t>(annotations.size(), 1);
  out.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
  out.print("<testsuite name=\"ingot\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"0\">\n", tests,
            annotations.size());
  if (annotations.empty()) out.print("<testcase classname=\"ingot\" name=\"{}\" time=\"0\"/>\n", xml_text(subject));
  for (const auto& one : annotations) {
    const std::string place = xml_text(place_text(one));
    out.print(
        "<testcase classname=\"{}\" name=\"{} {}\" time=\"0\"><failure type=\"{}\" message=\"{}\">{}: {}</failure></testcase>\n",
        xml_text(one.file.empty() ? "ingot" : one.file), xml_text(one.code), place, xml_text(one.code), xml_text(one.text), place,
        xml_text(one.text));
  }
  out.put("</testsuite>\n</testsuites>\n");
}

}  // namespace ingot::show
