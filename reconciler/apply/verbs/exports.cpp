// Exports: an image is unpacked, the link moves, an image goes. What is made is remembered before it gets its name, so that a
// run that died leaves nothing that the next one does not know.
#include <variant>

#include <fmt/format.h>

#include "reconciler/apply/verbs/verbs.hpp"
#include "reconciler/exports/access.hpp"
#include "reconciler/exports/facts.hpp"
#include "reconciler/exports/in_use.hpp"
#include "reconciler/exports/link.hpp"
#include "reconciler/exports/mounted_paths.hpp"
#include "reconciler/exports/put_image.hpp"
#include "reconciler/exports/take_away.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/credentials.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/io/run_program.hpp"

namespace ingot::apply {
namespace {

/// An image with its bytes: it may have come by this run.
struct ImageHere {
  state::ImageRow image;
  state::ObjectRow object;
};

std::variant<ImageHere, Failed> image_here(const ImageName& name, Run& run) {
  return run.journal.with_state([&](state::State& state) -> std::variant<ImageHere, Failed> {
    auto image = state.live_image(name);
    if (!image) return Failed{Code::gone, fmt::format("there is no image \"{}\" here any more", name.text())};
    auto object = state.object(image->digest);
    if (!object) return Failed{Code::gone, fmt::format("the bytes of image \"{}\" are not here any more", name.text())};
    return ImageHere{.image = *std::move(image), .object = *std::move(object)};
  });
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
          .mode = mode_text(action.rule),
          .mount = exports::mount_point_of(action.folder)};
}

/// Verified bytes of the image, with progress.
exports::ReadImage reader_of(const ImageHere& here, const Task& task, Run& run) {
  return [&here, &task, &run](const std::function<void(std::string_view)>& out) {
    run.context.store.read_plain(here.image.digest, here.image.size, here.object.packed, out, [&](std::uint64_t done) {
      io::throw_if_interrupted();
      run.events.progress({.address = task.change.address, .verb = task.change.verb, .done = done, .total = here.image.size});
    });
  };
}

std::optional<state::ExportedRow> remembered(const ExportName& name, const std::string& folder, const ImageName& image,
                                             Run& run) {
  return run.journal.with_state([&](state::State& state) { return state.exported(name, folder, image); });
}

/// Somebody removed it while this run went on.
Failed gone_since_planned(const std::string& place) {
  return {Code::gone, fmt::format("\"{}\" is not there any more; run \"ingot apply\" again, which exports the image again",
                                  io::printable(place))};
}

Failed changed_by_somebody(const std::string& place, const std::string& why) {
  return {
      Code::changed_export,
      fmt::format("\"{}\" {}: what somebody changed is left alone; look at what was changed, allow it with `changes` (\"**\": "
                  "everything, also owner, mode and an image that is one file), or move it away",
                  io::printable(place), why)};
}

/// The image is unpacked once more, beside, and compared.
bool is_as_its_image(const state::ExportedRow& row, const std::vector<std::string>& changes, const Task& task, Run& run) {
  const auto found = image_here(row.image, run);
  const auto* here = std::get_if<ImageHere>(&found);
  if (!here || here->image.digest != row.digest) return false;
  const exports::Order order{.folder = row.folder,
                             .name = row.image.text(),
                             .kind = row.kind,
                             .access = access_of(row.owner, mode_of(row.mode)),
                             .changes = changes};
  return exports::is_as_unpacked(order, reader_of(*here, task, run));
}

/// Why an export is not what ingot made of it, as a clause, but for members that may change now or might then; "": it is, or
/// nothing is there.
std::string why_touched(const state::ExportedRow& row, const std::vector<std::string>& changes, const Task& task, Run& run) {
  const exports::Remembered as_made{
      .folder = row.folder, .name = row.image.text(), .top = row.top, .listing = row.listing, .changes = row.changes};
  const exports::Comparison found = exports::compare(as_made, true);
  switch (found.likeness) {
    case exports::Likeness::whole:
    case exports::Likeness::gone:
    case exports::Likeness::left_over: return "";
    case exports::Likeness::half_given:  // they are given again
      exports::give_access(as_made.path(), access_of(row.owner, mode_of(row.mode)), row.changes);
      return is_as_its_image(row, row.changes, task, run) ? "" : "is not as it was exported";
    case exports::Likeness::changed: break;
  }
  return changes != row.changes && is_as_its_image(row, changes, task, run) ? "" : found.why;
}

/// Whether the link is ingot's: it points to what was exported beside it. One that is not there is nobody's.
bool is_own_link(const plan::SwitchLink& action, const std::string& link, Run& run) {
  const auto found = exports::link_at(action.folder, link);
  const auto* const target = std::get_if<exports::LinkTarget>(&found);
  if (!target) return !std::holds_alternative<exports::Unfit>(found);
  const auto image = ImageName::parse(target->text);
  return image && run.journal.with_state([&](state::State& state) {
    const auto row = state.export_in(action.name, action.folder);
    return (row && row->linked == image) || state.exported(action.name, action.folder, *image).has_value();
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
  const auto found = image_here(action.image, run);
  if (const auto* failed = std::get_if<Failed>(&found)) return *failed;
  const auto& here = std::get<ImageHere>(found);
  const exports::Order order = order_of(action, here.image);
  const auto remember = [&](const exports::Facts& facts) {
    run.journal.with_state([&](state::State& state) { state.record({state::PutExported{row_of(action, here.image, facts)}}); });
  };
  if (action.is_there) {
    const std::string place = action.folder + "/" + action.image.text();
    const auto row = remembered(action.rule.name, action.folder, action.image, run);
    if (!row || std::holds_alternative<exports::Absent>(exports::top_of(place, true))) return gone_since_planned(place);
    if (const std::string why = why_touched(*row, action.rule.changes, task, run); !why.empty())
      return changed_by_somebody(place, why);
    // A run that dies in between must not take its own work for somebody's.
    remember({.top = exports::half_given_top(place), .listing = row->listing});
    exports::change_access(order, remember);
    return ActionEffects{};
  }
  const exports::Put put = exports::put_image(order, reader_of(here, task, run), remember);
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
    if (std::holds_alternative<exports::Absent>(exports::top_of(place, true))) return gone_since_planned(place);
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
  if (const std::string why = why_touched(row, action.changes, task, run); !why.empty()) return changed_by_somebody(place, why);
  exports::take_away(row.folder, row.image.text());
  return ActionEffects{.effects = {state::DropExported{.name = row.name, .folder = row.folder, .image = row.image}}};
}

}  // namespace ingot::apply
