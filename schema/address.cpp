#include "schema/address.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ingot {

namespace {

constexpr std::array<std::pair<Verb, std::string_view>, 18> verb_words{{
    {Verb::register_, "register"},
    {Verb::update, "update"},
    {Verb::unregister, "unregister"},
    {Verb::instantiate, "instantiate"},
    {Verb::uninstantiate, "uninstantiate"},
    {Verb::create, "create"},
    {Verb::delete_, "delete"},
    {Verb::add, "add"},
    {Verb::copy, "copy"},
    {Verb::withdraw, "withdraw"},
    {Verb::repair, "repair"},
    {Verb::remove, "remove"},
    {Verb::publish, "publish"},
    {Verb::export_, "export"},
    {Verb::switch_, "switch"},
    {Verb::unexport, "unexport"},
    {Verb::delta, "delta"},
    {Verb::upload, "upload"},
}};

constexpr std::array<std::pair<AddressKind, std::string_view>, 10> kind_words{{
    {AddressKind::peer, "peer"},
    {AddressKind::imagetype, "imagetype"},
    {AddressKind::image, "image"},
    {AddressKind::series, "series"},
    {AddressKind::subscription, "subscription"},
    {AddressKind::copy, "copy"},
    {AddressKind::export_, "export"},
    {AddressKind::delta, "delta"},
    {AddressKind::upload, "upload"},
    {AddressKind::catalog, "catalog"},
}};

std::string begin_of(AddressKind kind) {
  const auto* const found =
      std::find_if(kind_words.begin(), kind_words.end(), [&](const auto& word) { return word.first == kind; });
  return std::string(found->second) + ".";
}

/// Takes the text up to the next dot, and the dot.
std::string_view take_part(std::string_view& rest) {
  const auto dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return part;
}

}  // namespace

std::optional<AddressParts> parts_of(std::string_view address) {
  std::string_view rest = address;
  const bool has_parts = address.find('.') != std::string_view::npos;
  const std::string_view word = take_part(rest);
  const auto* const found =
      std::find_if(kind_words.begin(), kind_words.end(), [&](const auto& one) { return one.second == word; });
  if (found == kind_words.end() || has_parts == (found->first == AddressKind::catalog)) return std::nullopt;
  AddressParts parts{.kind = found->first, .peer = {}, .selector = {}, .name = {}};
  switch (parts.kind) {
    case AddressKind::subscription:
      parts.peer = take_part(rest);
      parts.selector = take_part(rest);
      break;
    case AddressKind::copy: parts.peer = take_part(rest); break;
    case AddressKind::export_: parts.export_name = take_part(rest); break;       // names of exports hold no "."
    case AddressKind::peer: parts.peer = rest.substr(0, rest.find('.')); break;  // names of peers hold no "."
    case AddressKind::delta:  // names of images hold dots, digits of a digest do not
      if (const auto dot = rest.rfind('.'); dot != std::string_view::npos) {
        parts.base = rest.substr(dot + 1);
        rest = rest.substr(0, dot);
      }
      break;
    case AddressKind::imagetype:
    case AddressKind::image:
    case AddressKind::series:
    case AddressKind::upload:
    case AddressKind::catalog: break;
  }
  parts.name = rest;
  return parts;
}

bool is_of(AddressKind kind, std::string_view address) {
  const auto parts = parts_of(address);
  return parts && parts->kind == kind;
}
bool is_of(AddressKind kind, const Address& address) { return is_of(kind, address.text); }

std::string_view peer_of_address(std::string_view address) {
  const auto parts = parts_of(address);
  return parts ? parts->peer : std::string_view();
}

std::string_view text_of(Verb verb) {
  for (const auto& [value, word] : verb_words) {
    if (value == verb) return word;
  }
  return "";
}

std::optional<Verb> parse_verb(std::string_view text) {
  for (const auto& [value, word] : verb_words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

Address peer_address(const ServerName& peer) { return {begin_of(AddressKind::peer) + peer.text()}; }
Address type_address(const TypeName& type) { return {begin_of(AddressKind::imagetype) + type.text()}; }
Address image_address(const ImageName& image) { return {begin_of(AddressKind::image) + image.text()}; }
Address series_address(const SeriesName& series) { return {begin_of(AddressKind::series) + series.text()}; }

Address subscription_address(const ServerName& peer, const Selector& selector) {
  std::string text = begin_of(AddressKind::subscription) + peer.text() + "." + std::string(kind_of(selector));
  const std::string value = value_of(selector);
  return {value.empty() ? text : text + "." + value};
}

Address copy_address(const ServerName& peer, const ImageName& name) {
  return {begin_of(AddressKind::copy) + peer.text() + "." + name.text()};
}
Address export_address(const ExportName& name) { return {begin_of(AddressKind::export_) + name.text()}; }
Address exported_address(const ExportName& name, const ImageName& image) {
  return {export_address(name).text + "." + image.text()};
}
Address delta_address(const ImageName& image, std::string_view base) {
  return {begin_of(AddressKind::delta) + image.text() + "." + std::string(base)};
}
Address upload_address(const UploadName& name) { return {begin_of(AddressKind::upload) + name.text()}; }
Address catalog_address() { return {"catalog"}; }

}  // namespace ingot
