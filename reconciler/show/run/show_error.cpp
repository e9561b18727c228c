#include "reconciler/show/run/show_error.hpp"

#include "reconciler/io/printable.hpp"
#include "reconciler/show/run/show_problems.hpp"
#include "schema/exit_code.hpp"

namespace ingot::show {

std::string error_text(const Error& error, const Style& style) {
  std::string text = "ingot: " + style.red("error:") + " " + io::printable(error.what()) + "\n";
  if (!error.mend().empty()) text += "  hint: " + io::printable(error.mend()) + "\n";
  return text;
}

void put_error(const Error& error, JsonWriter& json) {
  json.member("code", text_of_code(error));
  json.member("text", error.what());
  json.member_or_null("mend", error.mend());
  json.member_or_null("subject", error.subject());
}

void show_error_json(const Error& error, Output& out) {
  if (error.fault() == Fault::manifest) {  // whatever ends in 65 has this form
    const std::string code(text_of_code(error));
    return show_problems_json({{.file = error.subject(), .code = code, .text = error.what(), .mend = error.mend()}}, out);
  }
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.error/1");
  json.member("exit", exit_code_of(error.fault()));
  put_error(error, json);
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
