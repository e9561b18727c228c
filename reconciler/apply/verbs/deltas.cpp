// Making deltas of this server's own images (schema/delta.md).
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "reconciler/apply/verbs/verbs.hpp"
#include "reconciler/delta/encoder.hpp"

namespace ingot::apply {
namespace {

/// One end of a delta, as it lies in the store.
struct End {
  delta::Image image;
  Packed packed;
};

/// nullopt: its bytes are not here.
std::optional<End> find_end(const ImageName& name, const std::optional<Digest>& digest, Run& run) {
  const auto known = digest ? digest : run.names.came(name);
  if (!known) return std::nullopt;
  return run.journal.with_state([&](state::State& state) -> std::optional<End> {
    const auto object = state.object(*known);
    const auto rows = state.live_images_of(*known);
    if (!object || rows.empty() || !run.context.store.has(object->packed)) return std::nullopt;
    return End{.image = {.digest = *known, .size = object->size, .kind = rows.front().kind}, .packed = object->packed};
  });
}

struct TooLong {};

struct Unreadable {
  const ImageName& image;
  std::string why;
};

/// Of a damaged file of the store, whose image it names; other failures of this disk are that.
template <class Read>
auto read_of(const ImageName& image, Read read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    throw Unreadable{.image = image, .why = error.text()};
  }
}

/// The image is published without it: a damaged file costs no more than the delta, until it is repaired.
Failed later(const Unreadable& end) {
  return {Code::deferred,
          fmt::format("the bytes of \"{}\" cannot be read: {}; run \"ingot verify --repair\"", end.image.text(), end.why)};
}

/// What is longer than this part of the packed image is not worth a second way to fetch it.
std::uint64_t longest_of_use(const Packed& packed) { return packed.file.length / 5 * 4 + packed.file.length % 5 * 4 / 5; }

/// nullopt: it was too long to be of use.
std::optional<Piece> make(const plan::MakeDelta& action, const End& base, const End& image, const Task& task, Run& run) {
  const auto open = [&](const ImageName& name, const End& end) {
    return read_of(name, [&] { return run.context.store.plain_reader(end.image.digest, end.image.size, end.packed); });
  };
  store::PlainReader base_bytes = open(action.base, base);
  store::PlainReader image_bytes = open(action.image, image);
  const auto reader = [](const ImageName& name, store::PlainReader& bytes) {
    return [&name, &bytes](std::uint64_t offset, std::span<char> into) { read_of(name, [&] { bytes.read(offset, into); }); };
  };
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const delta::EncoderOptions options{.threads = static_cast<int>(std::min(run.context.parallel, cores)),
                                      .may_go_on = [&] { run.may_go_on(); },
                                      .progress =
                                          [&](std::uint64_t done) {
                                            run.events.progress({.address = task.change.address,
                                                                 .verb = task.change.verb,
                                                                 .done = done,
                                                                 .total = image.image.size,
                                                                 .fetched = 0});
                                          }};
  const std::uint64_t longest = longest_of_use(image.packed);
  try {
    return run.context.store.keep_file(
        [&](const std::function<void(std::string_view)>& out) {
          std::uint64_t length = 0;
          delta::make_delta({base.image, reader(action.base, base_bytes)}, {image.image, reader(action.image, image_bytes)},
                            options, [&](std::string_view bytes) {
                              length += bytes.size();
                              if (length > longest) throw TooLong{};
                              out(bytes);
                            });
        },
        store::Place::public_tree);
  } catch (const TooLong&) { return std::nullopt; }
}

/// Another image here may have the same bytes: then what it was made for is known already.
bool is_made(const End& base, const End& image, Run& run) {
  const auto rows = run.journal.with_state([](state::State& state) { return state.deltas(); });
  return std::any_of(rows.begin(), rows.end(), [&](const state::DeltaRow& row) {
    return row.image == image.image.digest && row.base == base.image.digest;
  });
}

}  // namespace

Result do_action(const plan::MakeDelta& action, const Task& task, Run& run) {
  const auto base = find_end(action.base, action.base_digest, run);
  const auto image = find_end(action.image, action.image_digest, run);
  if (!base || !image) return later({.image = base ? action.image : action.base, .why = "they are not whole"});
  const auto& rules = run.context.manifest.server.deltas;
  const bool too_small = !rules || image->image.size < rules->size;  // it was not known when the plan was made
  if (too_small || base->image.digest == image->image.digest || is_made(*base, *image, run)) return ActionEffects{};
  try {
    return ActionEffects{.effects = {state::PutDelta{.row = {.image = image->image.digest,
                                                             .base = base->image.digest,
                                                             .base_size = base->image.size,
                                                             .file = make(action, *base, *image, task, run)}}}};
  } catch (const Unreadable& end) { return later(end); }
}

}  // namespace ingot::apply
