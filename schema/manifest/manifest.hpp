// The manifest as values: what the user wants, each entry with the place where it is written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/catalog/card.hpp"
#include "schema/image.hpp"
#include "schema/manifest/export.hpp"
#include "schema/manifest/guard.hpp"
#include "schema/manifest/manifest_commit.hpp"
#include "schema/manifest/notify.hpp"
#include "schema/manifest/problem.hpp"
#include "schema/manifest/s3.hpp"
#include "schema/manifest/subscription.hpp"
#include "schema/manifest/upload.hpp"
#include "schema/manifest/window.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

/// Paths here are as they can be opened: joined with the folder of the file they stand in.
/// Which deltas of this server's own public images are made.
struct DeltaRules {
  std::uint32_t parents = 1;       ///< from so many ancestors, 0-8
  std::uint32_t series = 1;        ///< from so many members before an image in each series, 0-8
  std::uint64_t size = 1'000'000;  ///< bytes of an image; smaller ones get none
  bool operator==(const DeltaRules&) const = default;
};

struct ServerSection {
  ServerName name;
  std::optional<std::string> url{};  ///< ends with "/"; needed for a card, not for a plan
  std::string store = "store";
  std::string state = "state/ingot.db";              ///< a file, or the URL of a database (is_database_url)
  std::optional<std::string> state_password_file{};  ///< only for a database
  std::string cache = "state/cache";                 ///< of this machine; only for a database
  std::string keys = "keys";
  std::vector<ServerName> clients{};
  std::vector<ServerName> targets{};
  Seconds head_ttl = std::chrono::hours(24 * 14);
  bool publish_copies = false;
  std::optional<DeltaRules> deltas = DeltaRules{};  ///< nullopt: none
  bool page = true;                                 ///< whether the published tree has the catalog page
  bool publish_state = false;                       ///< what a plan elsewhere needs to know of the state
  At at{};
  bool operator==(const ServerSection&) const = default;
};

/// min_free: a number of bytes or a percentage (0-100) of the file system.
struct MinFree {
  std::variant<std::uint64_t, double> value = 5.0;  ///< bytes or percent
  bool operator==(const MinFree&) const = default;
};
/// Bytes that copies leave free on a file system of `total` bytes.
std::uint64_t bytes_to_keep(const MinFree& min_free, std::uint64_t total);

struct Limits {
  std::uint32_t parallel = 8;                ///< 1-64
  std::optional<std::uint64_t> bandwidth{};  ///< bytes per second, whole run
  std::optional<std::uint64_t> max_bytes{};  ///< fetched in one run
  MinFree min_free{};
  std::vector<Window> windows{};     ///< in which bytes are fetched; none: at any time
  std::optional<At> max_bytes_at{};  ///< where the key stands; nullopt: it does not
  std::optional<At> min_free_at{};   ///< likewise
  std::optional<At> window_at{};     ///< likewise
  bool operator==(const Limits&) const = default;
};

/// Where the credentials of a peer are found; never the values.
struct PeerCredentials {
  std::optional<std::string> token_env{};
  std::optional<std::string> token_file{};
  std::optional<std::string> client_cert{};
  std::optional<std::string> client_key{};
  std::optional<std::string> ca_file{};
  std::optional<S3Access> s3{};
  bool operator==(const PeerCredentials&) const = default;
};

struct PeerEntry {
  ServerName name;
  std::string card_path{};
  Card card;                        ///< as read from card_path
  std::vector<std::string> urls{};  ///< the entry's or, if it has none, the card's; each ends with "/"
  PeerCredentials credentials{};
  bool allow_http = false;
  std::optional<Seconds> max_age{};
  std::optional<std::uint64_t> bandwidth{};  ///< bytes per second
  std::optional<std::uint32_t> parallel{};   ///< 1-64
  std::optional<std::uint32_t> streams{};    ///< ranges of one image at once, 1-64; absent: as many as are free
  std::vector<Window> windows{};             ///< instead of Limits::windows; none: those count
  std::optional<ServerId> replaces{};
  bool retired = false;  ///< gone for ever: never asked
  bool offline = false;  ///< a disk that is not always there: unreachable is no failure
  At at{};
  bool operator==(const PeerEntry&) const = default;
};

