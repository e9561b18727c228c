// [server], [limits], and the values that they share with the entries.
#include "schema/manifest/read_sections.hpp"

#include <utility>

#include <fmt/format.h>

#include "schema/catalog/catalog.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

constexpr TomlKey url_key{"url", "\"https://gold.example.net/\""};
constexpr TomlKey store_key{"store", "\"store\""};
constexpr TomlKey state_key{"state", "\"state/ingot.db\""};
constexpr TomlKey keys_key{"keys", "\"keys\""};
constexpr TomlKey head_ttl_key{"head_ttl", "\"14d\""};

/// What is only for a state in a database, and would do nothing beside a file.
void read_beside_database(TableReader& table, ServerSection& server) {
  const bool in_database = is_database_url(server.state);
  const auto take = [&](TomlKey key) {
    auto path = table.path(key);
    if (path && !in_database) table.wrong(key, "is only for a state in a database", fmt::format("remove {}", key.name));
    return path;
  };
  if (auto file = take({"state_password_file", "\"/etc/ingot/state-password\""})) server.state_password_file = *std::move(file);
  if (auto cache = take({"cache", "\"state/cache\""})) server.cache = *std::move(cache);
}

void read_state(TableReader& table, ServerSection& server) {
  const std::string* const written = table.text(state_key);
  if (written != nullptr && is_database_url(*written)) {
    if (const auto why = why_not_a_database_url(*written))
      table.wrong(state_key, *why, "write for example state = \"postgresql://ingot@db.example.net/ingot?sslmode=verify-full\"");
    server.state = *written;
  } else if (written != nullptr && written->find("://") != std::string::npos) {
    table.wrong(state_key, "must be a path, or a URL that begins with postgresql://");
  } else if (auto state = table.path(state_key)) {
    server.state = *std::move(state);
  }
  read_beside_database(table, server);
}

void read_places(TableReader& table, ServerSection& server) {
  if (auto store = table.path(store_key)) server.store = *std::move(store);
  read_state(table, server);
  if (auto keys = table.path(keys_key)) server.keys = *std::move(keys);
}

/// What lies in store/public is served to everyone.
void refuse_published_secrets(TableReader& table, const ServerSection& server) {
  const std::string published = plain_path(server.store) + "/public/";
  const auto refuse = [&](TomlKey key, const std::string& path) {
    if ((plain_path(path) + "/").starts_with(published)) {
      table.wrong(key, "lies in the store's public folder, which everyone can read",
                  fmt::format("move it out, for example {} = {}", key.name, key.example));
    }
  };
  if (is_database_url(server.state))
    refuse({"cache", "\"state/cache\""}, server.cache);
  else
    refuse(state_key, server.state);
  refuse(keys_key, server.keys);
}

void read_head_ttl(TableReader& table, ServerSection& server) {
  const auto ttl = table.parsed(head_ttl_key, "a time such as \"12h\" or \"14d\"", parse_duration);
  if (!ttl) return;
  if (*ttl < std::chrono::hours(1) || *ttl > std::chrono::days(365)) return table.wrong(head_ttl_key, "must be from 1h to 365d");
  server.head_ttl = *ttl;
}

/// `false`, `true`, or a table.
void read_deltas(TableReader& table, ServerSection& server) {
  constexpr TomlKey key{"deltas", "{ parents = 1, series = 1, size = \"1 MB\" }"};
  const TomlValue* found = table.value(key);
  if (found == nullptr) return;
  if (const bool* written = std::get_if<bool>(&found->value)) {
    if (!*written) server.deltas.reset();
    return;
  }
  auto rules = table.table(key);
  if (!rules) return;
  DeltaRules deltas;
  const auto count = [&rules](TomlKey of, std::uint32_t& to) {
    if (const auto written = rules->integer(of, 0, most_deltas)) to = static_cast<std::uint32_t>(*written);
  };
  count({"parents", "1"}, deltas.parents);
  count({"series", "1"}, deltas.series);
  if (const auto size = rules->parsed({"size", "\"1 MB\""}, "a size such as \"1 MB\"", parse_size)) deltas.size = *size;
  rules->finish();
  server.deltas = deltas;
}

