// A subscription: which images of a peer are copied here, and how.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/image.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

struct SelectAll {
  auto operator<=>(const SelectAll&) const = default;
};
struct SelectImage {
  ImageName image;
  auto operator<=>(const SelectImage&) const = default;
};
struct SelectSeries {
  SeriesName series;
  auto operator<=>(const SelectSeries&) const = default;
};
struct SelectType {
  TypeName type;
  auto operator<=>(const SelectType&) const = default;
};

/// Exactly one of all, image (its descendants), series, imagetype.
using Selector = std::variant<SelectAll, SelectImage, SelectSeries, SelectType>;

std::string_view kind_of(const Selector& selector);  ///< "all", "image", "series", "imagetype"
std::string value_of(const Selector& selector);      ///< "" for all
/// "series db19", "all": for people.
std::string selector_text(const Selector& selector);
std::string selector_text(std::string_view kind, std::string_view value);
/// The inverse of kind_of and value_of; nullopt if they name no selector.
std::optional<Selector> parse_selector(std::string_view kind, std::string_view value);

/// From where on a subscription counts.
struct SinceNow {
  auto operator<=>(const SinceNow&) const = default;
};
struct SinceStart {
  auto operator<=>(const SinceStart&) const = default;
};
struct SinceSerial {
  Serial serial = 0;
  auto operator<=>(const SinceSerial&) const = default;
};
using Since = std::variant<SinceNow, SinceStart, SinceSerial>;
std::string since_text(const Since& since);  ///< "now", "start", "17"
std::optional<Since> parse_since(std::string_view text);

/// The filter `where`: globs, all must hold; an absent one holds.
struct Where {
  std::optional<std::string> platform;
  std::optional<std::string> version;
  std::map<std::string, std::string> labels;  ///< label → glob on its value; the label must be there
  bool operator==(const Where&) const = default;
};

/// The state that copies get. `nullopt` state = "origin": they follow it.
struct Arrive {
  std::optional<ImageState> state = ImageState::published;
  bool operator==(const Arrive&) const = default;
};

/// Everything of a subscription but its peer and selector.
struct SubscriptionOptions {
  Since since;
  std::vector<ImageState> states = {ImageState::published};
  std::vector<std::string> exclude;
  Where where;
  std::optional<std::uint32_t> latest;  ///< ≥ 1; with a series only
  std::string as;                       ///< name template, "" = the origin's name
  Arrive arrive;
  std::int64_t priority = 0;
  std::optional<Seconds> prune;  ///< nullopt: never

  bool operator==(const SubscriptionOptions&) const = default;
};

/// One line of canonical text of all options (states sorted, defaults included): equal text = equal options.
std::string options_text(const SubscriptionOptions& options);
/// The same without `since`.
std::string options_text_without_since(const SubscriptionOptions& options);
/// The options that these two texts were made of; nullopt: they are not such texts.
std::optional<SubscriptionOptions> parse_options(std::string_view since, std::string_view without_since);

/// The copy's name here: the template `as` with {peer} and {name} filled in; nullopt if that is no valid name.
std::optional<ImageName> name_here(const std::string& as, const ServerName& peer, const ImageName& name);

/// The name on the peer of which name_here() makes `here`; nullopt: none.
std::optional<ImageName> name_on_peer(const std::string& as, const ServerName& peer, const ImageName& here);

}  // namespace ingot
