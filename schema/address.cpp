#include "schema/address.hpp"

#include <array>
#include <utility>

namespace ingot {

namespace {

constexpr std::array<std::pair<Verb, std::string_view>, 13> verb_words{{
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
}};

}  // namespace

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

Address peer_address(const ServerName& peer) { return {"peer." + peer.text()}; }
Address type_address(const TypeName& type) { return {"imagetype." + type.text()}; }
Address image_address(const ImageName& image) { return {"image." + image.text()}; }
Address series_address(const SeriesName& series) { return {"series." + series.text()}; }

Address subscription_address(const ServerName& peer, const Selector& selector) {
  std::string text = "subscription." + peer.text() + "." + std::string(kind_of(selector));
  const std::string value = value_of(selector);
  return {value.empty() ? text : text + "." + value};
}

Address copy_address(const ServerName& peer, const ImageName& name) { return {"copy." + peer.text() + "." + name.text()}; }
Address catalog_address() { return {"catalog"}; }

}  // namespace ingot