void read_min_free(TableReader& table, Limits& limits) {
  constexpr TomlKey key{"min_free", "\"5 %\""};
  using Free = std::variant<std::uint64_t, double>;
  const auto parse = [](std::string_view text) -> std::optional<Free> {
    if (const auto percent = parse_percent(text)) return Free(*percent);
    if (const auto bytes = parse_size(text)) return Free(*bytes);
    return std::nullopt;
  };
  if (const auto free = table.parsed(key, "a size or a percentage from 0 to 100", parse)) limits.min_free.value = *free;
}

}  // namespace

std::optional<std::uint64_t> read_rate(TableReader& table, TomlKey key) {
  const auto rate = table.parsed(key, "a rate such as \"200 MB/s\"", parse_rate);
  if (rate && *rate == 0) {
    table.wrong(key, "is 0, so nothing would ever arrive", fmt::format("leave \"{}\" out for no limit", key.name));
    return std::nullopt;
  }
  return rate;
}

std::optional<std::uint32_t> read_connections(TableReader& table, TomlKey key) {
  const auto count = table.integer(key, 1, 64);
  return count ? std::optional<std::uint32_t>(static_cast<std::uint32_t>(*count)) : std::nullopt;
}

void read_windows(TableReader& table, std::vector<Window>& windows) {
  constexpr TomlKey key{"window", "\"22:00-05:00\""};
  const auto take = [&](const std::string& written, Spot spot) {
    if (const auto window = parse_window(written)) return windows.push_back(*window);
    table.wrong_at(
        spot, key, fmt::format("is {}, which is no part of a day", quoted(written)),
        "write for example window = \"22:00-05:00\" or \"Sat,Sun 00:00-24:00\" (days: Mon,Tue,Wed,Thu,Fri,Sat,Sun), or a "
        "list of such");
  };
  const TomlValue* found = table.value(key);
  if (found == nullptr) return;
  if (const auto* written = std::get_if<std::string>(&found->value))
    take(*written, table.spot_of(key.name));
  else
    table.texts(key, take);
}

std::optional<std::string> read_url(TableReader& table, TomlKey key) {
  auto url = table.ruled(key, why_not_a_url);
  return url ? std::optional<std::string>(with_slash(*std::move(url))) : std::nullopt;
}

void read_globs(TableReader& table, TomlKey key, std::vector<std::string>& globs) {
  table.texts(key, [&](const std::string& written, Spot spot) {
    if (const auto why = why_not_a_glob(written)) return table.wrong_at(spot, key, fmt::format("has an entry that {}", *why));
    globs.push_back(written);
  });
}

void read_server(TableReader& table, ManifestDraft& draft) {
  constexpr TomlKey name_key{"name", "\"dc1-gold\""};
  table.require(name_key);
  const auto name = table.name<ServerName>(name_key);
  ServerSection server{.name = name ? *name : ServerName::of("unnamed"), .at = table.at()};
  server.store = table.at_home(server.store);
  server.state = table.at_home(server.state);
  server.keys = table.at_home(server.keys);
  server.url = read_url(table, url_key);
  read_places(table, server);
  refuse_published_secrets(table, server);
  table.names<ServerName>({"clients", "[\"rack7-db\"]"}, [&](ServerName client, Spot spot) {
    server.clients.push_back(client);
    draft.clients.push_back({std::move(client), spot});
  });
  table.names<ServerName>({"targets", "[\"legacy-7\"]"}, [&](ServerName target, Spot spot) {
    server.targets.push_back(target);
    draft.targets.push_back({std::move(target), spot});
  });
  read_head_ttl(table, server);
  if (const auto copies = table.boolean({"publish_copies", "false"})) server.publish_copies = *copies;
  if (const auto state = table.boolean({"publish_state", "false"})) server.publish_state = *state;
  if (const auto page = table.boolean({"page", "true"})) server.page = *page;
  read_deltas(table, server);
  draft.server = std::move(server);
}

void read_limits(TableReader& table, ManifestDraft& draft) {
  Limits& limits = draft.limits;
  limits.max_bytes_at = table.at_of("max_bytes");
  limits.min_free_at = table.at_of("min_free");
  limits.window_at = table.at_of("window");
  if (const auto parallel = read_connections(table, {"parallel", "8"})) limits.parallel = *parallel;
  limits.bandwidth = read_rate(table, bandwidth_key);
  limits.max_bytes = table.parsed({"max_bytes", "\"500 GB\""}, "a size such as \"500 GB\"", parse_size);
  read_min_free(table, limits);
  read_windows(table, limits.windows);
}

}  // namespace ingot
