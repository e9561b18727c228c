#include "reconciler/show/plan/show_explain.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/plan/show_plan.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"

namespace ingot::show {

namespace {

Ink ink_of_verdict(plan::SubjectVerdict verdict) {
  if (verdict == plan::SubjectVerdict::planned || verdict == plan::SubjectVerdict::done) return Ink::green;
  if (verdict != plan::SubjectVerdict::not_wanted) return Ink::yellow;
  return Ink::bold;
}

void put_evidence(const std::optional<plan::Evidence>& evidence, JsonWriter& json) {
  json.key("evidence");
  if (!evidence) return json.value(nullptr);
  json.begin_object();
  json.member("peer", evidence->peer.text());
  json.member_or_null("url", evidence->url);
  json.member("head", evidence->head.text());
  json.member("serial", evidence->serial);
  json.member("seen", evidence->seen);
  json.end_object();
}

}  // namespace

void show_explain(const std::vector<plan::Subject>& subjects, const Style& style, Output& out) {
  for (const auto& subject : subjects) {
    out.print("{}: {}{}\n", style.bold(io::printable(subject.address)),
              style.in(ink_of_verdict(subject.verdict), text_of(subject.verdict)),
              subject.code == Code::none ? "" : fmt::format(" ({})", text_of(subject.code)));
    // The first reason is often the sentence itself: then only its place is new.
    const auto same = std::find_if(subject.because.begin(), subject.because.end(), [&](const plan::Reason& reason) {
      return subject.text.find(reason.text) != std::string::npos;
    });
    out.print("  {}{}\n", io::printable(subject.text), same == subject.because.end() ? "" : place_of(*same));
    for (const auto& reason : subject.because) {
      if (same == subject.because.end() || &reason != &*same)
        out.print("  {}: {}{}\n", text_of(reason.code), io::printable(reason.text), place_of(reason));
    }
    if (!subject.evidence) continue;
    const plan::Evidence& evidence = *subject.evidence;
    out.print("  {}\n", style.dim(fmt::format("evidence: {}, serial {}, head {}{}{}{}", evidence.peer.text(), evidence.serial,
                                              evidence.head.hex().substr(0, 12),
                                              evidence.url.empty() ? "" : ", " + io::printable(evidence.url),
                                              evidence.seen ? ", seen " : "", evidence.seen ? time_text(*evidence.seen) : "")));
  }
}

void show_explain_json(const std::vector<plan::Subject>& subjects, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.explain/1");
  json.objects("subjects", subjects, [&](const auto& subject) {
    json.member("address", subject.address);
    json.member("verdict", text_of(subject.verdict));
    json.member_or_null("code", subject.code);
    json.member("text", subject.text);
    put_because(subject.because, json);
    put_evidence(subject.evidence, json);
  });
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
