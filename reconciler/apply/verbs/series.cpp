// Series: their members are the images that are here when the series is done; one that failed to come is left out and
// takes its place in a later run (R17).
#include "reconciler/apply/verbs/verbs.hpp"

namespace ingot::apply {
namespace {

state::SeriesRow row_of(const SeriesName& name, const std::vector<ImageName>& members, const std::optional<Follow>& follow,
                        Run& run) {
  state::SeriesRow row{.name = name, .managed = true, .members = {}, .follow = follow, .wanted = {}};
  for (const ImageName& member : members) {
    if (!follow) row.wanted.push_back(member.text());
    run.group.settle(member);
    if (const auto key = run.names.find(member)) row.members.push_back({.image = *key, .name = member});
  }
  return row;
}

}  // namespace

Result do_action(const plan::CreateSeries& action, const Task&, Run& run) {
  return ActionEffects{.effects = {state::PutSeries{.row = row_of(action.name, action.members, action.follow, run)}}};
}

Result do_action(const plan::UpdateSeries& action, const Task&, Run& run) {
  return ActionEffects{.effects = {state::PutSeries{.row = row_of(action.name, action.members, action.follow, run)}}};
}

Result do_action(const plan::DeleteSeries& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::DropSeries{.name = action.name}}};
}

}  // namespace ingot::apply