struct TypeDeclaration {
  TypeName name;
  TypeName base;  ///< a built-in one
  At at{};
  bool operator==(const TypeDeclaration&) const = default;
};

struct LocalImage {
  ImageName name;
  TypeName type = default_type();
  std::optional<std::string> source{};  ///< path; needed only until the image has been added
  std::optional<Digest> digest{};
  std::vector<std::string> exclude{};  ///< path globs
  bool cross_mounts = false;           ///< take what is mounted below the source, too
  std::optional<ImageName> parent{};
  std::vector<SeriesName> series{};  ///< that it joins; their `images` name it, too
  std::string version{};
  ImageState state = ImageState::published;
  std::string reason{};
  bool is_private = false;
  std::string platform{};
  std::string description{};
  Labels labels{};
  bool protect = false;
  At at{};
  bool operator==(const LocalImage&) const = default;
};

struct Follow {
  ServerName peer;
  SeriesName series;
  bool operator==(const Follow&) const = default;
};

/// In which order the images that name a series themselves follow those that it lists.
enum class SeriesOrder {
  version,  ///< by version, then by name
  added,    ///< as they came into the series
};
inline constexpr std::string_view series_order_words[]{"version", "added"};

struct SeriesDeclaration {
  SeriesName name;
  std::vector<ImageName> images{};  ///< those that are listed, then those that name the series; empty if follow
  std::size_t joined = 0;           ///< how many of `images`, its last, name the series themselves; they are by version here
  SeriesOrder order = SeriesOrder::version;
  std::optional<Follow> follow{};
  At at{};
  bool operator==(const SeriesDeclaration&) const = default;
};

struct SubscriptionEntry {
  ServerName peer;
  Selector selector;
  SubscriptionOptions options{};
  At at{};
  bool operator==(const SubscriptionEntry&) const = default;
};

struct CopyEntry {
  ServerName peer;
  ImageName name;  ///< on the peer
  std::optional<bool> keep{};
  std::optional<bool> protect{};
  std::optional<ImageState> state{};
  bool adopt = false;  ///< it becomes an image of this server's own; then `peer` need not be in the manifest
  At at{};
  bool operator==(const CopyEntry&) const = default;
};

/// So far ahead an [[ignore]] may end.
inline constexpr Seconds longest_ignored = std::chrono::hours(24 * 180 + 24);

/// A known trouble that does not end a run with exit 3.
struct IgnoreEntry {
  std::string address;
  std::string reason;
  Time until;  ///< the first second in which it counts again
  At at{};
  bool operator==(const IgnoreEntry&) const = default;
};

/// A whole, checked manifest. Lists are in the order of the text (included files after the root, sorted by path).
struct Manifest {
  std::string path{};                   ///< of the root file, as the user named it
  Digest digest{};                      ///< of all bytes read: root, includes, cards, in order
  std::optional<ManifestCommit> git{};  ///< the commit that it is from; nullopt: none is known (parse_manifest knows none)
  std::string no_git{};                 ///< why none is known, though it lies in a repository; "": it lies in none
  ServerSection server;
  Limits limits{};
  Guard guard{};
  std::vector<PeerEntry> peers{};
  std::vector<TypeDeclaration> types{};
  std::vector<LocalImage> images{};
  std::vector<SeriesDeclaration> series{};
  std::vector<SubscriptionEntry> subscriptions{};
  std::vector<CopyEntry> copies{};
  std::vector<ExportEntry> exports{};
  std::vector<UploadEntry> uploads{};
  std::vector<IgnoreEntry> ignored{};
  std::vector<NotifyEntry> notify{};

  bool operator==(const Manifest&) const = default;
  /// No peer, type, image, series, subscription, copy or export.
  bool declares_nothing() const;
};

/// The parts of the week in which bytes of a peer are fetched: its own, or else those of [limits]; empty: all of it.
const std::vector<Window>& windows_of(const ServerName& peer, const Manifest& manifest);

}  // namespace ingot
