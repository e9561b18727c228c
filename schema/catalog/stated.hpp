// What a server says of its state beside its catalog (`publish_state`): enough to plan elsewhere what it would plan itself.
// Nothing private is in it, nor what changes with the serials of its peers alone: else two servers never came to rest.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "schema/catalog/serial.hpp"
#include "schema/digest.hpp"
#include "schema/image.hpp"
#include "schema/manifest/manifest.hpp"
#include "schema/manifest/subscription.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

/// A peer that it has registered.
struct StatedPeer {
  ServerName name;      ///< its name for it
  ServerName own_name;  ///< what the peer's card calls it
  ServerId id;
  std::vector<std::string> urls;
  bool operator==(const StatedPeer&) const = default;
};

/// A subscription that it has instantiated, stopped ones too.
struct StatedSubscription {
  ServerId peer;
  ServerName peer_name;
  Selector selector;
  Serial baseline = 0;
  std::string since;    ///< since_text()
  std::string options;  ///< options_text_without_since()
  std::string rule;     ///< its address as applied
  std::optional<Serial> stopped;
  bool operator==(const StatedSubscription&) const = default;
};

struct StatedType {
  TypeName name;
  TypeName base;
  bool managed = false;  ///< its manifest declares it
  bool operator==(const StatedType&) const = default;
};

/// What the catalog does not say of one of its living images.
struct StatedImage {
  ImageName name;
  bool managed = false;  ///< own: its manifest once named it
  bool protect = false;
  std::optional<ImageName> parent;             ///< own: the parent's name when this one came
  std::optional<ImageName> parent_now;         ///< if the parent has another name now
  std::optional<ImageState> under_withdrawal;  ///< a copy that its origin withdrew: its state here
  std::optional<Time> unwanted_since;          ///< a copy that no rule wants any more
  std::string rule;                            ///< a copy: the address of the rule that brought it, as it was then
  bool operator==(const StatedImage&) const = default;
  /// What holds of an own image of which nothing is said.
  bool is_usual() const { return managed && !protect && !parent && !parent_now && rule.empty(); }
};

struct StatedSeries {
  SeriesName name;
  bool managed = false;
  std::optional<Follow> follow;
  bool operator==(const StatedSeries&) const = default;
};

struct Stated {
  bool copies_published = false;                       ///< its `publish_copies`
  std::vector<StatedPeer> peers = {};                  ///< by name
  std::vector<StatedSubscription> subscriptions = {};  ///< by peer and selector
  std::vector<StatedType> types = {};                  ///< by name
  std::vector<StatedImage> images = {};                ///< by name; only what is_usual does not say
  std::vector<StatedSeries> series = {};               ///< living ones, by name
  bool operator==(const Stated&) const = default;
};

/// A text in it (the options of a subscription), in bytes.
inline constexpr std::size_t longest_stated_text = 1024 * 1024;
/// The address of a rule in it, in bytes: two names of at most 128 and the words between them. It is shown to people as it is.
inline constexpr std::size_t longest_stated_rule = 512;

}  // namespace ingot
