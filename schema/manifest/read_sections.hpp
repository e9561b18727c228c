// The sections and entries of a manifest: TOML tables → drafts, with the rules of each key.
// What concerns two entries together is check_manifest.
#pragma once

#include "schema/manifest/manifest_draft.hpp"
#include "schema/manifest/table_reader.hpp"

namespace ingot {

// Once, in the root file.
void read_server(TableReader& table, ManifestDraft& draft);
void read_limits(TableReader& table, ManifestDraft& draft);

// Any number, in any file.
void read_peer(TableReader& table, ManifestDraft& draft);
void read_type(TableReader& table, ManifestDraft& draft);
void read_image(TableReader& table, ManifestDraft& draft);
void read_series(TableReader& table, ManifestDraft& draft);
void read_subscription(TableReader& table, ManifestDraft& draft);
void read_copy(TableReader& table, ManifestDraft& draft);
void read_export(TableReader& table, ManifestDraft& draft);
void read_upload(TableReader& table, ManifestDraft& draft);
void read_ignore(TableReader& table, ManifestDraft& draft);
void read_notify(TableReader& table, ManifestDraft& draft);

// Values that more than one section has.
inline constexpr TomlKey bandwidth_key{"bandwidth", "\"200 MB/s\""};
/// Bytes per second, more than none.
std::optional<std::uint64_t> read_rate(TableReader& table, TomlKey key);
/// 1-64.
std::optional<std::uint32_t> read_connections(TableReader& table, TomlKey key);
/// The environment variable that holds a secret of the entry `owner` ("": it has no name).
std::optional<std::string> read_secret_variable(TableReader& table, TomlKey key, std::string_view owner,
                                                const ManifestDraft& draft);
/// One window, or a list of them; appends the valid ones.
void read_windows(TableReader& table, std::vector<Window>& windows);
/// The state that `written` names; reports it at `spot` otherwise.
std::optional<ImageState> state_from(TableReader& table, TomlKey key, const std::string& written, Spot spot);
std::optional<std::string> read_url(TableReader& table, TomlKey key);
/// Appends the valid globs of a list to `globs`.
void read_globs(TableReader& table, TomlKey key, std::vector<std::string>& globs);

}  // namespace ingot
