#include "reconciler/show/run/show_past.hpp"

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/table.hpp"

namespace ingot::show {

namespace {

std::string_view topic_word(options::Topic topic) {
  switch (topic) {
    case options::Topic::peers: return "peers";
    case options::Topic::images: return "images";
    case options::Topic::series: return "series";
    case options::Topic::types: return "types";
    case options::Topic::subscriptions: return "subscriptions";
    case options::Topic::history: break;
  }
  return "history";
}

std::string headline(const Past& past) {
  std::string text = past.until ? fmt::format("At {}", time_text(*past.until)) : std::string("After");
  if (past.run == nullptr) return text + ", before the first run:";
  text += fmt::format("{} run {}", past.until ? ", the last" : "", io::printable(past.run->start.id));
  if (past.run->start.git) text += fmt::format(" of commit {}", io::printable(past.run->start.git->commit_text()));
  return text + ":";
}

void put_arrival(const std::optional<history::PastArrival>& arrived, JsonWriter& json) {
  json.key("arrived");
  if (!arrived) return json.value(nullptr);
  json.begin_object();
  json.member("time", arrived->time);
  json.member("run", arrived->run);
  json.member("actor", arrived->actor);
  json.member("commit", arrived->commit);
  json.end_object();
}

void put_lasting(const std::optional<state::ImageRow>& image, JsonWriter& json) {
  json.key("image");
  if (!image) return json.value(nullptr);
  json.begin_object();
  json.member("type", image->type.text());
  json.member("digest", image->digest.text());
  json.member("size", image->size);
  json.member("kind", image->kind == ImageKind::tree ? "tree" : "file");
  json.end_object();
}

}  // namespace

void show_past(const Past& past, const Style& style, Output& out) {
  out.print("{}\n", headline(past));
  if (past.things.empty()) return out.print("no {}\n", topic_word(past.topic));
  const bool images = past.topic == options::Topic::images;
  std::vector<Column> columns{{"NAME"}, {"CAME"}, {"BY RUN"}};
  if (images) columns.insert(columns.end(), {{"SIZE", Align::right}, {"DIGEST"}});
  Table table(std::move(columns));
  for (const auto& thing : past.things) {
    std::vector<std::string> cells{io::printable(thing.name), thing.arrived ? time_text(thing.arrived->time) : "-",
                                   thing.arrived ? io::printable(thing.arrived->run) : "-"};
    if (images)
      cells.insert(cells.end(), {thing.image ? size_text(thing.image->size) : "-",
                                 thing.image ? thing.image->digest.text().substr(0, 19) : "-"});
    table.row(std::move(cells));
  }
  table.show(out, style);
}

void show_past_json(const Past& past, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.past/1");
  json.member("topic", topic_word(past.topic));
  json.member("time", past.until);
  json.member("run", past.run ? std::optional(past.run->start.id) : std::nullopt);
  json.member("commit", past.run && past.run->start.git ? std::optional(past.run->start.git->commit_text()) : std::nullopt);
  json.objects("things", past.things, [&](const auto& thing) {
    json.member("address", thing.address.text);
    json.member("name", thing.name);
    put_arrival(thing.arrived, json);
    put_lasting(thing.image, json);
  });
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
