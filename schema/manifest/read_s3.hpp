// What an [[upload]] and the `s3` of a [[peer]] have in common: the store and the key to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/manifest/manifest_draft.hpp"
#include "schema/manifest/s3.hpp"
#include "schema/manifest/table_reader.hpp"

namespace ingot {

inline constexpr std::string_view bucket_scheme = "s3://";

/// What is wrong with `text` as s3://BUCKET/PREFIX, as a clause; nullopt: nothing. The buckets are those of S3's rules.
std::optional<std::string> why_not_a_bucket_url(std::string_view text);

/// The keys of a store in `table`, which messages call `what`; the variables of its key are those of `owner`.
S3Access read_store(TableReader& table, std::string_view what, std::string_view owner, const ManifestDraft& draft);

/// The table `s3` of a peer; nullopt: there is none.
std::optional<S3Access> read_s3(TableReader& entry, std::string_view owner, const ManifestDraft& draft);

}  // namespace ingot
