#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/images/left_out_told.hpp"
#include "reconciler/console/byte_progress.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/plan/damaged.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/site/last_plan.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "reconciler/transfer/restore.hpp"
#include "reconciler/transfer/same_image.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

const state::ImageRow& wanted_image(const options::ExtractArguments& arguments, const state::Snapshot& snapshot) {
  constexpr std::string_view series = "series:";
  const state::ImageRow& image = arguments.what.starts_with(series)
                                     ? site::latest_of_series(snapshot, arguments.what.substr(series.size()))
                                     : site::find_image(snapshot, arguments.what);
  if (!site::is_withdrawn(image) || arguments.withdrawn) return image;
  throw Error(Fault::refused,
              fmt::format("image \"{}\" was withdrawn{}{}", image.name.text(), image.reason.empty() ? "" : ": ",
                          io::printable(image.reason)),
              "use another image, or --withdrawn if you know what you are doing")
      .with_code(Code::withdrawn)
      .about(image.name.text());
}

/// Its origin withdraws it, and a guard holds that until somebody has looked: until then nobody starts to use it.
void refuse_a_suspended(const state::ImageRow& image, const site::Site& site, bool withdrawn_too) {
  if (withdrawn_too) return;
  if (const auto why = site::why_suspended(site::read_last_plan(site), image, site.manifest))
    throw Error(Fault::refused, fmt::format("image \"{}\" is not extracted: {}", image.name.text(), io::printable(*why)),
                "look at \"ingot plan\"; or use another image, or --withdrawn if you know what you are doing")
        .with_code(Code::withdrawals)
        .about(image.name.text());
}

/// Verified bytes of an image, in order.
void read_bytes(const state::ImageRow& image, const state::ObjectRow& object, const site::Site& site,
                const console::Session& session, const std::function<void(std::string_view)>& out) {
  console::ByteProgress progress(session, "extract " + image.name.text(), object.size);
  std::uint64_t before = 0;
  site.store.read_plain(object.digest, object.size, object.packed, out, [&](std::uint64_t done) {
    io::throw_if_interrupted();
    progress.add(done - before);
    before = done;
  });
}

/// A failure names a member of the tree by its path in the image: the context says where that is on this disk.
template <class Restorer>
transfer::LeftOut restore(const options::ExtractArguments& arguments, const state::ImageRow& image,
                          const state::ObjectRow& object, const site::Site& site, const console::Session& session) {
  Restorer restorer(arguments.destination, {.sparse = arguments.sparse, .special = !arguments.no_special});
  return doing(fmt::format("extracting {} to \"{}\"", image.name.text(), io::printable(arguments.destination)), [&] {
    read_bytes(image, object, site, session, [&](std::string_view bytes) { restorer.write(bytes); });
    return restorer.commit();
  });
}

/// What was left out; nothing was written if `was_there`.
struct Extracted {
  bool was_there = false;
  transfer::LeftOut left_out;
};

void show_extracted_json(const state::ImageRow& image, const state::ObjectRow& object, const std::string& path,
                         const Extracted& extracted, show::Output& out) {
  const transfer::LeftOut& left_out = extracted.left_out;
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.extracted/1");
  json.member("image", image.name.text());
  json.member("digest", object.digest.text());
  json.member("size", object.size);
  json.member("path", path);
  json.member("was_there", extracted.was_there);
  json.key("left_out");
  json.begin_object();
  json.member("owners", left_out.count(transfer::Property::owner));
  json.member("set_id", left_out.count(transfer::Property::set_id));
  json.member("capabilities", left_out.count(transfer::Property::capability));
  json.member("acls", left_out.count(transfer::Property::acl));
  json.member("modes", left_out.count(transfer::Property::mode));
  json.member("times", left_out.count(transfer::Property::time));
  json.objects_in_line("first", left_out.first(), [&](const auto& lost) {
    const auto& [path, property] = lost;
    json.member("path", path);
    json.member("property", text_of(property));
  });
  json.end_object();
  json.end_object();
  json.finish();
}

bool is_there_already(const options::ExtractArguments& arguments, const state::ImageRow& image, const state::ObjectRow& object,
                      const console::Session& session) {
  console::ByteProgress progress(session, "compare " + image.name.text(), object.size);
  std::uint64_t before = 0;
  return transfer::is_just(arguments.destination, image.kind, object.digest, object.size, [&](std::uint64_t done) {
    progress.add(done - before);
    before = done;
  });
}

Extracted extract_or_find(const options::ExtractArguments& arguments, const state::ImageRow& image,
                          const state::ObjectRow& object, const site::Site& site, const console::Session& session) {
  if (is_there_already(arguments, image, object, session)) return {.was_there = true, .left_out = {}};
  return {.was_there = false,
          .left_out = image.kind == ImageKind::file ? restore<transfer::FileRestorer>(arguments, image, object, site, session)
                                                    : restore<transfer::TreeRestorer>(arguments, image, object, site, session)};
}

int extract_to(const options::ExtractArguments& arguments, const state::ImageRow& image, const state::ObjectRow& object,
               const site::Site& site, const console::Session& session) {
  const Extracted extracted = extract_or_find(arguments, image, object, site, session);
  if (session.json())
    session.put([&](show::Output& out) { show_extracted_json(image, object, arguments.destination, extracted, out); });
  session.tell(fmt::format("{} {} in \"{}\": {}, verified", image.name.text(), extracted.was_there ? "is already" : "is",
                           io::printable(arguments.destination), size_text(object.size)));
  return tell_left_out(extracted.left_out, arguments.no_special, session);
}

}  // namespace

int run_command(const options::ExtractArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const bool to_output = arguments.destination == "-";
  if (to_output && session.terminal.output_is_terminal())
    throw Error(Fault::usage, "standard output is a terminal, and the bytes of an image are binary",
                "give a DEST, or pipe the output into a program");
  const site::Site site(*manifest, state::Access::read_only, session.files);
  const state::Snapshot snapshot = site.state.snapshot();
  const state::ImageRow& image = wanted_image(arguments, snapshot);
  refuse_a_suspended(image, site, arguments.withdrawn);
  const auto object = site.state.object(image.digest);
  if (!object)
    throw Error(Fault::local, fmt::format("the bytes of image \"{}\" are not here", image.name.text()),
                "run \"ingot drift\" to see what else is missing");
  if (const auto damaged = apply::damaged_images(site.state, site.store, {image}); !damaged.empty()) {
    throw Error(Fault::local, fmt::format("image \"{}\": {}", image.name.text(), plan::what_is_damaged(damaged.front())),
                plan::how_to_mend(damaged.front()))
        .with_code(Code::damaged)
        .about(image.name.text());
  }
  if (to_output)
    read_bytes(image, *object, site, session, [&](std::string_view bytes) { session.terminal.out(bytes); });
  else
    return extract_to(arguments, image, *object, site, session);
  return exit_done;
}

}  // namespace ingot::command
