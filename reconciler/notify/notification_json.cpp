// The message of a notification: see news.hpp.
#include <algorithm>

#include "reconciler/notify/notification.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/plan/show_manifest.hpp"
#include "schema/overloaded.hpp"

namespace ingot::notify {

namespace {

constexpr std::size_t most_told = 100;  ///< of each list: a message stays small, and the history has it all

template <class Entries, class Put>
void put_first(std::string_view key, const Entries& entries, show::JsonWriter& json, Put&& put) {
  json.key(key);
  json.begin_array();
  for (std::size_t i = 0; i < std::min(entries.size(), most_told); ++i) {
    json.begin_object();
    put(entries[i]);
    json.end_object();
  }
  json.end_array();
}

std::size_t deferred_of(const apply::Account& account) {
  return static_cast<std::size_t>(
      std::count_if(account.not_started.begin(), account.not_started.end(), [](const apply::ActionResult& result) {
        const auto* skipped = std::get_if<Skipped>(&result.outcome);
        return skipped && skipped->deferred;
      }));
}

void put_counts(const Notification& news, show::JsonWriter& json) {
  json.key("counts");
  json.begin_object();
  const std::size_t deferred = deferred_of(news.account);
  json.member("done", news.account.done.size());
  json.member("failed", news.account.failed.size());
  json.member("deferred", deferred);
  json.member("not_started", news.account.not_started.size() - deferred);
  json.member("held", news.held.size());
  json.member("blocked", news.blocked.size());
  json.member("unknown", news.unknown.size());
  json.end_object();
}

template <class Entry>
void put_what(const Entry& entry, show::JsonWriter& json) {
  json.member("address", entry.address.text);
  json.member("verb", text_of(entry.verb));
}

template <class Obstacle>
void put_obstacle(const Obstacle& one, show::JsonWriter& json) {
  put_what(one, json);
  json.member("code", one.code);
  json.member("text", one.text);
}

void put_lists(const Notification& news, show::JsonWriter& json) {
  put_first("done", news.account.done, json, [&](const apply::ActionResult& result) { put_what(result, json); });
  put_first("failed", news.account.failed, json, [&](const apply::ActionResult& result) {
    put_what(result, json);
    const auto& failed = std::get<Failed>(result.outcome);
    json.member("code", failed.code);
    json.member("text", failed.text);
  });
  put_first("held", news.held, json, [&](const plan::Held& one) { put_obstacle(one, json); });
  put_first("blocked", news.blocked, json, [&](const plan::Blocked& one) { put_obstacle(one, json); });
  put_first("unknown", news.unknown, json, [&](const plan::UnknownPeer& one) {
    json.member("peer", one.peer.text());
    json.member("code", one.code);
    json.member("text", one.text);
  });
}

void put_series(const Notification& news, const NotifyEntry& entry, show::JsonWriter& json) {
  json.key("series");
  json.begin_array();
  for (const auto& [series, members] : new_members(news)) {
    if (!entry.series.empty() && !entry.series.contains(series)) continue;
    json.begin_object();
    json.member("name", series.text());
    json.key("added");
    json.begin_array();
    for (std::size_t i = members.size() - std::min(members.size(), most_told); i < members.size(); ++i)
      json.value(members[i].text());
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void put_latest(const std::vector<LatestChange>& changes, show::JsonWriter& json) {
  put_first("latest", changes, json, [&](const LatestChange& change) {
    const auto text = [](const std::optional<ImageName>& name) { return name ? std::optional(name->text()) : std::nullopt; };
    json.member("series", change.series.text());
    json.member("before", text(change.before));
    json.member("now", text(change.now));
  });
}

void put_run(const Notification& news, show::JsonWriter& json) {
  json.key("run");
  json.begin_object();
  json.member("id", news.run);
  json.member("command", news.command);
  json.member("started", news.started);
  json.member("finished", news.finished);
  json.member("exit", news.exit_code);
  json.key("manifest");
  show::put_manifest(news.manifest_path, news.manifest_digest, news.git, json);
  json.end_object();
}

void put_data(const Notification& news, const NotifyEntry& entry, show::JsonWriter& json) {
  json.key("data");
  json.begin_object();
  json.member("format", "ingot.notification/1");
  json.key("occasions");
  json.begin_array();
  const std::vector<LatestChange> latest = latest_changes(news, entry);
  for (const Occasion occasion : occasions_of(news)) json.value(text_of(occasion));
  if (!latest.empty()) json.value(text_of(Occasion::latest));
  json.end_array();
  json.key("server");
  json.begin_object();
  json.member("name", news.server.text());
  json.member("id", news.id_of_server ? std::optional(news.id_of_server->text()) : std::nullopt);
  json.end_object();
  put_run(news, json);
  put_counts(news, json);
  put_lists(news, json);
  put_series(news, entry, json);
  put_latest(latest, json);
  const auto& error = news.error ? news.error : news.account.fatal;
  json.member("error", error ? std::optional(std::string(error->what())) : std::nullopt);
  json.member("last_failure", news.last_failure);
  json.end_object();
}

}  // namespace

std::string news_json(const Notification& news, const NotifyEntry& entry, const std::string& id) {
  return show::shown([&](show::Output& out) {
    show::JsonWriter json(out, show::Layout::one_line);
    json.begin_object();
    json.member("specversion", "1.0");
    json.member("id", id);
    json.member("source", news.id_of_server ? "urn:ingot:server:" + news.id_of_server->root.hex() : "urn:ingot:server");
    json.member("type", "ingot.run.finished");
    json.member("subject", news.server.text());
    json.member("time", news.finished);
    json.member("datacontenttype", "application/json");
    put_data(news, entry, json);
    json.end_object();
    json.finish();
  });
}

}  // namespace ingot::notify
