// Series: their members are the images that are here when the series is done; one that failed to come is left out and
// takes its place in a later run (R17).
#include "reconciler/apply/verbs.hpp"

namespace ingot {
namespace {

SeriesRow row_of(const SeriesName& name, const std::vector<ImageName>& members, const std::optional<Follow>& follow,
                 const Run& run) {
  SeriesRow row{.name = name, .managed = true, .members = {}, .follow = follow, .wanted = {}};
  for (const ImageName& member : members) {
    if (!follow) row.wanted.push_back(member.text());
    if (const auto key = run.names.find(member)) row.members.push_back({.image = *key, .name = member});
  }
  return row;
}

}  // namespace

Result do_action(const CreateSeries& action, const Task&, Run& run) {
  return Deed{.effects = {PutSeries{.row = row_of(action.name, action.members, action.follow, run)}}};
}

Result do_action(const UpdateSeries& action, const Task&, Run& run) {
  return Deed{.effects = {PutSeries{.row = row_of(action.name, action.members, action.follow, run)}}};
}

Result do_action(const DeleteSeries& action, const Task&, Run&) { return Deed{.effects = {DropSeries{.name = action.name}}}; }

}  // namespace ingot
