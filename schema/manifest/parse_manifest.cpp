#include "schema/manifest/parse_manifest.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "schema/catalog/read_card.hpp"
#include "schema/manifest/check_manifest.hpp"
#include "schema/manifest/manifest_draft.hpp"
#include "schema/manifest/read_guard.hpp"
#include "schema/manifest/read_sections.hpp"
#include "schema/manifest/series_members.hpp"
#include "schema/manifest/table_reader.hpp"
#include "schema/manifest/toml_reader.hpp"
#include "schema/text/glob.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

constexpr TomlKey include_key{"include", "[\"images/*.toml\"]"};

/// A file to include and the place that asks for it.
struct Included {
  std::string path;
  Spot spot;
};

/// One run over all files of a manifest.
class ManifestReader {
 public:
  ManifestReader(const std::string& path, const ManifestFiles& files, ManifestPart part)
      : root_(path), folder_(folder_of(path)), files_(files), part_(part) {
    draft_.variables = files.variables;
    draft_.working_folder = files.working_folder;
  }

  std::variant<Manifest, Problems> read() {
    if (read_root() && part_ == ManifestPart::whole) {
      for (const Included& included : files_to_include()) read_included(included);
      for (PeerDraft& peer : draft_.peers) read_card_of(peer);
      check_manifest(draft_);
    }
    if (!draft_.problems.empty()) return draft_.problems.sorted();
    return finished();
  }

 private:
  /// The bytes of a file, framed into what is hashed. A problem at `spot` if it cannot be read.
  std::optional<std::string> bytes_of(const std::string& path, Spot spot, const std::string& what);
  bool read_root();
  /// False if there is no use in reading anything else.
  bool read_format(TableReader& table, bool is_root);
  void read_entries(TableReader& table);
  void read_server_section(TableReader& table);
  void read_once(TableReader& table);
  void refuse_once(TableReader& table);
  void read_included(const Included& included);
  void read_card_of(PeerDraft& peer);
  std::vector<Included> files_to_include();
  void add_matches(const std::string& pattern, Spot spot, std::vector<Included>& found);
  /// Whether the paths of a file in `folder` are relative to the home, not to that folder.
  bool is_at_home(const std::string& folder) const;
  Manifest finished();

  std::string root_;
  std::string folder_;
  const ManifestFiles& files_;
  ManifestPart part_;
  ManifestDraft draft_;
  std::string hashed_;
  std::size_t bytes_read_ = 0;
  std::vector<Placed<std::string>> patterns_;  ///< of the root's include
};

std::optional<std::string> ManifestReader::bytes_of(const std::string& path, Spot spot, const std::string& what) {
  auto read = files_.read(path);
  if (const auto* unreadable = std::get_if<Unreadable>(&read)) {
    draft_.problems.add(
        spot, "unreadable", fmt::format("{} cannot be read: {}", what, unreadable->why),
        path == root_ ? "name the manifest with -f, or make one with ingot init" : "correct the path, or make the file readable");
    return std::nullopt;
  }
  auto bytes = std::get<std::string>(std::move(read));
  bytes_read_ += bytes.size();
  if (bytes_read_ > largest_manifest_in_all) {
    draft_.problems.add(spot, "too-large",
                        fmt::format("with {} the manifest is larger than {} in all", what, size_text(largest_manifest_in_all)),
                        "divide the images among several servers");
    return std::nullopt;
  }
  for (int shift = 56; shift >= 0; shift -= 8)
    hashed_ += static_cast<char>((bytes.size() >> static_cast<unsigned>(shift)) & 0xFFU);
  hashed_ += bytes;
  return bytes;
}

bool ManifestReader::is_at_home(const std::string& folder) const {
  return files_.home && folder.starts_with(folder_) && !(folder_.empty() && folder.starts_with('/'));
}

bool ManifestReader::read_root() {
  const std::size_t file = draft_.problems.add_file(root_);
  const auto bytes = bytes_of(root_, {file, {}}, fmt::format("the manifest {}", quoted(root_)));
  if (!bytes) return false;
  const ParsedToml parsed = parse_toml(*bytes, file, largest_manifest, draft_.problems);
  const FileContext context{.file = file,
                            .folder = folder_,
                            .home = files_.home.value_or(folder_),
                            .below_home = {},
                            .name_for_at = root_.substr(folder_.size()),
                            .whole = parsed.whole};
  draft_.references_certain = parsed.whole;
  TableReader table(parsed.root, {1, 1}, "", context, draft_.problems);
  if (!read_format(table, true)) return false;
  if (part_ == ManifestPart::whole)
    table.texts(include_key, [this](const std::string& pattern, Spot spot) { patterns_.push_back({pattern, spot}); });
  read_server_section(table);
  if (part_ == ManifestPart::server) return true;
  read_once(table);
  read_entries(table);
  table.finish();
  return true;
}

