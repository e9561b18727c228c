#include "reconciler/show/catalog/show_keys.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"

namespace ingot::show {

namespace {

std::string file_of(const PublicKey& key, const std::vector<ShownKey>& here) {
  const auto found = std::find_if(here.begin(), here.end(), [&](const ShownKey& one) { return one.key == key; });
  return found == here.end() ? "" : found->file;
}

std::string life_text(const Root& root, Time now, const Style& style) {
  const auto days = std::chrono::duration_cast<std::chrono::hours>(root.expires - now).count() / 24;
  if (root.expires <= now)
    return time_text(root.expires) + ", " + style.red("expired: no peer trusts it; run \"ingot key rotate\"");
  const std::string text = fmt::format("{}, in {} day{}", time_text(root.expires), days, days == 1 ? "" : "s");
  if (root.expires - now >= root_warning) return text;
  return style.in(Ink::yellow, text + ": \"ingot key rotate\" renews it");
}

std::string note_of(const PublicKey& key, const ShownRoot& shown) {
  std::string note = io::printable(file_of(key, shown.here));
  if (shown.signers && holds(*shown.signers, key)) note += note.empty() ? "has signed" : ", has signed";
  if (note.empty() && !shown.signers) note = "not here";
  return note;
}

void show_role(std::string_view what, const Role& role, const ShownRoot& shown, const Style& style, Output& out) {
  out.print("  {:<9} {} of {} must sign\n", what, role.threshold, role.keys.size());
  for (const PublicKey& key : role.keys) {
    const std::string note = note_of(key, shown);
    out.print("    {}{}{}\n", key_text(key), note.empty() ? "" : "  ", style.dim(note));
  }
}

void put_role(std::string_view what, const Role& role, const ShownRoot& shown, JsonWriter& json) {
  json.key(what);
  json.begin_object();
  json.member("threshold", role.threshold);
  json.objects_in_line("keys", role.keys, [&](const PublicKey& key) {
    json.member("key", key_text(key));
    json.member_or_null("file", file_of(key, shown.here));
    json.member("signed", shown.signers ? std::optional(holds(*shown.signers, key)) : std::nullopt);
  });
  json.end_object();
}

void put_count(std::string_view what, std::size_t have, std::uint32_t need, JsonWriter& json) {
  json.key(what);
  json.begin_object();
  json.member("have", have);
  json.member("need", need);
  json.end_object();
}

}  // namespace

void show_key_json(const ShownKey& key, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.key/1");
  json.member("key", key_text(key.key));
  json.member("file", key.file);
  json.end_object();
  json.finish();
}

void show_root(const ShownRoot& shown, const Style& style, Output& out) {
  out.print("{}\n", style.bold(io::printable(shown.title)));
  out.print("  {:<9} {}\n", "epoch", shown.root.epoch);
  out.print("  {:<9} {}\n", "ends", life_text(shown.root, shown.now, style));
  show_role("roots", shown.root.root, shown, style, out);
  show_role("catalogs", shown.root.catalog, shown, style, out);
  if (shown.root.release) show_role("releases", *shown.root.release, shown, style, out);
  for (const ShownKey& key : shown.here) {
    if (!names(shown.root, key.key))
      out.print("  \"{}\" is {}, which this root does not name\n", io::printable(key.file), key_text(key.key));
  }
  for (const std::string& why : shown.unusable) out.print("  {}\n", style.in(Ink::yellow, io::printable(why)));
  if (!shown.next.empty()) out.print("  \"{0}\" waits for signatures: ingot key show {0}\n", io::printable(shown.next));
}

void show_root_json(const ShownRoot& shown, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.keys/1");
  json.member("version", shown.root.version);
  json.member("epoch", shown.root.epoch);
  json.member("expires", shown.root.expires);
  put_role("root", shown.root.root, shown, json);
  put_role("catalog", shown.root.catalog, shown, json);
  if (shown.root.release) put_role("release", *shown.root.release, shown, json);
  json.key("unnamed");
  json.begin_array();
  for (const ShownKey& key : shown.here) {
    if (names(shown.root, key.key)) continue;
    json.begin_object();
    json.member("key", key_text(key.key));
    json.member("file", key.file);
    json.end_object();
  }
  json.end_array();
  json.member_or_null("next", shown.next);
  json.end_object();
  json.finish();
}

void show_next_root(const ShownNextRoot& shown, const Style& style, Output& out) {
  const Root& root = shown.root;
  if (shown.serial) {
    out.print("{}, and serial {} is signed under it.\n", style.bold(fmt::format("Root {} is installed", root.version)),
              *shown.serial);
    if (root.epoch > shown.before.epoch) {
      out.print(
          "All heads of epoch {} are revoked. If a stolen key was used, ask the peers which serial they saw, and publish a "
          "higher one:\n  ingot publish --above SERIAL\n",
          shown.before.epoch);
    }
    return;
  }
  const std::string name = shown.file.substr(shown.file.rfind('/') + 1);
  out.print("{}: {} of {} signatures by root {}'s keys, {} of {} by its own.\n",
            style.bold(fmt::format("Root {} is not complete", root.version)), shown.signatures.before,
            shown.before.root.threshold, shown.before.version, shown.signatures.own, root.root.threshold);
  out.print("Nothing is published yet; the file \"{}\" waits for signatures.\n", io::printable(shown.file));
  out.print("  where another root key is   ingot key sign {} --key FILE\n", io::printable(name));
  out.print("  then here                   ingot key install {}\n", io::printable(shown.file));
}

void show_next_root_json(const ShownNextRoot& shown, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.rotation/1");
  json.member("version", shown.root.version);
  json.member("epoch", shown.root.epoch);
  json.member("expires", shown.root.expires);
  json.member("installed", shown.serial.has_value());
  json.member("serial", shown.serial);
  json.member_or_null("file", shown.file);
  json.key("signatures");
  json.begin_object();
  put_count("before", shown.signatures.before, shown.before.root.threshold, json);
  put_count("own", shown.signatures.own, shown.root.root.threshold, json);
  json.end_object();
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
