// [[peer]], [[imagetype]], [[image]], [[series]].
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "schema/catalog/catalog.hpp"
#include "schema/manifest/read_s3.hpp"
#include "schema/manifest/read_sections.hpp"
#include "schema/text/text.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

constexpr TomlKey urls_key{"urls", "[\"https://mirror.example.net/fpps-2/\"]"};
constexpr TomlKey images_key{"images", "[\"db19_23\", \"db19_24\"]"};
constexpr TomlKey order_key{"order", "\"version\""};
constexpr TomlKey follow_key{"follow", "{ peer = \"fpps-2\", series = \"db19\" }"};
constexpr std::size_t most_urls = 16;
constexpr std::size_t most_globs = 1000;
constexpr std::size_t most_series_of_an_image = 100;

PeerCredentials read_credentials(TableReader& table, std::string_view peer, const ManifestDraft& draft) {
  constexpr TomlKey token_env{"token_env", "\"FPPS2_TOKEN\""};
  constexpr TomlKey client_cert{"client_cert", "\"/etc/ingot/client.pem\""};
  constexpr TomlKey client_key{"client_key", "\"/etc/ingot/client.key\""};
  PeerCredentials credentials;
  credentials.token_env = read_secret_variable(table, token_env, peer, draft);
  credentials.token_file = table.path({"token_file", "\"/etc/ingot/fpps-2.token\""});
  credentials.client_cert = table.path(client_cert);
  credentials.client_key = table.path(client_key);
  credentials.ca_file = table.path({"ca_file", "\"/etc/ingot/ca.pem\""});
  credentials.s3 = read_s3(table, peer, draft);
  for (const auto& [one, other] : {std::pair("token_env", "token_file"), {"token_env", "s3"}, {"token_file", "s3"}}) {
    if (table.has(one) && table.has(other))
      table.problem(table.spot_of(other), "exclusive-keys", fmt::format("\"{}\" and \"{}\" exclude each other", one, other),
                    "keep one of them");
  }
  for (const auto& [one, other] : {std::pair(client_cert, client_key), std::pair(client_key, client_cert)}) {
    if (!table.has(one.name) || table.has(other.name) || !table.whole()) continue;
    table.problem(table.spot_of(one.name), "missing-key", fmt::format("\"{}\" is of no use without \"{}\"", one.name, other.name),
                  fmt::format("add {} = {}", other.name, other.example));
  }
  return credentials;
}

/// s3://BUCKET/PREFIX stands for ENDPOINT/BUCKET/PREFIX.
void read_bucket_url(TableReader& table, PeerEntry& peer, const std::string& written, Spot spot) {
  if (!table.has("s3"))
    return table.wrong_at(spot, urls_key, "has an entry that begins with s3://, and the peer has no \"s3\"",
                          "add s3 = { endpoint = \"https://s3.example.net\", … }, or write the address with https://");
  if (const auto why = why_not_a_bucket_url(written))
    return table.wrong_at(spot, urls_key, fmt::format("has an entry that {}", *why));
  if (!peer.credentials.s3) return;  // what is wrong with it was told
  peer.urls.push_back(with_slash(fmt::format("{}/{}", peer.credentials.s3->endpoint, written.substr(bucket_scheme.size()))));
}

void read_urls(TableReader& table, PeerEntry& peer) {
  std::size_t count = 0;
  table.texts(urls_key, [&](const std::string& written, Spot spot) {
    ++count;
    if (written.starts_with(bucket_scheme)) return read_bucket_url(table, peer, written, spot);
    if (const auto why = why_not_a_url(written)) return table.wrong_at(spot, urls_key, fmt::format("has an entry that {}", *why));
    if (!peer.allow_http && is_open_http(written)) {
      return table.wrong_at(spot, urls_key, "has an http:// address of another machine",
                            "use https://, or allow it with allow_http = true");
    }
    peer.urls.push_back(with_slash(written));
  });
  if (count > most_urls) table.wrong(urls_key, fmt::format("has {} entries, more than {}", count, most_urls));
  const TomlValue* value = table.value(urls_key);
  const auto* list = value == nullptr ? nullptr : std::get_if<TomlList>(&value->value);
  if (list != nullptr && list->empty()) table.wrong(urls_key, "is empty", "leave it out: then the card's address is used");
}

std::optional<Seconds> read_positive_duration(TableReader& table, TomlKey key) {
  const auto duration = table.parsed(key, "a time such as \"12h\" or \"14d\"", parse_duration);
  if (duration && duration->count() == 0) {
    table.wrong(key, "must be longer than nothing");
    return std::nullopt;
  }
  return duration;
}

void read_labels(TableReader& table, Labels& labels) {
  constexpr TomlKey key{"labels", "{ team = \"dba\" }"};
  table.text_table(key, [&](const TextEntry& entry) {
    if (const auto why = why_not_a_label_name(entry.key)) {
      table.wrong_at(entry.key_spot, key, fmt::format("has a label {} that {}", quoted(entry.key), *why));
    }
    if (const auto why = why_not_a_text(entry.value, longest_label_value)) {
      table.wrong_at(entry.spot, key, fmt::format("has a value of {} that {}", quoted(entry.key), *why));
    }
    labels.emplace(entry.key, entry.value);
  });
  if (labels.size() > most_labels) table.wrong(key, fmt::format("has {} labels, more than {}", labels.size(), most_labels));
}

