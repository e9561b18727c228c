// Exports: an image is unpacked, the link moves, an image goes. What is made is remembered before it gets its name, so that a
// run that died leaves nothing that the next one does not know.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/apply/verbs.hpp"
#include "reconciler/exports/access.hpp"
#include "reconciler/exports/facts.hpp"
#include "reconciler/exports/in_use.hpp"
#include "reconciler/exports/link.hpp"
#include "reconciler/exports/put_image.hpp"
#include "reconciler/exports/take_away.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/credentials.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/io/run_program.hpp"

namespace ingot::apply {
namespace {

/// The live image of this name: it may have come by this run.
std::optional<state::ImageRow> image_here(const ImageName& name, Run& run) {
  state::SnapshotScope scope;
  scope.without_failures = true;
  scope.but_names = {name};
  return run.journal.with_state([&](state::State& state) -> std::optional<state::ImageRow> {
    for (const state::Registration& peer : state.registrations()) scope.without_copies_of.insert(peer.id);
    for (state::ImageRow& row : state.snapshot(scope).images) {
      if (!row.deleted && row.name == name) return std::move(row);
    }
    return std::nullopt;
  });
}

Failed gone(const ImageName& name) {
  return {Code::gone, fmt::format("the image \"{}\" or its bytes are not here", name.text())};
}

exports::Access access_of(const std::string& owner, std::optional<mode_t> mode) {
  exports::Access access{.owner = std::nullopt, .mode = mode};
  if (owner.empty()) return access;
  const auto ids = exports::owner_ids(owner);
  if (const auto* why = std::get_if<std::string>(&ids))
    throw Error(Fault::incomplete, *why, "correct `owner` of the export").with_code(Code::unknown_owner);
  access.owner = std::get<exports::OwnerIds>(ids);
  return access;
}

std::optional<mode_t> mode_of(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(static_cast<mode_t>(std::stoul(text, nullptr, 8)));
}

exports::Order order_of(const plan::ExportImage& action, const state::ImageRow& image) {
  return {.folder = action.folder,
          .name = action.image.text(),
          .kind = image.kind,
          .access = access_of(action.rule.owner.value_or(""), action.rule.mode),
          .changes = action.rule.changes,
          .like = action.like.empty() ? std::string() : action.folder + "/" + action.like};
}

state::ExportedRow row_of(const plan::ExportImage& action, const state::ImageRow& image, const exports::Facts& facts) {
  return {.name = action.rule.name,
          .folder = action.folder,
          .image = action.image,
          .digest = image.digest,
          .kind = image.kind,
          .top = facts.top,
          .listing = facts.listing,
          .changes = action.rule.changes,
          .owner = action.rule.owner.value_or(""),
          .mode = mode_text(action.rule)};
}

/// Verified bytes of the image, with progress.
exports::ReadImage reader_of(const state::ImageRow& image, const state::ObjectRow& object, const Task& task, Run& run) {
  return [&image, object, &task, &run](const std::function<void(std::string_view)>& out) {
    run.context.store.read_plain(image.digest, image.size, object.packed, out, [&](std::uint64_t done) {
      io::throw_if_interrupted();
      run.events.progress({.address = task.change.address, .verb = task.change.verb, .done = done, .total = image.size});
    });
  };
}

std::optional<state::ExportedRow> remembered(const ExportName& name, const std::string& folder, const ImageName& image,
                                             Run& run) {
  return run.journal.with_state([&](state::State& state) -> std::optional<state::ExportedRow> {
    for (state::ExportedRow& row : state.snapshot({.without_failures = true}).exported) {
      if (row.name == name && row.folder == folder && row.image == image) return std::move(row);
    }
    return std::nullopt;
  });
}

Failed changed_by_somebody(const std::string& place, const std::string& why) {
  return {Code::changed_export,
          fmt::format("\"{}\" {}: what somebody changed is left alone; look at what was changed, name it in `changes`, or move "
                      "the folder away",
                      io::printable(place), why)};
}

/// The image is unpacked once more, beside, and compared.
bool is_as_its_image(const state::ExportedRow& row, const std::vector<std::string>& changes, const Task& task, Run& run) {
  const auto image = image_here(row.image, run);
  const auto object = run.journal.with_state([&](state::State& state) { return state.object(row.digest); });
  if (!image || image->digest != row.digest || !object) return false;
  const exports::Order order{.folder = row.folder,
                             .name = row.image.text(),
                             .kind = row.kind,
                             .access = access_of(row.owner, mode_of(row.mode)),
                             .changes = changes};
  return exports::is_as_unpacked(order, reader_of(*image, *object, task, run));
}

/// Why an export is not what ingot made of it, as a clause, but for members that may change now or might then; "": it is.
std::string why_touched(const state::ExportedRow& row, const std::vector<std::string>& changes, const Task& task, Run& run) {
  const std::string not_as_made = "is not as it was exported";
  const std::string place = row.folder + "/" + row.image.text();
  if (row.top.empty()) {  // a run ended while it gave owner and mode: they are given again
    exports::give_access(place, access_of(row.owner, mode_of(row.mode)), row.changes);
    return is_as_its_image(row, row.changes, task, run) ? "" : not_as_made;
  }
  const auto found = exports::facts_of(place, row.changes);
  if (const auto* unfit = std::get_if<exports::Unfit>(&found)) return unfit->why;
  const auto* facts = std::get_if<exports::Facts>(&found);
  if (facts && facts->listing == row.listing && facts->top == row.top) return "";
  return changes != row.changes && is_as_its_image(row, changes, task, run) ? "" : not_as_made;
}

/// Whether the link is ingot's: it points to what was exported beside it. One that is not there is nobody's.
bool is_own_link(const plan::SwitchLink& action, const std::string& link, Run& run) {
  const auto found = exports::link_at(action.folder, link);
  const auto* const target = std::get_if<exports::LinkTarget>(&found);
  if (!target) return !std::holds_alternative<exports::Unfit>(found);
  return run.journal.with_state([&](state::State& state) {
    const auto snapshot = state.snapshot({.without_failures = true});
    const auto is_here = [&](const auto& row) { return row.name == action.name && row.folder == action.folder; };
    return std::any_of(snapshot.exported.begin(), snapshot.exported.end(),
                       [&](const auto& row) { return is_here(row) && row.image.text() == target->text; }) ||
           std::any_of(snapshot.exports.begin(), snapshot.exports.end(),
                       [&](const auto& row) { return is_here(row) && row.linked && row.linked->text() == target->text; });
  });
}

/// Why a link must not be moved to the image; "": it may. One that shows it already is not looked at again.
std::string why_not_shown(const plan::SwitchLink& action, const Task& task, Run& run) {
  const auto found = exports::link_at(action.folder, action.link);
  const auto* const target = std::get_if<exports::LinkTarget>(&found);
  if (target && target->text == action.image->text()) return "";
  const auto row = remembered(action.name, action.folder, *action.image, run);
  return row ? why_touched(*row, row->changes, task, run) : "is not as it was exported";
}

}  // namespace

Result do_action(const plan::ExportImage& action, const Task& task, Run& run) {
  const auto image = image_here(action.image, run);
  const auto object =
      image ? run.journal.with_state([&](state::State& state) { return state.object(image->digest); }) : std::nullopt;
  if (!image || !object) return gone(action.image);
  const exports::Order order = order_of(action, *image);
  const auto remember = [&](const exports::Facts& facts) {
    run.journal.with_state([&](state::State& state) { state.record({state::PutExported{row_of(action, *image, facts)}}); });
  };
  if (action.is_there) {
    const auto row = remembered(action.rule.name, action.folder, action.image, run);
    if (!row) return gone(action.image);
    if (const std::string why = why_touched(*row, action.rule.changes, task, run); !why.empty())
      return changed_by_somebody(action.folder + "/" + action.image.text(), why);
    // A run that dies in between must not take its own work for somebody's.
    remember({.top = "", .listing = row->listing});
    exports::change_access(order, remember);
    return ActionEffects{};
  }
  const exports::Put put = exports::put_image(order, reader_of(*image, *object, task, run), remember);
  if (put.left_out.total_but_owners() > 0)
    run.events.note(fmt::format("{}: could not be kept in the export: {}", action.image.text(), put.left_out.text()));
  return ActionEffects{};
}

Result do_action(const plan::SwitchLink& action, const Task& task, Run& run) {
  for (const std::string& link : {action.link, action.old_link}) {
    if (!link.empty() && !is_own_link(action, link, run))
      return Failed{Code::in_the_way, fmt::format("the link \"{}/{}\" was made by somebody else; move it away",
                                                  io::printable(action.folder), link)};
  }
  state::ExportRow row{
      .name = action.name, .folder = action.folder, .link = action.link, .linked = action.image, .run_for = action.before};
  if (action.image) {
    const std::string place = action.folder + "/" + action.image->text();
    if (std::holds_alternative<exports::Absent>(exports::top_of(place, true))) return gone(*action.image);
    if (const std::string why = why_not_shown(action, task, run); !why.empty()) return changed_by_somebody(place, why);
    // A run that dies leaves no link that the state does not know. Until an old link is gone, the state must name that one.
    if (action.old_link.empty())
      run.journal.with_state([&](state::State& state) { state.record({state::PutExport{.row = row}}); });
    exports::point_link(action.folder, action.link, action.image->text());
  }
  if (!action.old_link.empty()) exports::remove_link(action.folder, action.old_link);
  if (!action.image) return ActionEffects{.effects = {state::DropExport{.name = action.name, .folder = action.folder}}};
  if (action.run.empty()) return ActionEffects{.effects = {state::PutExport{.row = std::move(row)}}};
  // The link has moved, whatever becomes of the program.
  run.journal.with_state([&](state::State& state) { state.record({state::PutExport{.row = row}}); });
  const std::string why =
      io::run_program(action.run, "", longest_export_run, io::secret_variables(run.context.manifest), run.context.clock,
                      {{"INGOT_EXPORT", action.name.text()},
                       {"INGOT_IMAGE", action.image->text()},
                       {"INGOT_BEFORE", action.before ? action.before->text() : ""}});
  if (!why.empty())
    return Failed{Code::run_failed, fmt::format("the link shows {}, but `run` failed: \"{}\" {}; it runs again until it succeeds",
                                                action.image->text(), io::printable(action.run.front()), why)};
  row.run_for = action.image;
  return ActionEffects{.effects = {state::PutExport{.row = std::move(row)}}};
}

Result do_action(const plan::Unexport& action, const Task& task, Run& run) {
  const state::ExportedRow& row = action.row;
  const std::string place = row.folder + "/" + row.image.text();
  for (const std::string& link : action.links) {
    const auto found = exports::link_at(row.folder, link);
    const auto* target = std::get_if<exports::LinkTarget>(&found);
    if (target && target->text == row.image.text())
      return Failed{Code::in_use, fmt::format("in use: the link \"{}\" points to it", link)};
  }
  const auto uses = exports::uses_of({place});
  if (!uses.empty()) return Failed{Code::in_use, "in use: " + uses.begin()->second};
  const bool there = !std::holds_alternative<exports::Absent>(exports::top_of(place, true));
  if (there) {
    if (const std::string why = why_touched(row, action.changes, task, run); !why.empty()) return changed_by_somebody(place, why);
  }
  exports::take_away(row.folder, row.image.text());
  return ActionEffects{.effects = {state::DropExported{.name = row.name, .folder = row.folder, .image = row.image}}};
}

}  // namespace ingot::apply
