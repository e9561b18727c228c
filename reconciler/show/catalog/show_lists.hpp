// Peers, subscriptions, series and types: what the state knows, or a peer offers, as tables and JSON. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/style.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::show {

struct ShownPeer {
  ServerName name;
  std::optional<ServerId> id;
  std::vector<std::string> urls;
  std::optional<Time> registered;  ///< nullopt: not registered
  std::optional<Serial> serial;    ///< of the last head seen
  std::optional<Time> seen;
  Code status = Code::none;  ///< "ok", "unreachable", "expired", "untrusted", "retired"; none = never asked
  std::string text;
  std::string url = {};  ///< which of `urls` answered last; "" = none yet
};
void show_peers(const std::vector<ShownPeer>& peers, const Style& style, Output& out);
void show_peers_json(const std::vector<ShownPeer>& peers, Output& out);
/// "peers":[…] in an open object.
void put_peers(const std::vector<ShownPeer>& peers, JsonWriter& json);

struct ShownSubscription {
  ServerName peer;
  Selector selector;
  Serial baseline = 0;
  std::string since;
  Time instantiated;
  std::uint64_t copies = 0;
  std::string blocked;  ///< "" = not
};
void show_subscriptions(const std::vector<ShownSubscription>& subscriptions, const Style& style, Output& out);
void show_subscriptions_json(const std::vector<ShownSubscription>& subscriptions, Output& out);

struct ShownSeries {
  SeriesName name;
  std::vector<ImageName> images;  ///< in order
  std::optional<Follow> follows;
  std::set<ImageName> withdrawn = {};  ///< of the images

  /// The last that is not withdrawn: what `extract series:NAME` gives.
  std::optional<ImageName> latest() const;
};
void show_series(const std::vector<ShownSeries>& series, const Style& style, Output& out);
void show_series_json(const std::vector<ShownSeries>& series, Output& out);

struct ShownType {
  TypeName name;
  std::optional<TypeName> base;  ///< nullopt: built in
  std::optional<bool> managed;
  std::optional<std::uint64_t> images;
};
void show_types(const std::vector<ShownType>& types, const Style& style, Output& out);
void show_types_json(const std::vector<ShownType>& types, Output& out);

}  // namespace ingot::show
