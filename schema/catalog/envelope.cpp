// The envelope (DSSE 1.0): JSON around signed bytes. Nothing in it but the payload and its type is signed.
#include <fmt/format.h>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/parse_fields.hpp"
#include "schema/catalog/root.hpp"
#include "schema/text/base64.hpp"
#include "schema/text/json_text.hpp"

namespace ingot {

namespace {

constexpr std::size_t largest_envelope = 128 * 1024;

std::string read_base64(const JsonObject& object, std::string_view key) {
  if (auto bytes = from_base64(object.text(key))) return *std::move(bytes);
  object.refuse(key, "is not base64 (RFC 4648, with padding)");
}

Envelope read_envelope(std::string_view bytes) {
  StrictJson json(largest_envelope);
  const JsonObject object(json.parse(bytes), {"payload", "payloadType", "signatures", "critical"});
  Envelope envelope{
      .payload_type = std::string(object.text("payloadType")), .payload = read_base64(object, "payload"), .signatures = {}};
  envelope.signatures = read_signatures(object, "signatures");
  return envelope;
}

}  // namespace

std::vector<Signature> read_signatures(const JsonObject& object, std::string_view key) {
  const auto listed = object.list(key);
  if (listed.empty() || listed.size() > most_signatures) {
    object.refuse(key, fmt::format("holds {} signatures, not 1 to {}", listed.size(), most_signatures));
  }
  std::vector<Signature> signatures;
  for (const std::uint32_t index : listed) {
    const JsonObject signature = object.object_in(index, key, {"keyid", "sig"});
    signatures.push_back({.key_id = std::string(signature.text_or("keyid", "")), .bytes = read_base64(signature, "sig")});
  }
  return signatures;
}

void append_signatures(std::string& text, const std::vector<Signature>& signatures) {
  text += '[';
  for (const Signature& signature : signatures) {
    if (text.back() != '[') text += ',';
    text += "{\"keyid\":";
    append_text(text, signature.key_id);
    text += ",\"sig\":\"" + to_base64(signature.bytes) + "\"}";
  }
  text += ']';
}

std::variant<Envelope, Malformed> parse_envelope(std::string_view bytes) {
  if (bytes.size() > largest_envelope) return Malformed{"is longer than 128 KiB"};
  return reading<Envelope>([&] { return read_envelope(bytes); });
}

std::string write_envelope(const Envelope& envelope) {
  std::string text = "{\"payload\":\"" + to_base64(envelope.payload) + "\",\"payloadType\":";
  append_text(text, envelope.payload_type);
  text += ",\"signatures\":";
  append_signatures(text, envelope.signatures);
  return text + "}\n";
}

std::string signed_bytes(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

}  // namespace ingot
