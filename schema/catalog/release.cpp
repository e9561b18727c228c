#include "schema/catalog/release.hpp"

#include "schema/catalog/parse_fields.hpp"
#include "schema/text/json_text.hpp"

namespace ingot {

namespace {

Release read_release(std::string_view payload) {
  StrictJson json(longest_text);
  const JsonObject object(json.parse(payload), {"format", "server", "image", "digest", "kind", "type", "critical"});
  object.require_format("ingot.release");
  const auto kind = parse_image_kind(object.text("kind"));
  if (!kind) object.refuse("kind", "is not \"file\" or \"tree\"");
  Release release{.server = read_server_id(object, "server"),
                  .image = read_name<ImageName>(object, "image"),
                  .digest = read_digest(object, "digest"),
                  .kind = *kind,
                  .type = read_name<TypeName>(object, "type")};
  if (write_release(release) != payload) throw Refusal{"is not written as every reader writes it"};
  return release;
}

}  // namespace

Release release_of(const ImageEntry& entry) {
  return {.server = entry.identity.origin,
          .image = entry.identity.name,
          .digest = entry.digest,
          .kind = entry.kind,
          .type = entry.type};
}

std::string write_release(const Release& release) {
  std::string text = "{\"format\":\"ingot.release/1\",\"server\":";
  append_digest(text, release.server.root);
  text += ",\"image\":";
  append_text(text, release.image.text());
  text += ",\"digest\":";
  append_digest(text, release.digest);
  text += ",\"kind\":\"";
  text += text_of(release.kind);
  text += "\",\"type\":";
  append_text(text, release.type.text());
  return text + "}\n";
}

std::variant<Release, Malformed> parse_release(std::string_view payload) {
  if (payload.size() > largest_root) return Malformed{"is longer than 64 KiB"};
  return reading<Release>([&] { return read_release(payload); });
}

}  // namespace ingot