void read_state_and_reason(TableReader& table, LocalImage& image) {
  constexpr TomlKey state_key{"state", "\"PUBLISHED\""};
  constexpr TomlKey reason_key{"reason", "\"broken on kernel 6.1\""};
  bool state_known = true;
  if (const std::string* written = table.text(state_key)) {
    const auto state = state_from(table, state_key, *written, table.spot_of("state"));
    state_known = state.has_value();
    image.state = state.value_or(image.state);
  }
  if (auto reason = table.ruled(reason_key, [](std::string_view text) { return why_not_a_text(text, longest_text); }))
    image.reason = *std::move(reason);
  if (table.has("reason") && state_known && table.whole() && image.state != ImageState::withdrawn) {
    table.wrong(reason_key, "is given, but the image is not withdrawn", "remove it, or write state = \"WITHDRAWN\"");
  }
}

/// The places of the names.
std::vector<Spot> read_series_of(TableReader& table, LocalImage& image) {
  constexpr TomlKey key{"series", "[\"db19\"]"};
  std::vector<Spot> spots;
  table.names<SeriesName>(key, [&](SeriesName name, Spot spot) {
    if (std::find(image.series.begin(), image.series.end(), name) != image.series.end())
      return table.wrong_at(spot, key, fmt::format("names {} twice", quoted(name.text())), "remove one of them");
    image.series.push_back(std::move(name));
    spots.push_back(spot);
  });
  if (spots.size() > most_series_of_an_image)
    table.wrong(key, fmt::format("has {} entries, more than {}", spots.size(), most_series_of_an_image));
  return spots;
}

void read_description_of(TableReader& table, LocalImage& image) {
  const auto word = [](std::string_view text) { return why_not_a_text(text, longest_version); };
  const auto prose = [](std::string_view text) { return why_not_a_text(text, longest_text); };
  image.version = table.ruled({"version", "\"19.24.0\""}, word).value_or("");
  image.platform = table.ruled({"platform", "\"linux-x86_64\""}, word).value_or("");
  image.description = table.ruled({"description", "\"patched in May\""}, prose).value_or("");
  read_labels(table, image.labels);
}

SeriesOrder read_order(TableReader& table) {
  const std::string* written = table.text(order_key);
  if (written == nullptr) return SeriesOrder::version;
  const auto word = std::find(std::begin(series_order_words), std::end(series_order_words), *written);
  if (word != std::end(series_order_words)) return static_cast<SeriesOrder>(word - std::begin(series_order_words));
  table.wrong(order_key, fmt::format("is {}", quoted(*written)), "use \"version\" or \"added\"");
  return SeriesOrder::version;
}

std::optional<Follow> read_follow(TableReader& table, SeriesDraft& series, ManifestDraft& draft) {
  constexpr TomlKey peer_key{"peer", "\"fpps-2\""};
  constexpr TomlKey series_key{"series", "\"db19\""};
  auto follow = table.table(follow_key);
  if (!follow) return std::nullopt;
  follow->require(peer_key);
  follow->require(series_key);
  const auto peer = follow->name<ServerName>(peer_key);
  const auto followed = follow->name<SeriesName>(series_key);
  follow->finish();
  if (peer) {
    series.follow = follow->spot_of("peer");
    draft.peer_references.push_back({*peer, series.follow});
  }
  if (!peer || !followed) return std::nullopt;
  return Follow{*peer, *followed};
}

}  // namespace

std::optional<ImageState> state_from(TableReader& table, TomlKey key, const std::string& written, Spot spot) {
  const auto state = parse_image_state(written);
  if (!state) {
    const std::vector<std::string> words{"TESTABLE", "RESTRICTED", "PUBLISHED", "WITHDRAWN"};
    table.wrong_at(spot, key, fmt::format("is {}, which is no state", quoted(written)),
                   did_you_mean(written, words, "known are " + quoted_list(words)));
  }
  return state;
}

std::optional<std::string> read_secret_variable(TableReader& table, TomlKey key, std::string_view owner,
                                                const ManifestDraft& draft) {
  const auto name = table.ruled(key, why_not_a_variable);
  if (!name || std::find(draft.variables.begin(), draft.variables.end(), *name) != draft.variables.end()) return name;
  const auto why = why_not_a_variable_of(*name, owner);
  if (!why) return name;
  table.wrong(
      key, *why,
      "rename the variable, so that no entry can name another's secret; or the host allows it: variables = [\"…\"] in the "
      "[guard] of /etc/ingot/guard.toml");
  return std::nullopt;
}

