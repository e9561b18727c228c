#include "schema/manifest/write_image.hpp"

#include <string_view>

#include <fmt/format.h>

namespace ingot {

namespace {

/// A basic string of TOML: quotes, backslashes and control characters are escaped.
std::string toml_text(std::string_view text) {
  std::string written = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (written += '\\') += c;
    else if (byte < 0x20 || byte == 0x7F)
      written += fmt::format("\\u{:04X}", byte);
    else
      written += c;
  }
  return written + '"';
}

void put(std::string& text, std::string_view key, std::string_view value) {
  if (!value.empty()) text += fmt::format("{:<11} = {}\n", key, toml_text(value));
}

void put_series(std::string& text, const std::vector<SeriesName>& series) {
  if (series.empty()) return;
  std::string list;
  for (const auto& name : series) list += (list.empty() ? "" : ", ") + toml_text(name.text());
  text += fmt::format("{:<11} = [{}]\n", "series", list);
}

void put_labels(std::string& text, const Labels& labels) {
  if (labels.empty()) return;
  std::string list;
  for (const auto& [name, value] : labels)
    list += fmt::format("{}{} = {}", list.empty() ? "" : ", ", toml_text(name), toml_text(value));
  text += fmt::format("{:<11} = {{ {} }}\n", "labels", list);
}

}  // namespace

std::string write_image(const LocalImage& image) {
  std::string text = "# Written by \"ingot add\".\n[[image]]\n";
  put(text, "name", image.name.text());
  if (image.type != default_type()) put(text, "type", image.type.text());
  put(text, "source", image.source.value_or(""));
  put(text, "digest", image.digest ? image.digest->text() : "");
  put(text, "parent", image.parent ? image.parent->text() : "");
  put_series(text, image.series);
  put(text, "version", image.version);
  put(text, "platform", image.platform);
  put(text, "description", image.description);
  put_labels(text, image.labels);
  if (image.state != ImageState::published) put(text, "state", text_of(image.state));
  if (image.is_private) text += "private     = true\n";
  return text;
}

}  // namespace ingot
