// Addresses and verbs: how a plan, the journal and the user name a thing and what is done to it.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "schema/manifest/subscription.hpp"
#include "schema/names.hpp"

namespace ingot {

enum class Verb {
  register_,
  update,
  unregister,
  instantiate,
  uninstantiate,
  create,
  delete_,
  add,
  copy,
  withdraw,
  repair,
  remove,
  publish,
  export_,
  switch_,
  unexport,
  delta,
  upload
};

/// In the order in which a summary names them: what moves bytes first.
inline constexpr std::array all_verbs{Verb::copy,        Verb::repair,        Verb::add,        Verb::delta,    Verb::export_,
                                      Verb::create,      Verb::update,        Verb::switch_,    Verb::withdraw, Verb::register_,
                                      Verb::instantiate, Verb::uninstantiate, Verb::unregister, Verb::unexport, Verb::remove,
                                      Verb::delete_,     Verb::publish,       Verb::upload};

std::string_view text_of(Verb verb);  ///< "register" …
std::optional<Verb> parse_verb(std::string_view text);

/// "peer.P", "imagetype.T", "image.I", "series.S", "subscription.P.all", "subscription.P.series.S", "copy.P.I", "export.E",
/// "export.E.I", "delta.I.B", "upload.U", "catalog".
struct Address {
  std::string text;
  auto operator<=>(const Address&) const = default;
  bool operator==(const Address&) const = default;
};

/// What a thing is that has an address.
enum class AddressKind { peer, imagetype, image, series, subscription, copy, export_, delta, upload, catalog };

/// An address taken apart; borrows from its text. Only the last part may hold dots. The parts are not checked: an address that
/// a user wrote may name no valid name, or end early, and then the parts that are missing are "".
struct AddressParts {
  AddressKind kind = AddressKind::catalog;
  std::string_view peer;      ///< of a peer, a subscription or a copy
  std::string_view selector;  ///< of a subscription: "all", "image", "series", "imagetype"
  /// Of a peer, a type, an image, a series or an upload; of a copy there; what a selector names; of an image in an export; what a
  /// delta makes.
  std::string_view name;
  std::string_view export_name = {};  ///< of an export, and of an image in one
  std::string_view base = {};         ///< of a delta: as in delta_address
  bool operator==(const AddressParts&) const = default;
};

/// The one place that takes an address apart. nullopt: the text begins like no address.
std::optional<AddressParts> parts_of(std::string_view address);
/// Whether it is an address of that kind.
bool is_of(AddressKind kind, std::string_view address);
bool is_of(AddressKind kind, const Address& address);
/// The peer that an address is about: of a peer, a subscription or a copy; "" of others.
std::string_view peer_of_address(std::string_view address);

Address peer_address(const ServerName& peer);
Address type_address(const TypeName& type);
Address image_address(const ImageName& image);
Address series_address(const SeriesName& series);
Address subscription_address(const ServerName& peer, const Selector& selector);
/// `name` is the image's name on the peer.
Address copy_address(const ServerName& peer, const ImageName& name);
/// Of the export itself: its link.
Address export_address(const ExportName& name);
/// Of an image in it.
Address exported_address(const ExportName& name, const ImageName& image);
/// `base`: the first 12 hex digits of the digest of the image that the delta starts from; of one that the same plan adds, 12 hex
/// digits of its name.
Address delta_address(const ImageName& image, std::string_view base);
Address upload_address(const UploadName& name);
Address catalog_address();

}  // namespace ingot
