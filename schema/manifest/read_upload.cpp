// [[upload]]: in which S3-compatible stores the published tree is kept as well.
#include <algorithm>

#include <fmt/format.h>

#include "schema/manifest/read_sections.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

constexpr TomlKey upload_name_key{"name", "\"s3\""};
constexpr TomlKey upload_to_key{"to", "\"s3://gold/dc1\""};
constexpr TomlKey endpoint_key{"endpoint", "\"https://s3.example.net\""};
constexpr TomlKey region_key{"region", "\"eu-central-1\""};
constexpr TomlKey key_id_env_key{"key_id_env", "\"INGOT_S3_KEY_ID\""};
constexpr TomlKey secret_env_key{"secret_env", "\"INGOT_S3_SECRET\""};
constexpr TomlKey credentials_file_key{"credentials_file", "\"/etc/ingot/s3.credentials\""};
constexpr std::string_view scheme = "s3://";
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

std::optional<std::string> why_not_a_place(std::string_view text) {
  if (!text.starts_with(scheme)) return "must begin with s3://";
  text.remove_prefix(scheme.size());
  const auto slash = text.find('/');
  if (!is_bucket(text.substr(0, slash)))
    return "must name a bucket: 3 to 63 lower-case letters, digits, \"-\" and \".\", with a letter or a digit at both ends";
  if (slash != std::string_view::npos && !is_prefix(text.substr(slash + 1)))
    return "must have a prefix of letters, digits, \".\", \"_\" and \"-\", with single slashes between its parts";
  return std::nullopt;
}

std::optional<std::string> why_not_an_endpoint(std::string_view text) {
  if (auto why = why_not_a_url(text)) return why;
  if (text.starts_with("file:")) return "must begin with https://";
  if (is_open_http(text)) return "is an http:// address of another machine: what is sent there could be read and changed";
  const auto host = text.substr(text.find("://") + 3);
  if (host.find('/') < host.size() - 1) return "must have no path: the bucket and the prefix are in \"to\"";
  return std::nullopt;
}

std::optional<std::string> why_not_a_region(std::string_view text) {
  const auto fits = [](char letter) { return is_lower_or_digit(letter) || letter == '-'; };
  if (text.empty() || text.size() > 64 || !std::all_of(text.begin(), text.end(), fits))
    return "must be lower-case letters, digits and \"-\"";
  return std::nullopt;
}

void read_place(TableReader& table, UploadEntry& upload) {
  const auto written = table.ruled(upload_to_key, why_not_a_place);
  if (!written) return;
  const std::string_view place = std::string_view(*written).substr(scheme.size());
  const auto slash = place.find('/');
  upload.bucket = place.substr(0, slash);
  if (slash != std::string_view::npos) upload.prefix = place.substr(slash + 1);
  if (!upload.prefix.empty() && !upload.prefix.ends_with('/')) upload.prefix += '/';
}

void read_keys(TableReader& table, UploadEntry& upload, const ManifestDraft& draft) {
  upload.key_id_env = read_secret_variable(table, key_id_env_key, upload.name.text(), draft);
  upload.secret_env = read_secret_variable(table, secret_env_key, upload.name.text(), draft);
  upload.credentials_file = table.path(credentials_file_key);
  const bool has_file = table.has(credentials_file_key.name);
  for (const auto& [one, other] : {std::pair(key_id_env_key, secret_env_key), std::pair(secret_env_key, key_id_env_key)}) {
    if (!table.has(one.name)) continue;
    if (has_file) {
      table.problem(table.spot_of(one.name), "exclusive-keys",
                    fmt::format("\"{}\" and \"credentials_file\" exclude each other", one.name), "keep one of them");
    } else if (!table.has(other.name)) {
      table.missing("missing-key", fmt::format("the [[upload]] has \"{}\" without \"{}\"", one.name, other.name),
                    fmt::format("add {} = {}", other.name, other.example));
    }
  }
  if (!has_file && !table.has(key_id_env_key.name) && !table.has(secret_env_key.name))
    table.missing(
        "missing-key", "the [[upload]] does not say where its access key is",
        fmt::format("add {} = {} and {} = {}, or {} = {}", key_id_env_key.name, key_id_env_key.example, secret_env_key.name,
                    secret_env_key.example, credentials_file_key.name, credentials_file_key.example));
}

}  // namespace

std::string place_of(const UploadEntry& upload) { return fmt::format("{}/{}/{}", upload.endpoint, upload.bucket, upload.prefix); }

void read_upload(TableReader& table, ManifestDraft& draft) {
  for (const TomlKey key : {upload_name_key, upload_to_key, endpoint_key}) table.require(key);
  const auto name = table.name<UploadName>(upload_name_key);
  UploadEntry upload{.name = name.value_or(UploadName::of("unnamed")), .at = table.at()};
  read_place(table, upload);
  upload.endpoint = table.ruled(endpoint_key, why_not_an_endpoint).value_or("");
  if (upload.endpoint.ends_with('/')) upload.endpoint.pop_back();
  if (auto region = table.ruled(region_key, why_not_a_region)) upload.region = *std::move(region);
  read_keys(table, upload, draft);
  upload.ca_file = table.path({"ca_file", "\"/etc/ingot/ca.pem\""});
  if (const auto path_style = table.boolean({"path_style", "true"})) upload.path_style = *path_style;
  if (!upload.path_style && has_address(upload.endpoint))
    table.problem(table.spot_of("path_style"), "bad-value",
                  "\"path_style = false\" puts the bucket before the host of \"endpoint\", which is an address and no name",
                  "leave out path_style, or write the endpoint with its name");
  if (!name) return;
  draft.uploads.push_back({.entry = std::move(upload), .name = table.spot_of("name"), .to = table.spot_of("to")});
}

}  // namespace ingot