bool ManifestReader::read_format(TableReader& table, bool is_root) {
  constexpr TomlKey key{"manifest", "1"};
  const TomlValue* found = table.value(key);
  if (found == nullptr) {
    if (is_root) table.missing("missing-key", "the file does not say that it is a manifest", "begin it with manifest = 1");
    return true;
  }
  const auto* number = std::get_if<std::int64_t>(&found->value);
  if (number != nullptr && *number == 1) return true;
  if (number != nullptr && *number > 1) {
    table.wrong(key, fmt::format("is {}, a format that this program does not know", *number),
                "write manifest = 1, or use a newer ingot");
    return false;
  }
  table.wrong(key, "must be the number 1");
  return true;
}

void ManifestReader::read_server_section(TableReader& table) {
  constexpr TomlKey server_key{"server", "{ name = \"dc1-gold\" }"};
  if (auto server = table.table(server_key)) {
    read_server(*server, draft_);
    server->finish();
  } else if (!table.has("server")) {
    table.missing("missing-key", "the manifest has no [server]", "add [server] with name = \"…\"");
  }
}

void ManifestReader::read_once(TableReader& table) {
  if (auto limits = table.table({"limits", "{ parallel = 8 }"})) {
    read_limits(*limits, draft_);
    limits->finish();
  }
  if (auto guard = table.table({"guard", "{ stops = 3 }"})) {
    read_guard(*guard, draft_.guard);
    guard->finish();
  }
}

void ManifestReader::refuse_once(TableReader& table) {
  for (const std::string_view key : {"include", "server", "limits", "guard"}) {
    if (table.value({key, ""}) == nullptr) continue;
    table.problem(table.spot_of(key), "root-only", fmt::format("\"{}\" stands in an included file", key),
                  key == "include" ? fmt::format("included files cannot include: list the files in {}", root_)
                                   : fmt::format("move it to {}", root_));
  }
}

void ManifestReader::read_entries(TableReader& table) {
  const auto each = [this, &table](TomlKey key, void (*read_one)(TableReader&, ManifestDraft&)) {
    table.tables(key, [this, read_one](TableReader& entry) { read_one(entry, draft_); });
  };
  each({"peer", ""}, read_peer);
  if (table.has("peer") && draft_.peers.empty()) draft_.references_certain = false;
  each({"imagetype", ""}, read_type);
  each({"image", ""}, read_image);
  each({"series", ""}, read_series);
  each({"subscription", ""}, read_subscription);
  each({"copy", ""}, read_copy);
  each({"export", ""}, read_export);
  each({"upload", ""}, read_upload);
  each({"ignore", ""}, read_ignore);
  each({"notify", ""}, read_notify);
}

void ManifestReader::add_matches(const std::string& pattern, Spot spot, std::vector<Included>& found) {
  if (const auto why = why_not_a_path(pattern)) {
    return draft_.problems.add(spot, "bad-value", fmt::format("\"include\" has an entry that {}", *why),
                               "write for example include = [\"images/*.toml\"]");
  }
  if (pattern.find_first_of("*?[") == std::string::npos) {
    std::string path = joined_path(folder_, pattern);
    if (plain_path(path) == plain_path(root_)) {
      return draft_.problems.add(spot, "bad-value", "\"include\" names the manifest itself", "remove it from the list");
    }
    return found.push_back({std::move(path), spot});
  }
  if (const auto fault = glob_fault(pattern)) {
    return draft_.problems.add(spot, "bad-value", fmt::format("\"include\" has an entry that {}", *fault),
                               "write for example include = [\"images/*.toml\"]");
  }
  const bool is_absolute = pattern.starts_with('/');
  auto matched = files_.glob(is_absolute ? "" : folder_, joined_path("", pattern));
  if (const auto* const unreadable = std::get_if<Unreadable>(&matched)) {
    draft_.references_certain = false;
    return draft_.problems.add(spot, "unreadable",
                               fmt::format("what {} of \"include\" matches cannot be told: {}", quoted(pattern), unreadable->why),
                               "correct the pattern, or make what it passes readable");
  }
  for (std::string& path : std::get<std::vector<std::string>>(matched)) {
    if (plain_path(path) != plain_path(root_)) found.push_back({std::move(path), spot});
  }
}