void read_peer(TableReader& table, ManifestDraft& draft) {
  constexpr TomlKey name_key{"name", "\"fpps-2\""};
  constexpr TomlKey card_key{"card", "\"peers/fpps-2.card.toml\""};
  table.require(name_key);
  table.require(card_key);
  const auto name = table.name<ServerName>(name_key);
  const ServerName sure_name = name ? *name : ServerName::of("unnamed");
  PeerDraft peer{.entry = {.name = sure_name, .card = {.name = sure_name}, .at = table.at()},
                 .name = table.spot_of("name"),
                 .card = table.spot_of("card")};
  PeerEntry& entry = peer.entry;
  entry.card_path = table.part(card_key).value_or("");
  entry.allow_http = table.boolean({"allow_http", "true"}).value_or(false);
  entry.credentials = read_credentials(table, name ? name->text() : "", draft);
  peer.s3 = table.spot_of("s3");
  read_urls(table, entry);
  entry.max_age = read_positive_duration(table, {"max_age", "\"90d\""});
  entry.bandwidth = read_rate(table, {"bandwidth", "\"50 MB/s\""});
  entry.parallel = read_connections(table, {"parallel", "8"});
  entry.streams = read_connections(table, {"streams", "1"});
  read_windows(table, entry.windows);
  const auto replaces = table.parsed({"replaces", "\"sha256:<64 hex digits>\""}, "a digest", Digest::parse);
  if (replaces) entry.replaces = ServerId{*replaces};
  entry.retired = table.boolean({"retired", "true"}).value_or(false);
  entry.offline = table.boolean({"offline", "true"}).value_or(false);
  if (name) {
    draft.peers.push_back(std::move(peer));
  } else {
    draft.references_certain = false;
  }
}

void read_type(TableReader& table, ManifestDraft& draft) {
  constexpr TomlKey name_key{"name", "\"DB_PSU\""};
  constexpr TomlKey base_key{"base", "\"ORACLEDBSOFTWARE\""};
  table.require(name_key);
  table.require(base_key);
  const auto name = table.name<TypeName>(name_key);
  const auto base = table.name<TypeName>(base_key);
  if (base && !is_builtin(*base)) {
    std::vector<std::string> words;
    for (const TypeName& type : builtin_types()) words.push_back(type.text());
    table.wrong(base_key, fmt::format("is {}, which is no built-in type", quoted(base->text())),
                did_you_mean(base->text(), words, "built-in are " + quoted_list(words)));
  }
  if (name)
    draft.types.push_back(
        {.entry = {.name = *name, .base = base.value_or(default_type()), .at = table.at()}, .name = table.spot_of("name")});
}

void read_image(TableReader& table, ManifestDraft& draft) {
  constexpr TomlKey name_key{"name", "\"db19_24\""};
  constexpr TomlKey exclude_key{"exclude", "[\"log/**\", \"*.pid\"]"};
  table.require(name_key);
  const auto name = table.name<ImageName>(name_key);
  LocalImage image{.name = name ? *name : ImageName::of("unnamed"), .at = table.at()};
  if (auto type = table.name<TypeName>({"type", "\"SOFTWARE\""})) image.type = *std::move(type);
  image.source = table.path({"source", "\"/stage/db19.24\""});
  image.digest = table.parsed({"digest", "\"sha256:<64 hex digits>\""}, "a digest", Digest::parse);
  read_globs(table, exclude_key, image.exclude);
  if (image.exclude.size() > most_globs) table.wrong(exclude_key, fmt::format("has more than {} entries", most_globs));
  image.cross_mounts = table.boolean({"cross_mounts", "true"}).value_or(false);
  image.parent = table.name<ImageName>({"parent", "\"db19_23\""});
  std::vector<Spot> series = read_series_of(table, image);
  read_description_of(table, image);
  read_state_and_reason(table, image);
  image.is_private = table.boolean({"private", "true"}).value_or(false);
  image.protect = table.boolean({"protect", "true"}).value_or(false);
  if (name) {
    draft.images.push_back({.entry = std::move(image),
                            .name = table.spot_of("name"),
                            .type = table.spot_of("type"),
                            .parent = table.spot_of("parent"),
                            .source = table.spot_of("source"),
                            .series = std::move(series)});
  }
}

void read_series(TableReader& table, ManifestDraft& draft) {
  constexpr TomlKey name_key{"name", "\"db19\""};
  table.require(name_key);
  const auto name = table.name<SeriesName>(name_key);
  SeriesDraft series{.entry = {.name = name ? *name : SeriesName::of("unnamed"), .at = table.at()},
                     .name = table.spot_of("name")};
  table.names<ImageName>(images_key, [&](ImageName image, Spot spot) {
    series.entry.images.push_back(std::move(image));
    series.images.push_back(spot);
  });
  series.entry.order = read_order(table);
  series.entry.follow = read_follow(table, series, draft);
  series.header = table.spot();
  // What cannot be read is no missing member.
  series.has_members = table.has("images") || table.has("follow") || table.has("order") || !table.whole();
  for (const auto key : {images_key, order_key}) {
    if (!table.has(key.name) || !table.has("follow")) continue;
    table.problem(table.spot_of("follow"), "exclusive-keys", fmt::format("\"{}\" and \"follow\" exclude each other", key.name),
                  fmt::format("keep \"{}\" for an order of your own, \"follow\" for the origin's", key.name));
  }
  if (name) draft.series.push_back(std::move(series));
}

}  // namespace ingot
