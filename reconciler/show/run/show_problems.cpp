#include "reconciler/show/run/show_problems.hpp"

#include "reconciler/io/printable.hpp"

namespace ingot::show {

namespace {

std::optional<int> place_or_null(int number) { return number > 0 ? std::optional(number) : std::nullopt; }

}  // namespace

void show_problems(const Problems& problems, const Style& style, Output& out) {
  for (const auto& problem : problems) out.print("{}\n", io::printable(problem.line_text()));
  out.print("{}\n",
            style.red(fmt::format("{} problem{}; nothing was changed", problems.size(), problems.size() == 1 ? "" : "s")));
}

void put_problems(const Problems& problems, JsonWriter& json) {
  json.objects("problems", problems, [&](const auto& problem) {
    json.member("file", problem.file);
    json.member("line", place_or_null(problem.line));
    json.member("column", place_or_null(problem.column));
    json.member("code", problem.code);
    json.member("text", problem.text);
    json.member("mend", problem.mend);
  });
}

void show_problems_json(const Problems& problems, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.problems/1");
  put_problems(problems, json);
  json.end_object();
  json.finish();
}

std::string valid_text(const Manifest& manifest) {
  std::string text = io::printable(manifest.path) + " is valid";
  const char* separator = ": ";
  const auto add = [&](std::size_t count, std::string_view one, std::string_view many) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", separator, count, count == 1 ? one : many);
    separator = ", ";
  };
  add(manifest.peers.size(), "peer", "peers");
  add(manifest.types.size(), "image type", "image types");
  add(manifest.images.size(), "image", "images");
  add(manifest.series.size(), "series", "series");
  add(manifest.subscriptions.size(), "subscription", "subscriptions");
  add(manifest.copies.size(), "copy", "copies");
  add(manifest.exports.size(), "export", "exports");
  if (manifest.declares_nothing()) text += ", and declares nothing yet";
  return text;
}

}  // namespace ingot::show
