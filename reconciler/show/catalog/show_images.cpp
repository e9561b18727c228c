#include "reconciler/show/catalog/show_images.hpp"

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/table.hpp"

namespace ingot::show {

namespace {

std::string series_text(const std::vector<SeriesName>& series) {
  std::string text;
  for (const auto& name : series) text += (text.empty() ? "" : ", ") + name.text();
  return text;
}

void put_arrived(const std::optional<state::Provenance>& papers, JsonWriter& json) {
  json.key("arrived");
  if (!papers) return json.value(nullptr);
  json.begin_object();
  json.member("time", papers->time);
  json.member("run", papers->run);
  json.member("actor", papers->actor);
  json.member("commit", papers->commit);
  json.member_or_null("rule", papers->rule);
  json.member_or_null("head", papers->head ? papers->head->text() : "");
  json.end_object();
}

void put_describing(const ShownImage& image, JsonWriter& json) {
  json.member("name", image.name.text());
  json.member("type", image.type.text());
  json.member_or_null("version", image.version);
  json.member("state", text_of(image.state));
  json.member_or_null("reason", image.reason);
  json.member_or_null("platform", image.platform);
  json.member_or_null("parent", image.parent);
  json.key("labels");
  json.begin_object();
  for (const auto& [label, value] : image.labels) json.member(label, value);
  json.end_object();
  json.member_or_null("description", image.description);
}

/// A line of the full view, unless there is nothing to say.
void fact(std::string_view name, const std::string& value, Output& out) {
  if (!value.empty()) out.print("  {:<12} {}\n", name, value);
}

std::string state_text(const ShownImage& image) {
  return image.reason.empty() ? std::string(text_of(image.state))
                              : fmt::format("{}: {}", text_of(image.state), io::printable(image.reason));
}

void show_arrival(const state::Provenance& papers, const Style& style, Output& out) {
  out.print("{}\n", style.bold("Provenance"));
  fact("arrived", time_text(papers.time), out);
  fact("run", io::printable(papers.run), out);
  fact("by", io::printable(papers.actor), out);
  fact("commit", io::printable(papers.commit.value_or("")), out);
  fact("wanted by", io::printable(papers.rule), out);
  fact("from", io::printable(papers.peer.value_or("")), out);
  fact("signed head", papers.head ? papers.head->text() : "", out);
}

}  // namespace

void put_image(const ShownImage& image, JsonWriter& json) {
  json.begin_object();
  put_describing(image, json);
  json.member("digest", image.digest.text());
  json.member("size", image.size);
  json.member("kind", text_of(image.kind));
  json.member("created", image.created);
  json.member("serial", image.serial);
  json.key("origin");
  json.begin_object();
  json.member("name", image.origin.text());
  json.member("id", image.origin_id.text());
  json.end_object();
  json.member_or_null("copied_from", image.copied_from ? image.copied_from->text() : "");
  json.values("series", image.series, [&](const auto& name) { return name.text(); });
  json.member("private", image.is_private);
  json.member("managed", image.managed);
  json.member("complete", image.complete);
  put_arrived(image.arrived, json);
  json.member("released", image.released);
  json.end_object();
}

void show_images_json(const std::vector<ShownImage>& images, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.images/1");
  json.key("images");
  json.begin_lines();
  for (const auto& image : images) put_image(image, json);
  json.end_array();
  json.end_object();
  json.finish();
}

void show_images(const std::vector<ShownImage>& images, const Style& style, Output& out) {
  if (images.empty()) return out.put("No images.\n");
  Table table({{"NAME"}, {"VERSION"}, {"TYPE"}, {"STATE"}, {"SIZE", Align::right}, {"ORIGIN"}, {"SERIES"}});
  for (const auto& image : images) {
    std::string state(text_of(image.state));
    if (image.is_private.value_or(false)) state += ", private";
    if (!image.complete) state += ", no bytes";
    if (image.released == false) state += ", not released";
    table.row({image.name.text(), io::printable(image.version), image.type.text(), state, size_text(image.size),
               image.copied_from ? fmt::format("{} (copy)", image.origin.text()) : image.origin.text(),
               series_text(image.series)});
  }
  table.show(out, style);
}

void show_image(const ShownImage& image, const std::vector<std::string>& children, const Style& style, Output& out) {
  out.print("{}\n", style.bold("Image " + image.name.text()));
  fact("type", image.type.text(), out);
  fact("version", io::printable(image.version), out);
  fact("state", state_text(image), out);
  fact("platform", io::printable(image.platform), out);
  fact("description", io::printable(image.description), out);
  for (const auto& [label, value] : image.labels)
    fact("label", fmt::format("{} = {}", io::printable(label), io::printable(value)), out);
  fact("size",
       fmt::format("{} ({} bytes), {}", size_text(image.size), image.size,
                   image.kind == ImageKind::tree ? "the tar of a tree" : "a file"),
       out);
  fact("digest", image.digest.text(), out);
  fact("bytes", image.complete ? "here" : "not here", out);
  fact("came", io::printable(image.how), out);
  if (image.is_private.value_or(false)) fact("private", "private: never published", out);
  out.print("{}\n", style.bold("Lineage"));
  fact("origin", fmt::format("{} ({})", image.origin.text(), image.origin_id.text()), out);
  fact("created", image.created ? fmt::format("serial {} of {}", *image.created, image.origin.text()) : "not published yet", out);
  if (image.copied_from) fact("copied from", image.copied_from->text(), out);
  fact("parent", io::printable(image.parent), out);
  for (const auto& child : children) fact("child", io::printable(child), out);
  fact("series", series_text(image.series), out);
  if (image.arrived) show_arrival(*image.arrived, style, out);
}

}  // namespace ingot::show
