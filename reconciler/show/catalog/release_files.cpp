#include "reconciler/show/catalog/release_files.hpp"

#include "reconciler/io/printable.hpp"

namespace ingot::show {

namespace {

/// `line` with its newline.
std::optional<Envelope> release_in(std::string_view line) {
  if (std::holds_alternative<Release>(parse_release(line))) {
    return Envelope{.payload_type = std::string(release_payload_type), .payload = std::string(line), .signatures = {}};
  }
  auto parsed = parse_envelope(line);
  auto* envelope = std::get_if<Envelope>(&parsed);
  if (envelope == nullptr || envelope->payload_type != release_payload_type ||
      !std::holds_alternative<Release>(parse_release(envelope->payload)))
    return std::nullopt;
  return std::move(*envelope);
}

Release release_of(const Envelope& envelope) { return std::get<Release>(parse_release(envelope.payload)); }

}  // namespace

std::optional<std::vector<Envelope>> read_releases(std::string_view bytes) {
  std::vector<Envelope> releases;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto release = release_in(bytes.substr(0, end + 1));
    if (!release) return std::nullopt;
    releases.push_back(*std::move(release));
    bytes.remove_prefix(end + 1);
  }
  return releases.empty() ? std::nullopt : std::optional(std::move(releases));
}

std::string write_releases(const std::vector<Envelope>& releases) {
  std::string text;
  for (const Envelope& release : releases) text += release.signatures.empty() ? release.payload : write_envelope(release);
  return text;
}

void show_releases(const ShownReleases& shown, const Style& style, Output& out) {
  for (const Envelope& envelope : shown.releases) {
    const Release release = release_of(envelope);
    out.print("{}  {}, {}, {} signature{}\n  {}\n  of server {}\n", style.bold(release.image.text()), release.type.text(),
              text_of(release.kind), envelope.signatures.size(), envelope.signatures.size() == 1 ? "" : "s",
              release.digest.text(), release.server.text());
  }
  if (shown.serial) out.print("Released: serial {} shows it.\n", *shown.serial);
  if (shown.file.empty()) return;
  out.print("Nothing is published yet; the file \"{}\" waits for signatures.\n", io::printable(shown.file));
  const std::string name = io::printable(shown.file.substr(shown.file.rfind('/') + 1));
  out.print("  where a release key is   ingot key sign {} --key FILE\n", name);
  out.print("  then here                ingot key install {}\n", io::printable(shown.file));
}

void show_releases_json(const ShownReleases& shown, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.releases/1");
  json.key("releases");
  json.begin_array();
  for (const Envelope& envelope : shown.releases) {
    const Release release = release_of(envelope);
    json.begin_object();
    json.member("image", release.image.text());
    json.member("server", release.server.text());
    json.member("digest", release.digest.text());
    json.member("kind", text_of(release.kind));
    json.member("type", release.type.text());
    json.member("signatures", envelope.signatures.size());
    json.end_object();
  }
  json.end_array();
  json.member("serial", shown.serial);
  json.member_or_null("file", shown.file);
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
