#include "reconciler/apply/damaged_images.hpp"
#include "reconciler/cli/byte_progress.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/find_image.hpp"
#include "reconciler/cli/json_writer.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/plan/damaged.hpp"
#include "reconciler/transfer/restore.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

const ImageRow& wanted_image(const ExtractArguments& arguments, const Snapshot& snapshot) {
  constexpr std::string_view series = "series:";
  const ImageRow& image = arguments.what.starts_with(series) ? latest_of_series(snapshot, arguments.what.substr(series.size()))
                                                             : find_image(snapshot, arguments.what);
  if (!is_withdrawn(image) || arguments.withdrawn) return image;
  throw Error(
      Fault::refused,
      fmt::format("image \"{}\" was withdrawn{}{}", image.name.text(), image.reason.empty() ? "" : ": ", printable(image.reason)),
      "take another one, or use --withdrawn if you know what you do")
      .with_code("withdrawn")
      .about(image.name.text());
}

/// Verified bytes of an image, in order.
void read_bytes(const ImageRow& image, const ObjectRow& object, const Site& site, const Session& session,
                const std::function<void(std::string_view)>& out) {
  ByteProgress progress(session, "extract " + image.name.text(), object.size);
  std::uint64_t before = 0;
  site.store.read_plain(object.digest, object.size, object.packed, out, [&](std::uint64_t done) {
    throw_if_interrupted();
    progress.add(done - before);
    before = done;
  });
}

/// A failure names a member of the tree by its path in the image: the context says where that is on this disk.
template <class Restorer>
auto restore(const std::string& destination, const ImageRow& image, const ObjectRow& object, const Site& site,
             const Session& session) {
  Restorer restorer(destination);
  return doing(fmt::format("extracting {} to \"{}\"", image.name.text(), printable(destination)), [&] {
    read_bytes(image, object, site, session, [&](std::string_view bytes) { restorer.write(bytes); });
    return restorer.commit();
  });
}

void show_extracted_json(const ImageRow& image, const ObjectRow& object, const std::string& path, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.extracted/1");
  json.member("image", image.name.text());
  json.member("digest", object.digest.text());
  json.member("size", object.size);
  json.member("path", path);
  json.end_object();
  json.finish();
}

void extract_to(const std::string& destination, const ImageRow& image, const ObjectRow& object, const Site& site,
                const Session& session) {
  if (image.kind == ImageKind::file) {
    restore<FileRestorer>(destination, image, object, site, session);
  } else if (restore<TreeRestorer>(destination, image, object, site, session).owners_left_out) {
    session.tell("owners were not restored, because only root may give files away");
  }
  if (session.json()) session.put([&](Output& out) { show_extracted_json(image, object, destination, out); });
  session.tell(fmt::format("{} is in \"{}\": {}, verified", image.name.text(), printable(destination), size_text(object.size)));
}

}  // namespace

int run_command(const ExtractArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const bool to_output = arguments.destination == "-";
  if (to_output && session.terminal.output_is_terminal())
    throw Error(Fault::usage, "an image's bytes are not for a terminal", "name a DEST, or pipe it into a program");
  const Site site(*manifest, Access::read_only, session.files);
  const Snapshot snapshot = site.state.snapshot();
  const ImageRow& image = wanted_image(arguments, snapshot);
  const auto object = site.state.object(image.digest);
  if (!object)
    throw Error(Fault::local, fmt::format("the bytes of image \"{}\" are not here", image.name.text()),
                "run \"ingot drift\" to see what else is missing");
  if (const auto damaged = damaged_images(site.state, site.store, {image}); !damaged.empty()) {
    throw Error(Fault::local, fmt::format("image \"{}\": {}", image.name.text(), what_is_damaged(damaged.front())),
                how_to_mend(damaged.front()))
        .with_code("damaged")
        .about(image.name.text());
  }
  if (to_output)
    read_bytes(image, *object, site, session, [&](std::string_view bytes) { session.terminal.out(bytes); });
  else
    extract_to(arguments.destination, image, *object, site, session);
  return exit_done;
}

}  // namespace ingot
