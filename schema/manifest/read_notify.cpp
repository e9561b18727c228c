// [[notify]]: who is told of a run.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "schema/manifest/read_sections.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

constexpr TomlKey command_key{"command", "[\"/usr/local/bin/tell-operators\"]"};
constexpr TomlKey webhook_url_key{"url", "\"https://hooks.example.net/ingot\""};
constexpr TomlKey on_key{"on", "[\"change\", \"failure\", \"recovery\"]"};
constexpr TomlKey key_env_key{"key_env", "\"INGOT_WEBHOOK_KEY\""};
constexpr TomlKey key_file_key{"key_file", "\"/etc/ingot/webhook.key\""};
constexpr TomlKey timeout_key{"timeout", "\"30s\""};

/// The program is a path, as all paths are: it is looked for nowhere else.
void read_command(TableReader& table, NotifyEntry& notify) {
  table.texts(command_key, [&](const std::string& written, Spot spot) {
    if (written.find('\0') != std::string::npos) return table.wrong_at(spot, command_key, "has an entry that holds a zero byte");
    if (!notify.command.empty()) return notify.command.push_back(written);
    if (const auto why = why_not_a_path(written))
      return table.wrong_at(spot, command_key, fmt::format("has a program that {}", *why));
    notify.command.push_back(table.at_home(written));
  });
  const TomlValue* found = table.value(command_key);
  const auto* list = found == nullptr ? nullptr : std::get_if<TomlList>(&found->value);
  if (list != nullptr && list->empty()) table.wrong(command_key, "is empty");
}

void read_webhook(TableReader& table, NotifyEntry& notify, const ManifestDraft& draft) {
  notify.url = table.ruled(webhook_url_key, [](std::string_view text) -> std::optional<std::string> {
    if (auto why = why_not_a_url(text)) return why;
    if (text.starts_with("file:")) return "must begin with https://";
    if (is_open_http(text)) return "is an http:// address of another machine";
    return std::nullopt;
  });
  notify.key_env = read_secret_variable(table, key_env_key, "", draft);
  notify.key_file = table.path(key_file_key);
  notify.ca_file = table.path({"ca_file", "\"/etc/ingot/ca.pem\""});
  for (const auto key : {key_env_key, key_file_key, TomlKey{"ca_file", ""}}) {
    if (table.has(key.name) && !table.has("url"))
      table.problem(table.spot_of(key.name), "exclusive-keys", fmt::format("\"{}\" is of use with \"url\" alone", key.name),
                    "leave it out");
  }
  if (table.has("key_env") && table.has("key_file")) {
    table.problem(table.spot_of("key_file"), "exclusive-keys", "\"key_env\" and \"key_file\" exclude each other",
                  "keep one of them");
  } else if (table.has("url") && !table.has("key_env") && !table.has("key_file")) {
    table.missing("missing-key", "the [[notify]] has a \"url\" and no key by which its messages are signed",
                  "add key_env or key_file: any text that its receiver knows too");
  }
}

void read_occasions(TableReader& table, NotifyEntry& notify) {
  table.texts(on_key, [&](const std::string& written, Spot spot) {
    const auto word = std::find(std::begin(occasion_words), std::end(occasion_words), written);
    if (word == std::end(occasion_words))
      return table.wrong_at(spot, on_key, fmt::format("knows no {}", quoted(written)),
                            "use \"change\", \"failure\", \"recovery\" or \"latest\"");
    notify.on.insert(static_cast<Occasion>(word - std::begin(occasion_words)));
  });
  table.names<SeriesName>({"series", "[\"db19\"]"}, [&](SeriesName name, Spot) { notify.series.insert(std::move(name)); });
  if (!table.has("on") && !table.has("series")) notify.on = {Occasion::change, Occasion::failure, Occasion::recovery};
}

}  // namespace

void read_notify(TableReader& table, ManifestDraft& draft) {
  NotifyEntry notify{.at = table.at()};
  read_command(table, notify);
  read_webhook(table, notify, draft);
  read_occasions(table, notify);
  const auto timeout = table.parsed(timeout_key, "a time such as \"30s\"", parse_duration);
  if (timeout && (*timeout < Seconds(1) || *timeout > Seconds(300)))
    table.wrong(timeout_key, "must be from 1s to 5m");
  else if (timeout)
    notify.timeout = *timeout;
  if (table.has("command") && table.has("url")) {
    table.problem(table.spot_of("url"), "exclusive-keys", "\"command\" and \"url\" exclude each other",
                  "write a [[notify]] for each");
  } else if (!table.has("command") && !table.has("url")) {
    table.missing("missing-key", "the [[notify]] says neither \"command\" nor \"url\"",
                  fmt::format("add {} = {}", command_key.name, command_key.example));
  }
  draft.notify.push_back(std::move(notify));
}

}  // namespace ingot
