// Roots of trust: payload bytes ⇄ values. Who signed them is reconciler/trust's question.
#include "schema/catalog/root.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/parse_fields.hpp"
#include "schema/text/json_text.hpp"

namespace ingot {

namespace {

PublicKey read_key(const JsonObject& object, const JsonNode& node) {
  const auto key = node.kind == JsonKind::text ? parse_key(node.text) : std::nullopt;
  if (!key) object.refuse("keys", "holds something that is not an Ed25519 public key in 64 of 0-9a-f");
  return *key;
}

/// `{"threshold":…,"keys":[…]}`: no threshold that could not be met, or that nobody has to meet.
Role read_role(const JsonObject& object) {
  Role role{.threshold = 0, .keys = {}};
  for (const std::uint32_t index : object.list("keys")) {
    role.keys.push_back(read_key(object, object.node(index)));
    if (std::count(role.keys.begin(), role.keys.end(), role.keys.back()) > 1) object.refuse("keys", "holds a key twice");
  }
  if (role.keys.empty() || role.keys.size() > most_keys) {
    object.refuse("keys", fmt::format("holds {} keys, not 1 to {}", role.keys.size(), most_keys));
  }
  role.threshold = static_cast<std::uint32_t>(object.number("threshold", 1, role.keys.size()));
  return role;
}

Root read_root(std::string_view payload) {
  StrictJson json(longest_text);
  const JsonObject object(json.parse(payload), {"format", "version", "epoch", "expires", "threshold", "keys", "catalog",
                                                "release", "previous", "critical"});
  object.require_format("ingot.root");
  Root root{.version = object.number("version", 1),
            .epoch = object.number("epoch", 1),
            .expires = read_time(object, "expires"),
            .root = read_role(object),
            .catalog = read_role(object.object("catalog", {"threshold", "keys"})),
            .previous = {}};
  if (object.has("release")) root.release = read_role(object.object("release", {"threshold", "keys"}));
  root.previous = read_digest_or_null(object, "previous");
  if (root.previous.has_value() != (root.version > 1)) {
    object.refuse("previous", root.version > 1 ? "is missing" : "is there, though it is the first root");
  }
  return root;
}

std::string role_text(const Role& role) {
  std::string text = fmt::format("\"threshold\":{},\"keys\":[", role.threshold);
  for (const PublicKey& key : role.keys) {
    if (text.back() != '[') text += ',';
    text += '"' + key_text(key) + '"';
  }
  return text + ']';
}

}  // namespace

std::string key_text(const PublicKey& key) { return Digest{.bytes = key.bytes}.hex(); }

std::optional<PublicKey> parse_key(std::string_view text) {
  const auto bytes = Digest::parse_hex(text);
  return bytes ? std::optional(PublicKey{.bytes = bytes->bytes}) : std::nullopt;
}

bool holds(const std::vector<PublicKey>& keys, const PublicKey& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool names(const Root& root, const PublicKey& key) {
  return holds(root.root.keys, key) || holds(root.catalog.keys, key) || (root.release && holds(root.release->keys, key));
}

std::variant<Root, Malformed> parse_root(std::string_view payload) {
  if (payload.size() > largest_root) return Malformed{"is longer than 64 KiB"};
  return reading<Root>([&] { return read_root(payload); });
}

std::string write_root(const Root& root) {
  // Critical: who does not know release keys must not take images that they have not signed.
  const std::string release =
      root.release ? fmt::format(",\"release\":{{{}}},\"critical\":[\"release\"]", role_text(*root.release)) : "";
  return fmt::format(
      "{{\"format\":\"ingot.root/1\",\"version\":{},\"epoch\":{},\"expires\":\"{}\",{},\"catalog\":{{{}}}{},\"previous\":{}}}\n",
      root.version, root.epoch, time_text(root.expires), role_text(root.root), role_text(root.catalog), release,
      digest_or_null(root.previous));
}

}  // namespace ingot
