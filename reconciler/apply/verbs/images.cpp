// This server's own images: taking a source in, changing what describes them, deleting them. Bits never change (R18).
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "reconciler/apply/recover/provenance.hpp"
#include "reconciler/apply/verbs/verbs.hpp"
#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "state/image_rows.hpp"

namespace ingot::apply {
namespace {

/// Everything of a new image's row but what its bytes say.
state::ImageRow row_of(const plan::AddImage& action, const Task& task, const store::Ingested& bytes, Run& run) {
  const LocalImage& image = action.image;
  state::ImageRow row = state::declared_row(image, run.context.manifest.server.name);
  row.digest = bytes.digest;
  row.size = bytes.size;
  row.kind = bytes.kind;
  if (image.parent) {
    row.parent_name = image.parent->text();
    row.parent = action.parent ? action.parent : run.names.find(*image.parent);
  }
  row.source_stamp = bytes.source_stamp;
  row.papers = run.papers_of(task.change);
  row.rule = row.papers.rule;
  return row;
}

/// The bytes of the image that bore this name last and was deleted, if they are still here (R18).
std::optional<store::Ingested> deleted_before(const LocalImage& image, Run& run) {
  const state::ImageRow* last = nullptr;
  for (const state::ImageRow& row : run.rows) {
    if (row.deleted && !row.copy && row.name == image.name && (!last || row.key > last->key)) last = &row;
  }
  if (!last || (image.digest && *image.digest != last->digest)) return std::nullopt;
  const auto object = run.journal.with_state([last](state::State& state) { return state.object(last->digest); });
  if (!object || !run.context.store.has(object->packed)) return std::nullopt;
  return store::Ingested{.digest = object->digest,
                         .size = object->size,
                         .kind = last->kind,
                         .packed = object->packed,
                         .source_stamp = last->source_stamp};
}

/// Why there is no source to take in, as a clause; "": it is there. A disk that reports errors ends the run.
std::string source_trouble(const LocalImage& image, Run& run) {
  if (!image.source) return "none is given";
  try {
    return run.context.files.status(*image.source) ? "" : "does not exist";
  } catch (const Error& error) {
    if (io::is_disk_fault(error)) throw;
    return "cannot be looked at: " + error.text();
  }
}

bool source_is(const store::Ingested& bytes, const LocalImage& image, Run& run) {
  return !bytes.source_stamp.empty() &&
         is_as_it_was(transfer::survey_source(transfer::source_of(image, run.context.manifest.server)), bytes.source_stamp);
}

store::TakenIn take_in(const LocalImage& image, const std::optional<Digest>& expected, const Task& task, Run& run) {
  static const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const auto threads = static_cast<int>(std::min(run.context.parallel, cores));
  store::TakenIn taken = run.context.store.take_in(
      transfer::source_of(image, run.context.manifest.server), expected, threads, [&](std::uint64_t done, std::uint64_t total) {
        run.group.end_if_waited_long();
        run.events.progress(
            {.address = task.change.address, .verb = task.change.verb, .done = done, .total = total, .fetched = 0});
      });
  for (const std::string& remark : taken.bytes.remarks)
    run.events.note(fmt::format("image \"{}\": {}", image.name.text(), remark));
  return taken;
}

/// The packing in which these bytes are here already, whole.
std::optional<Packed> packing_here(const Digest& digest, Run& run) {
  const auto object = run.journal.with_state([&digest](state::State& state) { return state.object(digest); });
  return object && run.context.store.has(object->packed) ? std::optional(object->packed) : std::nullopt;
}

Failed source_missing(const LocalImage& image, const std::string& trouble) {
  if (!image.source) {
    return {Code::source_missing,
            fmt::format("image \"{}\" has no source, and there are no bytes of that name here; give it a `source`",
                        image.name.text())};
  }
  return {Code::source_missing, fmt::format("the source \"{}\" of image \"{}\" {}; restore it, or correct `source`",
                                            *image.source, image.name.text(), trouble)};
}

/// `taken`: the source, as it was taken in; nullptr: the bytes are here.
Result keep(const plan::AddImage& action, const Task& task, store::Ingested bytes, store::TakenIn* taken, Run& run) {
  run.group.settle(bytes.digest);
  // One object a digest: where these bytes were here before in another packing, that one stays.
  const auto here = packing_here(bytes.digest, run);
  const bool is_new = taken != nullptr && (!here || *here == bytes.packed);  // the same may be damaged here
  if (here) bytes.packed = *here;
  run.journal.with_state([&](state::State&) { run.context.store.spare(bytes.digest, bytes.packed); });
  // Also those of a private image, if another one shows the same bits: there is one place for them, and readers look there.
  const store::Place place = action.image.is_private ? place_of_bytes(bytes.digest, run) : store::Place::public_tree;
  if (!is_new && place == store::Place::public_tree) run.context.store.move_to(bytes.packed, place);
  ActionEffects done;
  if (is_new) run.context.store.stage_image(*taken->image, taken->result, place, done.staged);
  state::ImageRow row = row_of(action, task, bytes, run);
  run.context.store.stage_papers(row.digest, task.number, write_papers(row, bytes.packed), done.staged);
  done.effects = {state::PutImage{.row = std::move(row), .packed = std::move(bytes.packed)}};
  return done;
}

/// What the source of the image looks like from now on.
state::Effects stamps_of(const plan::TakeInAgain& action, const std::string& stamp, Run& run) {
  state::Effects effects;
  for (const state::ImageRow& row :
       run.journal.with_state([&](state::State& state) { return state.live_images_of(action.digest); })) {
    if (!row.copy && row.name == action.image.name) effects.emplace_back(state::PutSourceStamp{.key = row.key, .stamp = stamp});
  }
  return effects;
}

}  // namespace

Result do_action(const plan::AddImage& action, const Task& task, Run& run) {
  const LocalImage& image = action.image;
  if (image.parent && !action.parent) run.group.settle(*image.parent);
  if (image.parent && !action.parent && !run.names.find(*image.parent)) {
    return Failed{Code::unknown_image, fmt::format("its parent \"{}\" is not here", image.parent->text())};
  }
  std::optional<store::Ingested> before = deleted_before(image, run);
  const std::string trouble = source_trouble(image, run);
  if (before && (!trouble.empty() || source_is(*before, image, run))) return keep(action, task, *std::move(before), nullptr, run);
  if (!trouble.empty()) return source_missing(image, trouble);
  store::TakenIn taken = take_in(image, image.digest, task, run);
  return keep(action, task, taken.bytes, &taken, run);
}

Result do_action(const plan::TakeInAgain& action, const Task& task, Run& run) {
  const LocalImage& image = action.image;
  if (const std::string trouble = source_trouble(image, run); !trouble.empty()) return source_missing(image, trouble);
  try {
    const store::TakenIn taken = take_in(image, action.digest, task, run);
    const store::Ingested& bytes = taken.bytes;
    run.context.store.keep(*taken.image, taken.result, place_of_bytes(action.digest, run));
    run.journal.with_state([&](state::State&) { run.context.store.spare(bytes.digest, bytes.packed); });
    run.context.store.edit_papers(action.digest, [&](std::string_view text) { return with_packing(text, bytes.packed); });
    state::Effects effects = stamps_of(action, bytes.source_stamp, run);
    effects.emplace_back(state::PutBytes{.digest = action.digest, .packed = bytes.packed});
    return ActionEffects{.effects = std::move(effects)};
  } catch (const Error& error) {  // whatever it looks like, it is another one: the next plan asks the peers
    if (error.code() == Code::source_mismatch)
      run.journal.with_state([effects = stamps_of(action, "", run)](state::State& state) { state.record(effects); });
    throw;
  }
}

Result do_action(const plan::UpdateImage& action, const Task&, Run& run) {
  const auto object = run.journal.with_state([&](state::State& state) { return state.object(action.row.digest); });
  // Before any head can name it, an image that is private no more must be where the head says (R25). Damaged bytes hold
  // nothing up, least of all a withdrawal (R21): no head names them.
  if (object && !action.row.is_private && run.context.store.has(object->packed))
    run.context.store.move_to(object->packed, store::Place::public_tree);
  return ActionEffects{.effects = {state::ChangeImage{.row = action.row}}};
}

Result do_action(const plan::DeleteImage& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::DropImage{.key = action.key}}};
}

}  // namespace ingot::apply
