#include "schema/manifest/read_s3.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/manifest/read_sections.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

constexpr TomlKey endpoint_key{"endpoint", "\"https://s3.example.net\""};
constexpr TomlKey region_key{"region", "\"eu-central-1\""};
constexpr TomlKey key_id_env_key{"key_id_env", "\"INGOT_S3_KEY_ID\""};
constexpr TomlKey secret_env_key{"secret_env", "\"INGOT_S3_SECRET\""};
constexpr TomlKey credentials_file_key{"credentials_file", "\"/etc/ingot/s3.credentials\""};
constexpr std::size_t longest_prefix = 512;

bool is_lower_or_digit(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'); }

/// The rules of S3 for buckets.
bool is_bucket(std::string_view text) {
  const auto fits = [](char letter) { return is_lower_or_digit(letter) || letter == '-' || letter == '.'; };
  return text.size() >= 3 && text.size() <= 63 && std::all_of(text.begin(), text.end(), fits) &&
         is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) && text.find("..") == std::string_view::npos;
}

/// Folders without "", "." and "..", which an HTTP library or a proxy may take out of a path.
bool is_prefix(std::string_view text) {
  if (text.size() > longest_prefix) return false;
  while (!text.empty()) {
    const auto slash = text.find('/');
    const auto part = text.substr(0, slash);
    const auto fits = [](char letter) {
      return is_lower_or_digit(letter) || (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '.' || letter == '_';
    };
    if (part.empty() || part == "." || part == ".." || !std::all_of(part.begin(), part.end(), fits)) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
  return true;
}

std::optional<std::string> why_not_an_endpoint(std::string_view text) {
  if (auto why = why_not_a_url(text)) return why;
  if (text.starts_with("file:")) return "must begin with https://";
  if (is_open_http(text)) return "is an http:// address of another machine: what is sent there could be read and changed";
  const auto host = text.substr(text.find("://") + 3);
  if (host.find('/') < host.size() - 1) return "must have no path: bucket and prefix are no part of it";
  return std::nullopt;
}

std::optional<std::string> why_not_a_region(std::string_view text) {
  const auto fits = [](char letter) { return is_lower_or_digit(letter) || letter == '-'; };
  if (text.empty() || text.size() > 64 || !std::all_of(text.begin(), text.end(), fits))
    return "must be lower-case letters, digits and \"-\"";
  return std::nullopt;
}

AccessKeySource read_key_source(TableReader& table, std::string_view what, std::string_view owner, const ManifestDraft& draft) {
  AccessKeySource key{.key_id_env = read_secret_variable(table, key_id_env_key, owner, draft),
                      .secret_env = read_secret_variable(table, secret_env_key, owner, draft),
                      .file = table.path(credentials_file_key)};
  const bool has_file = table.has(credentials_file_key.name);
  for (const auto& [one, other] : {std::pair(key_id_env_key, secret_env_key), std::pair(secret_env_key, key_id_env_key)}) {
    if (!table.has(one.name)) continue;
    if (has_file) {
      table.problem(table.spot_of(one.name), "exclusive-keys",
                    fmt::format("\"{}\" and \"credentials_file\" exclude each other", one.name), "keep one of them");
    } else if (!table.has(other.name)) {
      table.missing("missing-key", fmt::format("{} has \"{}\" without \"{}\"", what, one.name, other.name),
                    fmt::format("add {} = {}", other.name, other.example));
    }
  }
  if (!has_file && !table.has(key_id_env_key.name) && !table.has(secret_env_key.name))
    table.missing(
        "missing-key", fmt::format("{} does not say where its access key is", what),
        fmt::format("add {} = {} and {} = {}, or {} = {}", key_id_env_key.name, key_id_env_key.example, secret_env_key.name,
                    secret_env_key.example, credentials_file_key.name, credentials_file_key.example));
  return key;
}

}  // namespace

bool is_at(const S3Access& store, std::string_view url) {
  return url.starts_with(store.endpoint) && url.substr(store.endpoint.size()).starts_with('/');
}

std::optional<std::string> why_not_a_bucket_url(std::string_view text) {
  if (!text.starts_with(bucket_scheme)) return "must begin with s3://";
  text.remove_prefix(bucket_scheme.size());
  const auto slash = text.find('/');
  if (!is_bucket(text.substr(0, slash)))
    return "must name a bucket: 3 to 63 lower-case letters, digits, \"-\" and \".\", with a letter or a digit at both ends";
  if (slash != std::string_view::npos && !is_prefix(text.substr(slash + 1)))
    return "must have a prefix of letters, digits, \".\", \"_\" and \"-\", with single slashes between its parts";
  return std::nullopt;
}

S3Access read_store(TableReader& table, std::string_view what, std::string_view owner, const ManifestDraft& draft) {
  table.require(endpoint_key);
  S3Access store{.endpoint = table.ruled(endpoint_key, why_not_an_endpoint).value_or("")};
  if (store.endpoint.ends_with('/')) store.endpoint.pop_back();
  if (auto region = table.ruled(region_key, why_not_a_region)) store.region = *std::move(region);
  store.key = read_key_source(table, what, owner, draft);
  return store;
}

std::optional<S3Access> read_s3(TableReader& entry, std::string_view owner, const ManifestDraft& draft) {
  auto table = entry.table({"s3", "{ endpoint = \"https://s3.example.net\", credentials_file = \"/etc/ingot/s3.credentials\" }"});
  if (!table) return std::nullopt;
  S3Access store = read_store(*table, "\"s3\"", owner, draft);
  table->finish();
  return store;
}

}  // namespace ingot
