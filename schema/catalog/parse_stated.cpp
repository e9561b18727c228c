// What a server says of its state: one line for each thing, kinds in their order, each kind in its own.
#include <algorithm>
#include <tuple>

#include "schema/catalog/parse_fields.hpp"

namespace ingot {

namespace {

template <class Name>
std::optional<Name> read_name_or_null(const JsonObject& object, std::string_view key) {
  return object.has(key) ? std::optional(read_name<Name>(object, key)) : std::nullopt;
}

std::string read_rule(const JsonObject& object, std::string_view text) {
  if (text.size() > longest_stated_rule) object.refuse("rule", "is longer than 512 bytes");
  return std::string(text);
}

StatedPeer read_stated_peer(const JsonObject& object) {
  StatedPeer peer{.name = read_name<ServerName>(object, "peer"),
                  .own_name = read_name<ServerName>(object, "name"),
                  .id = read_server_id(object, "id"),
                  .urls = {}};
  for (const std::uint32_t index : object.list("urls")) {
    const JsonNode& node = object.node(index);
    if (node.kind != JsonKind::text) object.refuse("urls", "holds something that is not a text");
    peer.urls.emplace_back(node.text);
  }
  return peer;
}

StatedSubscription read_stated_subscription(const JsonObject& object) {
  auto selector = parse_selector(object.text("subscription"), object.text("value"));
  if (!selector) object.refuse("subscription", "is no selector");
  StatedSubscription one{.peer = read_server_id(object, "id"),
                         .peer_name = read_name<ServerName>(object, "peer"),
                         .selector = *std::move(selector),
                         .baseline = object.number("baseline"),
                         .since = std::string(object.text("since")),
                         .options = std::string(object.text("options")),
                         .rule = read_rule(object, object.text("rule")),
                         .stopped = {}};
  if (object.has("stopped")) one.stopped = object.number("stopped");
  return one;
}

StatedType read_stated_type(const JsonObject& object) {
  return {.name = read_name<TypeName>(object, "imagetype"),
          .base = read_name<TypeName>(object, "base"),
          .managed = object.flag("managed")};
}

StatedImage read_stated_image(const JsonObject& object) {
  StatedImage image{.name = read_name<ImageName>(object, "image"),
                    .managed = object.flag("managed"),
                    .protect = object.flag("protect"),
                    .parent = read_name_or_null<ImageName>(object, "parent"),
                    .parent_now = read_name_or_null<ImageName>(object, "parent_now"),
                    .under_withdrawal = {},
                    .unwanted_since = {},
                    .rule = {}};
  if (object.has("under_withdrawal")) {
    image.under_withdrawal = parse_image_state(object.text("under_withdrawal"));
    if (!image.under_withdrawal) object.refuse("under_withdrawal", "is not TESTABLE, RESTRICTED, PUBLISHED or WITHDRAWN");
  }
  if (object.has("unwanted_since")) image.unwanted_since = read_time(object, "unwanted_since");
  image.rule = read_rule(object, object.text_or("rule", ""));
  return image;
}

StatedSeries read_stated_series(const JsonObject& object) {
  StatedSeries series{.name = read_name<SeriesName>(object, "series"), .managed = object.flag("managed"), .follow = {}};
  if (object.has("follows"))
    series.follow = Follow{.peer = read_name<ServerName>(object, "peer"), .series = read_name<SeriesName>(object, "follows")};
  return series;
}

auto place_of(const StatedPeer& one) { return std::tie(one.name, one.id); }
auto place_of(const StatedSubscription& one) { return std::tie(one.peer, one.selector); }
auto place_of(const StatedType& one) { return std::tie(one.name); }
auto place_of(const StatedImage& one) { return std::tie(one.name); }
auto place_of(const StatedSeries& one) { return std::tie(one.name); }

class StatedReader {
 public:
  void read(const std::vector<JsonNode>& nodes) {
    const JsonObject line(nodes, {"peer",           "subscription", "imagetype", "image",      "series",
                                  "name",           "id",           "urls",      "value",      "baseline",
                                  "since",          "options",      "rule",      "stopped",    "base",
                                  "managed",        "protect",      "parent",    "parent_now", "under_withdrawal",
                                  "unwanted_since", "follows",      "critical"});
    if (line.has("subscription")) return add(line, 1, "subscription", stated_.subscriptions, read_stated_subscription);
    if (line.has("imagetype")) return add(line, 2, "imagetype", stated_.types, read_stated_type);
    if (line.has("image")) return add(line, 3, "image", stated_.images, read_stated_image);
    if (line.has("series")) return add(line, 4, "series", stated_.series, read_stated_series);
    if (line.has("peer")) return add(line, 0, "peer", stated_.peers, read_stated_peer);
    throw Refusal{"is neither a peer nor a subscription, imagetype, image or series"};
  }
  void begin(const JsonObject& header) { stated_.copies_published = header.flag("copies_published"); }
  Stated finish() { return std::move(stated_); }

 private:
  template <class Entry>
  void add(const JsonObject& line, int kind, std::string_view key, std::vector<Entry>& to,
           Entry (*read_entry)(const JsonObject&)) {
    Entry entry = read_entry(line);
    if (kind < kind_ || (!to.empty() && !(place_of(to.back()) < place_of(entry))))
      line.refuse(key, "is out of order, or there twice");
    kind_ = kind;
    to.push_back(std::move(entry));
  }

  Stated stated_;
  int kind_ = 0;
};

Stated read_stated(std::string_view bytes) {
  StrictJson json(longest_stated_text);
  StatedReader reader;
  for_each_line(bytes, [&](std::string_view line, std::size_t number) {
    const auto& nodes = json.parse(line);
    if (number > 1) return reader.read(nodes);
    const JsonObject header(nodes, {"format", "copies_published", "critical"});
    header.require_format("ingot.state");
    reader.begin(header);
  });
  return reader.finish();
}

}  // namespace

std::variant<Stated, Malformed> parse_stated(std::string_view bytes) {
  if (bytes.size() > largest_stated) return Malformed{"is longer than 64 MiB"};
  return reading<Stated>([&] { return read_stated(bytes); });
}

}  // namespace ingot
