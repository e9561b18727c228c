#include "reconciler/show/catalog/show_lists.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/table.hpp"

namespace ingot::show {

namespace {

/// NAME:[each element by `put`]
template <class Element, class Put>
void put_list(std::string_view name, const std::vector<Element>& list, JsonWriter& json, Put put) {
  json.objects(name, list, [&](const auto& element) { put(element, json); });
}

/// {"format":FORMAT, NAME:[each element by `put`]}
template <class Element, class Put>
void show_list_json(std::string_view format, std::string_view name, const std::vector<Element>& list, Output& out, Put put) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", format);
  put_list(name, list, json, put);
  json.end_object();
  json.finish();
}

void put_peer(const ShownPeer& peer, JsonWriter& json) {
  json.member("name", peer.name.text());
  json.member_or_null("id", peer.id ? peer.id->text() : "");
  json.values("urls", peer.urls, [&](const auto& url) { return url; });
  json.member("registered", peer.registered.has_value());
  json.member("serial", peer.serial);
  json.member("seen", peer.seen);
  json.member_or_null("status", peer.status);
  json.member_or_null("text", peer.text);
}

std::string number_or_dash(const std::optional<std::uint64_t>& number) { return number ? std::to_string(*number) : "-"; }

/// The URL that answered last, else the one that is asked first.
std::string shown_url(const ShownPeer& peer) {
  if (!peer.url.empty()) return io::printable(peer.url);
  return peer.urls.empty() ? "-" : io::printable(peer.urls.front());
}

Ink ink_of_peer(Code status) {
  if (status == Code::untrusted) return Ink::red;
  return status == Code::unreachable || status == Code::expired ? Ink::yellow : Ink::none;
}

}  // namespace

std::optional<ImageName> ShownSeries::latest() const {
  const auto found =
      std::find_if(images.rbegin(), images.rend(), [&](const ImageName& image) { return !withdrawn.contains(image); });
  return found == images.rend() ? std::nullopt : std::optional(*found);
}

void show_peers(const std::vector<ShownPeer>& peers, const Style& style, Output& out) {
  if (peers.empty()) return out.put("No peers.\n");
  Table table({{"NAME"}, {"REGISTERED"}, {"SERIAL", Align::right}, {"SEEN"}, {"STATUS"}, {"URL"}});
  for (const auto& peer : peers) {
    table.row({peer.name.text(), peer.registered ? time_text(*peer.registered) : "no", number_or_dash(peer.serial),
               peer.seen ? time_text(*peer.seen) : "-",
               peer.status == Code::none                       ? "not asked yet"
               : peer.status == Code::ok && !peer.text.empty() ? io::printable(peer.text)
                                                               : std::string(text_of(peer.status)),
               shown_url(peer)});
  }
  table.show(out, style);
  for (const auto& peer : peers) {
    if (peer.text.empty() || peer.status == Code::ok) continue;
    out.print("{}: {}: {}\n", peer.name.text(), style.in(ink_of_peer(peer.status), text_of(peer.status)),
              io::printable(peer.text));
  }
}

void put_peers(const std::vector<ShownPeer>& peers, JsonWriter& json) { put_list("peers", peers, json, put_peer); }
void show_peers_json(const std::vector<ShownPeer>& peers, Output& out) {
  show_list_json("ingot.peers/1", "peers", peers, out, put_peer);
}

void show_subscriptions(const std::vector<ShownSubscription>& subscriptions, const Style& style, Output& out) {
  if (subscriptions.empty()) return out.put("No subscriptions.\n");
  Table table({{"PEER"},
               {"SELECTOR"},
               {"COUNTS AFTER", Align::right},
               {"SINCE"},
               {"INSTANTIATED"},
               {"COPIES", Align::right},
               {"BLOCKED"}});
  for (const auto& one : subscriptions) {
    const std::string value = value_of(one.selector);
    table.row({one.peer.text(),
               value.empty() ? std::string(kind_of(one.selector)) : fmt::format("{} {}", kind_of(one.selector), value),
               std::to_string(one.baseline), io::printable(one.since), time_text(one.instantiated), std::to_string(one.copies),
               io::printable(one.blocked)});
  }
  table.show(out, style);
}

void show_subscriptions_json(const std::vector<ShownSubscription>& subscriptions, Output& out) {
  show_list_json("ingot.subscriptions/1", "subscriptions", subscriptions, out,
                 [](const ShownSubscription& one, JsonWriter& json) {
                   json.member("peer", one.peer.text());
                   json.member("selector", kind_of(one.selector));
                   json.member_or_null("value", value_of(one.selector));
                   json.member("baseline", one.baseline);
                   json.member("since", one.since);
                   json.member("instantiated", one.instantiated);
                   json.member("copies", one.copies);
                   json.member_or_null("blocked", one.blocked);
                 });
}

namespace {

/// "db19_23", or "db19_23 (db19_24 is withdrawn)" if that came after it.
std::string latest_text(const ShownSeries& series) {
  if (series.images.empty()) return "-";
  const auto latest = series.latest();
  const std::string name = latest ? latest->text() : "-";
  const ImageName& last = series.images.back();
  return latest == last ? name : fmt::format("{} ({} is withdrawn)", name, last.text());
}

}  // namespace

void show_series(const std::vector<ShownSeries>& series, const Style& style, Output& out) {
  if (series.empty()) return out.put("No series.\n");
  Table table({{"NAME"}, {"IMAGES", Align::right}, {"LATEST"}, {"FOLLOWS"}});
  for (const auto& one : series) {
    table.row({one.name.text(), std::to_string(one.images.size()), latest_text(one),
               one.follows ? fmt::format("{} of {}", one.follows->series.text(), one.follows->peer.text()) : ""});
  }
  table.show(out, style);
  if (series.size() != 1) return;
  for (const auto& image : series.front().images)
    out.print("  {}{}\n", image.text(), series.front().withdrawn.contains(image) ? ", withdrawn" : "");
}

void show_series_json(const std::vector<ShownSeries>& series, Output& out) {
  show_list_json("ingot.series/1", "series", series, out, [](const ShownSeries& one, JsonWriter& json) {
    json.member("name", one.name.text());
    json.values("images", one.images, [&](const auto& image) { return image.text(); });
    const auto latest = one.latest();
    json.member_or_null("latest", latest ? latest->text() : "");
    json.key("follows");
    if (!one.follows) return json.value(nullptr);
    json.begin_object();
    json.member("peer", one.follows->peer.text());
    json.member("series", one.follows->series.text());
    json.end_object();
  });
}

void show_types(const std::vector<ShownType>& types, const Style& style, Output& out) {
  Table table({{"NAME"}, {"BASE"}, {"IMAGES", Align::right}});
  for (const auto& type : types)
    table.row({type.name.text(), type.base ? type.base->text() : "built in", number_or_dash(type.images)});
  table.show(out, style);
}

void show_types_json(const std::vector<ShownType>& types, Output& out) {
  show_list_json("ingot.types/1", "types", types, out, [](const ShownType& type, JsonWriter& json) {
    json.member("name", type.name.text());
    json.member_or_null("base", type.base ? type.base->text() : "");
    json.member("builtin", !type.base);
    json.member("managed", type.managed);
    json.member("images", type.images);
  });
}

}  // namespace ingot::show