std::vector<Included> ManifestReader::files_to_include() {
  std::vector<Included> found;
  for (const auto& [pattern, spot] : patterns_) add_matches(pattern, spot, found);
  std::stable_sort(found.begin(), found.end(), [](const Included& one, const Included& other) { return one.path < other.path; });
  std::set<std::string> seen;
  std::erase_if(found, [&seen](const Included& included) { return !seen.insert(plain_path(included.path)).second; });
  if (found.size() > most_included_files) {
    draft_.problems.add(patterns_.front().spot, "too-many",
                        fmt::format("\"include\" matches {} files, more than {}", found.size(), most_included_files),
                        "join small files");
    found.clear();
    draft_.references_certain = false;
  }
  return found;
}

void ManifestReader::read_included(const Included& included) {
  const auto bytes = bytes_of(included.path, included.spot, fmt::format("the included file {}", quoted(included.path)));
  if (!bytes) {
    draft_.references_certain = false;
    return;
  }
  const std::size_t file = draft_.problems.add_file(included.path);
  const ParsedToml parsed = parse_toml(*bytes, file, largest_manifest, draft_.problems);
  const bool below = included.path.starts_with(folder_);
  const std::string folder = folder_of(included.path);
  const FileContext context{.file = file,
                            .folder = folder,
                            .home = is_at_home(folder) ? *files_.home : folder,
                            .below_home = is_at_home(folder) ? folder.substr(folder_.size()) : std::string(),
                            .name_for_at = below ? included.path.substr(folder_.size()) : included.path,
                            .whole = parsed.whole};
  draft_.references_certain = draft_.references_certain && parsed.whole;
  TableReader table(parsed.root, {1, 1}, "", context, draft_.problems);
  if (!read_format(table, false)) return;
  refuse_once(table);
  read_entries(table);
  table.finish();
}

void ManifestReader::read_card_of(PeerDraft& peer) {
  PeerEntry& entry = peer.entry;
  if (entry.card_path.empty()) return;
  const std::string what = fmt::format("the card {} of peer {}", quoted(entry.card_path), quoted(entry.name.text()));
  const auto bytes = bytes_of(entry.card_path, peer.card, what);
  if (!bytes) return;
  const std::size_t file = draft_.problems.add_file(entry.card_path);
  auto card = read_card(*bytes, file, draft_.problems);
  if (!card) {
    return draft_.problems.add(
        peer.card, "bad-card", fmt::format("{} is not valid", what),
        fmt::format("mend it, or ask the peer's operator for a new one: what is wrong is listed under {}", entry.card_path));
  }
  peer.has_card = true;
  if (entry.urls.empty()) {
    if (!entry.allow_http && is_open_http(card->url)) {
      draft_.problems.add(peer.card, "bad-value", fmt::format("{} has an http:// address of another machine", what),
                          "ask for a card with https://, or allow it with allow_http = true");
    }
    entry.urls.push_back(card->url);
  }
  const auto& store = entry.credentials.s3;
  if (store && !store->endpoint.empty() &&
      std::none_of(entry.urls.begin(), entry.urls.end(), [&](const auto& url) { return is_at(*store, url); }))
    draft_.problems.add(
        peer.s3, "bad-value",
        fmt::format("\"s3\" is of no use: no address of peer {} lies below its endpoint", quoted(entry.name.text())),
        "add urls = [\"s3://BUCKET/PREFIX\"], or correct the endpoint");
  entry.card = *std::move(card);
}

template <class Drafts, class Entries>
void move_entries(Drafts& drafts, Entries& entries) {
  entries.reserve(drafts.size());
  for (auto& draft : drafts) entries.push_back(std::move(draft.entry));
}

Manifest ManifestReader::finished() {
  Manifest manifest{.path = root_,
                    .digest = files_.digest(hashed_),
                    .server = *std::move(draft_.server),
                    .limits = draft_.limits,
                    .guard = draft_.guard};
  move_entries(draft_.peers, manifest.peers);
  move_entries(draft_.types, manifest.types);
  move_entries(draft_.images, manifest.images);
  move_entries(draft_.series, manifest.series);
  move_entries(draft_.subscriptions, manifest.subscriptions);
  move_entries(draft_.copies, manifest.copies);
  move_entries(draft_.exports, manifest.exports);
  move_entries(draft_.uploads, manifest.uploads);
  manifest.ignored = std::move(draft_.ignored);
  manifest.notify = std::move(draft_.notify);
  add_series_members(manifest);
  return manifest;
}

}  // namespace

std::variant<Manifest, Problems> parse_manifest(const std::string& path, const ManifestFiles& files, ManifestPart part) {
  return ManifestReader(path, files, part).read();
}

}  // namespace ingot
