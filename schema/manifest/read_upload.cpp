// [[upload]]: in which S3-compatible stores the published tree is kept as well.
#include <fmt/format.h>

#include "schema/manifest/read_s3.hpp"
#include "schema/manifest/read_sections.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

constexpr TomlKey upload_name_key{"name", "\"s3\""};
constexpr TomlKey upload_to_key{"to", "\"s3://gold/dc1\""};

void read_place(TableReader& table, UploadEntry& upload) {
  const auto written = table.ruled(upload_to_key, why_not_a_bucket_url);
  if (!written) return;
  const std::string place = with_slash(written->substr(bucket_scheme.size()));
  const auto slash = place.find('/');
  upload.bucket = place.substr(0, slash);
  upload.prefix = place.substr(slash + 1);
}

}  // namespace

std::string place_of(const UploadEntry& upload) { return fmt::format("{}/{}/{}", upload.endpoint, upload.bucket, upload.prefix); }

void read_upload(TableReader& table, ManifestDraft& draft) {
  for (const TomlKey key : {upload_name_key, upload_to_key}) table.require(key);
  const auto name = table.name<UploadName>(upload_name_key);
  UploadEntry upload{.name = name.value_or(UploadName::of("unnamed")), .at = table.at()};
  read_place(table, upload);
  S3Access store = read_store(table, "the [[upload]]", upload.name.text(), draft);
  upload.endpoint = std::move(store.endpoint);
  upload.region = std::move(store.region);
  upload.key = std::move(store.key);
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
